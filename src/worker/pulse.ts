/** Whether a slot's agent lives and hears: it says now and then how many orders it has had. Pure. */

/** How often an agent says so, and how often it is asked for. */
export const PULSE_EVERY_MS = 2000;

/**
 * So many looks in a row without a word. Counted, not timed: when the orchestrator itself stood still for an
 * hour, it looks once and then reads what it was told meanwhile.
 */
const SILENT_LOOKS_MAX = 30;
/** An order is heard within milliseconds, unless somebody else has read it. */
const DEAF_LOOKS_MAX = 3;

export class Pulse {
  #sent = 0;
  #heard = 0;
  #silentLooks = 0;
  /** Orders that were sent when the agent first did not know of them all. */
  #missing = 0;
  #deafLooks = 0;

  /** Another order: its number, from 1. */
  ordered(): number {
    return ++this.#sent;
  }

  heard(orders: number): void {
    this.#heard = orders;
    this.#silentLooks = 0;
  }

  /** One more look; the words when there is no life in it. */
  feel(): string | undefined {
    const isDeaf = this.#heard < this.#missing;
    this.#deafLooks = isDeaf && this.#silentLooks === 0 ? this.#deafLooks + 1 : 0;
    if (!isDeaf) this.#missing = this.#sent;
    if (this.#deafLooks > DEAF_LOOKS_MAX) return "its orders did not reach it";
    if (++this.#silentLooks <= SILENT_LOOKS_MAX) return undefined;
    return `it gave no sign of life for ${SILENT_LOOKS_MAX * PULSE_EVERY_MS / 1000} s`;
  }
}
