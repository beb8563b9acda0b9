/**
 * Brings one sink what it is to be told, in order, and remembers how far it got. Each has a reader of its own: one that
 * is slow, fails or hangs keeps nothing from the others, and needs no more memory than the notices of a few lines.
 *
 * A notice arrives at least once: a process that is killed between an arrival and the note of it tells it again.
 */
import type { Live } from "../job/live.ts";
import type { SinkSpec } from "../job/sink.ts";
import { NoticeMaker } from "../notice/notice_maker.ts";
import type { Notice } from "../notice/notice.ts";
import { hasArrived, type NoticePlace, placeOf } from "../notice/notice_place.ts";
import { JournalFollower } from "../store/journal_follow.ts";
import type { Layout } from "../store/layout.ts";
import { readLive } from "../store/live.ts";
import { pause } from "../store/pause.ts";
import { readSinkState, type SinkState, writeSinkState } from "./cursor.ts";
import { NotDelivered, type Sink } from "./sink.ts";

export interface CourierTimes {
  readonly lookEveryMs: number;
  /** A sink that has not answered by then has failed. */
  readonly deliverMs: number;
  /** The wait after the first failure; each further one is twice as long. */
  readonly backoffMs: number;
  readonly backoffMsMax: number;
  /** Who was away for longer is not told of what is over. */
  readonly ageMsMax: number;
}

export const COURIER_TIMES: CourierTimes = {
  lookEveryMs: 250,
  deliverMs: 30_000,
  backoffMs: 1_000,
  backoffMsMax: 300_000,
  ageMsMax: 24 * 3_600_000,
};

export interface CourierParts {
  readonly layout: Layout;
  readonly spec: SinkSpec;
  readonly sink: Sink;
  /** Where a sink begins that was never told of anything. */
  readonly afterSeq: number;
  readonly times?: CourierTimes;
  /** Waits until it may compute; at once when absent. */
  readonly turn?: (over: AbortSignal) => Promise<void>;
}

/** What is left when a courier ends. */
export interface Left {
  readonly name: string;
  /** Why not all has arrived; undefined when it has. */
  readonly failing: string | undefined;
  /** Given up by this courier. */
  readonly lost: number;
  readonly lastLoss?: string;
}

/** Read at a time: some hundred notices. */
const READ_BYTES = 64 << 10;
/** Of what is passed over so much is read at a time: then it is asked whether there is time for more, and others have theirs. */
const PASS_BYTES = 2 << 20;
/** So often it is written down at most how far it got, while it goes well. */
const NOTE_EVERY_MS = 1_000;

export class Courier {
  readonly #parts: CourierParts;
  readonly #times: CourierTimes;
  readonly #maker: NoticeMaker;
  readonly #follower: JournalFollower;
  /** Read, and not yet brought. */
  #waiting: Notice[] = [];
  #hasMore = false;
  #delivered: NoticePlace | undefined;
  /** All up to the first is brought once nothing waits; the second is where another one would begin. */
  #readSafeSeq: number;
  #safeSeq: number;
  #failing: SinkState["failing"];
  #lost: number;
  #lastLoss: string | undefined;
  #lostHere = 0;
  #notedMs = 0;
  #isNoted = true;
  #nextProgressMs: number;

  constructor(parts: CourierParts) {
    this.#parts = parts;
    this.#times = parts.times ?? COURIER_TIMES;
    const { layout, spec, afterSeq } = parts;
    this.#maker = new NoticeMaker(layout.root, new Set(spec.events));
    const state = readSinkState(layout, spec.name);
    this.#delivered = state?.delivered;
    this.#safeSeq = this.#readSafeSeq = state?.safeSeq ?? afterSeq;
    this.#lost = state?.lost ?? 0;
    this.#lastLoss = state?.lastLoss;
    this.#follower = new JournalFollower(layout, this.#safeSeq);
    this.#nextProgressMs = performance.now() + spec.progressEveryMs;
  }

  /**
   * Until `over`, and then until all that the journal holds has arrived or `late`. Answers what has not.
   */
  async run(over: AbortSignal, late: AbortSignal): Promise<Left> {
    try {
      for (;;) {
        // Asked before it is read: what comes last is read as well.
        const isLast = over.aborted;
        await this.#parts.turn?.(over);
        const batch = await this.#next(over);
        if (batch.length > 0) {
          if (!await this.#bring(batch, over, late)) break;
        } else if (this.#hasMore) {
          await new Promise((others) => setTimeout(others, 0));
        } else {
          await this.#note(isLast);
          if (isLast) break;
          await pause(this.#times.lookEveryMs, over);
        }
      }
    } finally {
      this.#follower[Symbol.dispose]();
      await this.#parts.sink.close?.();
    }
    const { name } = this.#parts.spec;
    const last = this.#lastLoss;
    return {
      ...{ name, failing: this.#failing?.message, lost: this.#lostHere },
      ...(last !== undefined && { lastLoss: last }),
    };
  }

  /** How many it holds. */
  get waiting(): number {
    return this.#waiting.length;
  }

  async #next(over: AbortSignal): Promise<readonly Notice[]> {
    const { sink: { batchMax, gatherMs = 0 } } = this.#parts;
    this.#read();
    if (this.#waiting.length > 0 && this.#waiting.length < batchMax && gatherMs > 0) {
      await pause(gatherMs, over);
      while (this.#waiting.length < batchMax && this.#read());
    }
    await this.#addProgress();
    return this.#waiting.slice(0, batchMax);
  }

  /** Answers whether there was something. */
  #read(): boolean {
    if (this.#waiting.length >= this.#parts.sink.batchMax) return false;
    const before = this.#waiting.length;
    const oldest = new Date(Date.now() - this.#times.ageMsMax).toISOString();
    const options = { bytesMax: READ_BYTES, types: this.#maker.types };
    for (let bytes = 0; bytes < PASS_BYTES; bytes += READ_BYTES) {
      const read = this.#follower.read((entry) => {
        for (const notice of this.#maker.of(entry)) {
          if (hasArrived(notice, this.#delivered)) continue;
          if (notice.at < oldest && this.#parts.spec.kind !== "log") {
            this.#lose(1, "it was too old when it could be told");
          } else this.#waiting.push(notice);
        }
      }, options);
      this.#readSafeSeq = read.safeSeq;
      this.#hasMore = read.hasMore;
      if (!read.hasMore || this.#waiting.length > before) break;
    }
    if (this.#waiting.length === 0) this.#setSafe();
    return this.#waiting.length > before;
  }

  /** How far everything is, when it is time and somebody works. What is said of a moment is not kept for later. */
  async #addProgress(): Promise<void> {
    const { spec, layout } = this.#parts;
    if (performance.now() < this.#nextProgressMs || !spec.events.includes("on_progress")) return;
    this.#nextProgressMs = performance.now() + spec.progressEveryMs;
    const live: Live | undefined = await readLive(layout);
    const notice = live && this.#maker.progress(live);
    if (notice !== undefined) this.#waiting.unshift(notice);
  }

  /** Brings it until it has arrived or is given up. Answers false when it is too late for more. */
  async #bring(whole: readonly Notice[], over: AbortSignal, late: AbortSignal): Promise<boolean> {
    const { triesMax } = this.#parts.sink;
    let batch = whole;
    for (let tries = 1;; tries++) {
      const trouble = await this.#try(batch, late);
      const arrived = trouble === undefined ? batch.length : trouble.arrived ?? 0;
      if (arrived > 0) {
        this.#failing = undefined;
        this.#done(batch.slice(0, arrived));
        batch = batch.slice(arrived);
        tries = 1;
      }
      if (trouble === undefined) return true;
      if (tries >= (triesMax ?? Infinity)) {
        // Where one could be named, it alone is to blame.
        const lost = trouble.arrived === undefined ? batch : batch.slice(0, 1);
        this.#failing = undefined;
        this.#lose(lost.length, trouble.message);
        this.#done(lost);
        return true;
      }
      const since = this.#failing?.since ?? new Date().toISOString();
      this.#failing = { since, tries, message: trouble.message };
      this.#isNoted = false;
      await this.#note(true);
      // Once all is over, what may be tried for ever is tried once more, and left for the next simrun.
      if (late.aborted || over.aborted && triesMax === undefined && tries > 1) return false;
      const { backoffMs, backoffMsMax } = this.#times;
      const backoff = Math.min(backoffMs * 2 ** (tries - 1), backoffMsMax);
      await pause(trouble.waitMs ?? backoff, over.aborted ? late : over);
    }
  }

  async #try(batch: readonly Notice[], late: AbortSignal): Promise<NotDelivered | undefined> {
    const limit = new AbortController();
    const { deliverMs } = this.#times;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => limit.abort();
    const hung = new Promise<never>((_, reject) => {
      limit.signal.addEventListener("abort", () => {
        const why = late.aborted ? "it has not answered" : `no answer in ${deliverMs / 1000} s`;
        reject(new NotDelivered(why));
      });
      timer = setTimeout(end, deliverMs);
      if (late.aborted) end();
      late.addEventListener("abort", end);
    });
    hung.catch(() => {});
    try {
      await Promise.race([this.#parts.sink.deliver(batch, limit.signal), hung]);
      return undefined;
    } catch (error) {
      if (error instanceof NotDelivered) return error;
      return new NotDelivered(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
      late.removeEventListener("abort", end);
    }
  }

  #lose(count: number, why: string): void {
    this.#lost += count;
    this.#lostHere += count;
    this.#lastLoss = why;
    this.#isNoted = false;
  }

  #done(batch: readonly Notice[]): void {
    this.#waiting.splice(0, batch.length);
    const last = batch.findLast(({ event }) => event !== "on_progress");
    if (last !== undefined) this.#delivered = placeOf(last);
    if (this.#waiting.length === 0) this.#setSafe();
    this.#isNoted = false;
    if (performance.now() - this.#notedMs > NOTE_EVERY_MS) void this.#note(true);
  }

  #setSafe(): void {
    if (this.#safeSeq === this.#readSafeSeq) return;
    this.#safeSeq = this.#readSafeSeq;
    // Worth a write of its own when the courier rests.
    this.#isNoted = false;
  }

  #noting: Promise<void> = Promise.resolve();

  /** One after the other; a tree that cannot be written to costs nothing but what is told twice. */
  #note(isDue: boolean): Promise<void> {
    if (this.#isNoted || !isDue && performance.now() - this.#notedMs < NOTE_EVERY_MS) {
      return this.#noting;
    }
    this.#isNoted = true;
    this.#notedMs = performance.now();
    const { layout, spec } = this.#parts;
    const state: SinkState = {
      ...(this.#delivered && { delivered: this.#delivered }),
      safeSeq: this.#safeSeq,
      ...(this.#failing && { failing: this.#failing }),
      ...(this.#lost > 0 && { lost: this.#lost }),
      ...(this.#lastLoss !== undefined && { lastLoss: this.#lastLoss }),
    };
    this.#noting = this.#noting.then(() => writeSinkState(layout, spec.name, state)).catch(
      () => {},
    );
    return this.#noting;
  }
}
