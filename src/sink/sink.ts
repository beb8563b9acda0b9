/** What the couriers bring notices to. */
import type { Notice } from "../notice/notice.ts";

export interface Sink {
  /** So many are brought together at most. */
  readonly batchMax: number;
  /** Those that come so soon after the first of them go with it. */
  readonly gatherMs?: number;
  /** How often the same notices are tried before they are given up; for ever when absent. */
  readonly triesMax?: number;
  /**
   * Resolves when all have arrived. Throws when they have not, and all of them are brought again: a
   * {@linkcode NotDelivered} says in words why, and when it is worth trying.
   */
  deliver(notices: readonly Notice[], signal: AbortSignal): Promise<void>;
  close?(): void | Promise<void>;
}

export interface Trouble {
  /** Not to be tried again before. */
  readonly waitMs?: number | undefined;
  /** So many of the first ones did arrive, and the next one did not; none, and it is about all, when absent. */
  readonly arrived?: number;
}

export class NotDelivered extends Error {
  readonly waitMs: number | undefined;
  readonly arrived: number | undefined;

  constructor(message: string, { waitMs, arrived }: Trouble = {}) {
    super(message);
    this.waitMs = waitMs;
    this.arrived = arrived;
  }
}
