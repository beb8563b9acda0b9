/**
 * How many slots a campaign under `--nice` may use: what others on the machine leave. Samples in, a number out; pure.
 *
 * Slots go as soon as others want their cores, and come back when these have been free for a while: longer each time
 * that it proved too early. Others who compete show no more than the share they get, so it looks again after each
 * step, and believes the number of those who wait for a core where that is known.
 */

/** What was measured since the sample before. */
export interface LoadSample {
  /** Of a clock that never goes back. */
  readonly atMs: number;
  /** Cores that this campaign shares with others. */
  readonly cores: number;
  /** Of these, how many others have used on average. */
  readonly others: number;
  /** Tasks of others that compute or wait for a core at the moment; absent where nobody knows. */
  readonly wanting?: number;
}

/** Averages are taken over so long: of a load that begins all at once, a slot goes after three or four seconds. */
const WINDOW_MS = 5_000;
/** Fewer samples than this say nothing. */
const SAMPLES_MIN = 3;
/** So much of a core beyond what is free is left to the system to share out, before a slot goes. */
const LENIENCE = 0.5;
/** Less of it before a slot comes back: in between nothing changes. */
const CAUTION = 0.25;
/** What is measured of many cores is wrong by as much of each. */
const ERROR = 0.01;
/** Others who use less than this do not compute: what they wait for is no core. */
const OTHERS_MIN = 0.5;
/** Cores must have been free for so long before a slot comes back to them. */
const CALM_MS = 4_000;
const CALM_MOST_MS = 300_000;
/** When it has to go again sooner than this, the next one waits twice as long; else half as long. */
const RELAPSE_MS = 300_000;

export class Governor {
  #samples: LoadSample[] = [];
  /** Infinite while nobody has to give way. */
  #slots = Infinity;
  #calmMs = CALM_MS;
  #calmSince: number | undefined;
  /** When a slot came back last; undefined once one has gone again. */
  #raisedAt: number | undefined;

  /** Cores that others want, as it was seen last. */
  get othersCores(): number {
    const [{ cores } = { cores: 0 }] = this.#samples;
    const used = mean(this.#samples.map(({ others }) => others));
    if (used < OTHERS_MIN) return Math.max(0, used);
    // A number of one moment says little: at every look there were as many.
    const wanted = Math.min(...this.#samples.map(({ others, wanting = others }) => wanting));
    return Math.min(cores, Math.max(used, wanted));
  }

  /** How many slots there may be, of so many that are wished; at least one, infinite when nobody needs to give way. */
  observe(sample: LoadSample, wished: number): number {
    this.#remember(sample);
    if (this.#samples.length < SAMPLES_MIN) return this.#slots;
    const now = Math.min(this.#slots, wished);
    const least = this.#room(sample.cores, wished, LENIENCE);
    if (least < now) this.#lower(least, sample.atMs);
    else if (this.#slots < wished) this.#mayRaise(sample, wished);
    else this.#slots = Infinity;
    return this.#slots;
  }

  #remember(sample: LoadSample): void {
    const kept = this.#samples.filter(({ atMs, cores }) =>
      atMs > sample.atMs - WINDOW_MS && cores === sample.cores
    );
    this.#samples = [...kept, sample];
    // It stood still for a while, or the machine is another one: what was before is past.
    if (kept.length === 0) this.#calmSince = undefined;
  }

  /** Slots that fit beside others. Who wishes for more slots than there are cores shares each core among several. */
  #room(cores: number, wished: number, lenience: number): number {
    const crowd = Math.max(1, wished / cores);
    const free = cores - this.othersCores + lenience + ERROR * cores;
    return Math.min(wished, Math.max(1, Math.floor(free * crowd)));
  }

  #lower(slots: number, nowMs: number): void {
    const isRelapse = this.#raisedAt !== undefined && nowMs - this.#raisedAt < RELAPSE_MS;
    if (isRelapse) this.#calmMs = Math.min(CALM_MOST_MS, 2 * this.#calmMs);
    else if (this.#raisedAt !== undefined) this.#calmMs = Math.max(CALM_MS, this.#calmMs / 2);
    // Several steps down are one.
    this.#raisedAt = undefined;
    this.#slots = slots;
    this.#calmSince = undefined;
  }

  #mayRaise({ atMs, cores }: LoadSample, wished: number): void {
    const most = this.#room(cores, wished, CAUTION);
    if (most <= this.#slots) {
      this.#calmSince = undefined;
      return;
    }
    this.#calmSince ??= atMs;
    if (atMs - this.#calmSince < this.#calmMs) return;
    this.#slots = most >= wished ? Infinity : most;
    this.#raisedAt = atMs;
    this.#calmSince = undefined;
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
