/**
 * What the sinks may compute while a campaign works: so little that it does not feel them. What is left over stays in the
 * journal, and is told when there is time, or when the campaign is over.
 */
import { pause } from "../store/pause.ts";

export interface ThriftLimits {
  /** Of one core. */
  readonly share: number;
  /** Computed at once without a wait: what happens now and then is told at once. */
  readonly burstMs: number;
  /** No wait is longer: a piece of work that cost very much, as loading a module from a cold disk, keeps nobody waiting. */
  readonly waitMsMax: number;
}

export const THRIFT: ThriftLimits = { share: 0.02, burstMs: 40, waitMsMax: 3_000 };

/**
 * Waited beyond what is owed: a wait to the point would leave nothing for its own end, which computes as well, and the next
 * wait would be for that, and so on, without anybody's turn between.
 */
const SLACK_MS = 100;

export class Thrift {
  readonly #limits: ThriftLimits;
  readonly #cpuMs: () => number;
  readonly #clockMs: () => number;
  #owedMs = 0;
  #lastCpuMs: number;
  #lastMs: number;

  constructor(
    limits: ThriftLimits = THRIFT,
    cpuMs: () => number = ownCpuMs,
    clockMs: () => number = () => performance.now(),
  ) {
    this.#limits = limits;
    this.#cpuMs = cpuMs;
    this.#clockMs = clockMs;
    this.#lastCpuMs = cpuMs();
    this.#lastMs = clockMs();
  }

  /** Waits until more may be computed, or until all is over. */
  async turn(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const ms = this.waitMs();
      if (ms <= 0) return;
      await pause(ms + SLACK_MS, over);
    }
  }

  /** How long nothing is to be computed. */
  waitMs(): number {
    const { share, burstMs, waitMsMax } = this.#limits;
    const cpuMs = this.#cpuMs();
    const nowMs = this.#clockMs();
    const earned = (nowMs - this.#lastMs) * share;
    const owedMs = Math.max(0, this.#owedMs - earned) + cpuMs - this.#lastCpuMs;
    this.#owedMs = Math.min(owedMs, burstMs + waitMsMax * share);
    this.#lastCpuMs = cpuMs;
    this.#lastMs = nowMs;
    return Math.max(0, (this.#owedMs - burstMs) / share);
  }
}

/** Of all threads of this process. */
function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
