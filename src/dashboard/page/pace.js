// @ts-check
/**
 * How often a view asks anew while pictures come: not twice at once, not too often, and what was passed over is made up
 * for: the last picture of a campaign is followed by no other.
 */

export class Pace {
  #ms;
  #draw;
  #drawnMs = -Infinity;
  #drawnVersion = -1;
  #version = -1;
  #isBusy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {number} ms at least so long between two
   * @param {() => Promise<void>} draw never rejects
   */
  constructor(ms, draw) {
    this.#ms = ms;
    this.#draw = draw;
  }

  /** @param {number} version of the newest picture */
  news(version) {
    this.#version = version;
    this.#go();
  }

  /** Something else is to be drawn: at once, and whatever was drawn before. */
  reset() {
    this.stop();
    this.#drawnMs = -Infinity;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drawnVersion = this.#version = -1;
  }

  #go() {
    if (this.#isBusy || this.#timer !== undefined || this.#drawnVersion === this.#version) return;
    const waitMs = this.#drawnMs + this.#ms - performance.now();
    if (waitMs > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#go();
      }, waitMs);
      return;
    }
    [this.#drawnVersion, this.#drawnMs, this.#isBusy] = [this.#version, performance.now(), true];
    void this.#draw().finally(() => {
      this.#isBusy = false;
      this.#go();
    });
  }
}
