/**
 * The loop of a campaign: events of slots in, orders and journal lines out. It never computes, waits or reads.
 *
 * The crash contract: *write the event, then act on it*. A start is durable before the slot hears of the
 * run; a result is counted and told only when it is durable. A replay may repeat work, and never loses
 * or invents it.
 */
import type { CompletedRun, RequeueCause, RunEvent } from "../job/event.ts";
import { assertNever } from "../job/fault.ts";
import { type Job, neededJobs } from "../job/job.ts";
import type { Live } from "../job/live.ts";
import { fractionDone } from "../job/progress.ts";
import type { Failure } from "../job/run.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { classifyExit, retryCause, withAdvice } from "./causes.ts";
import { Delays } from "./delays.ts";
import { Dependencies } from "./dependencies.ts";
import { Dispatcher, type DispatchOptions } from "./dispatcher.ts";
import { forecast } from "./forecast.ts";
import { Guidance } from "./guidance.ts";
import { Handout, type ResultPort } from "./handout.ts";
import { checkpointedLine, completedRun } from "./journal_lines.ts";
import { liveCores } from "./live_cores.ts";
import { Peaks } from "./peaks.ts";
import { Progress } from "./progress.ts";
import { retryWaitMs } from "./retry.ts";
import type { Requeue, RunTable, TableState } from "./run_table.ts";
import { RunTimes } from "./run_times.ts";
import type { Slot, SlotBatch } from "./slot.ts";
import { EXIT_GAVE_UP, type FromSlot, type RunResult } from "./slot_messages.ts";
import { Steering } from "./steering.ts";
import { Tally } from "./tally.ts";
import type { SlotExit, World } from "./world.ts";

export interface CampaignOptions extends DispatchOptions {
  /** Where models get the results of the runs they need; without it needs are an order only. */
  readonly results?: ResultPort;
  /** Stop when so many runs failed. */
  readonly maxFails?: number;
  /** Every event, once it is durable. Must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
  /** A slot found no room for what it had to write. True: somebody sees to it, and lets runs start when there is. */
  readonly onNoRoom?: (reason: string) => boolean;
}

export type StopReason = "asked" | "time-limit" | "max-fails" | "no-space" | "broken" | "paused";

export interface Outcome {
  readonly stopped: StopReason | undefined;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly remaining: number;
  /** Of those that remain: somebody paused them; absent when none is. */
  readonly paused?: number;
  /** Runs that turned out to be not needed; absent when all were. */
  readonly unneeded?: number;
  /** What broke, for `broken` and `no-space`. */
  readonly cause?: unknown;
}

/** Why runs go back to the queue, and what it means for them. */
interface GivenBack extends Requeue {
  readonly cause: RequeueCause;
  readonly message?: string;
  readonly waitMs?: number;
  readonly memoryBytes?: number | undefined;
}

/** A sweep of a hundred thousand runs may have the same to say of each. */
const WARNINGS_MAX = 100;
/** What of a job that is submitted again is left to its new runs. */
const SUPERSEDED: readonly TableState[] = [
  "failed",
  "cancelled",
  "paused-before",
  "cancelled-before",
];
/** The picture is written twice a second: so many jobs are told one by one. */
const JOBS_WEIGHED_MAX = 500;
/** A slot that dies so often with no run to blame for it will not live the next time either. */
const DEATHS_MAX = 5;

export class Campaign {
  readonly tally: Tally;
  /** What people ask for while it runs. */
  readonly steering: Steering;
  readonly #world: World;
  readonly #table: RunTable;
  readonly #options: CampaignOptions;
  readonly #dispatcher: Dispatcher;
  readonly #delays: Delays;
  readonly #dependencies: Dependencies;
  readonly #handout: Handout;
  readonly #guidance: Guidance;
  readonly #times: RunTimes;
  readonly #peaks = new Peaks();
  #stop: StopReason | undefined;
  #cause: unknown;
  /** Journal lines not durable yet. */
  #pending = 0;
  #resolve: (outcome: Outcome) => void = () => {};
  #ended = false;
  #isRunning = false;
  readonly #progress: Progress;
  #holds = 0;

  constructor(world: World, table: RunTable, options: CampaignOptions) {
    this.#world = world;
    this.#table = table;
    this.#options = options;
    this.tally = new Tally(table);
    this.#progress = new Progress(table);
    this.#dependencies = new Dependencies(table);
    this.#handout = new Handout(table, options.results);
    this.#guidance = new Guidance({
      table,
      results: options.results,
      append: (event) => this.#append(event),
      giveUp: (number, why) => this.#giveUp(number, why),
      hold: () => void this.#holds++,
      release: () => this.release(),
    });
    this.#times = new RunTimes(options.rates);
    this.#delays = new Delays(world, (numbers) => this.steering.readyAgain(numbers, "delayed"));
    this.#dispatcher = new Dispatcher(world, table, options, {
      isOpen: () => this.#isOpen,
      hear: (slot, message) => this.#hear(slot, message),
      lost: (slot, exit) => this.#lost(slot, exit),
      broken: (error) => this.stop("checkpoint", "broken", error),
      append: (event, then) => this.#append(event, then),
      identify: (job, numbers) => this.#handout.identify(job, numbers),
      parentOf: (batch, number) => this.#handout.parentOf(batch, number),
      provide: (slot, batch, then) => this.#provide(slot, batch, then),
      giveBack: (slot, batch, cause) => {
        this.#giveBack(slot, batch, [...batch.open], { cause, counted: false });
        this.#endIfDone();
      },
    });
    const append = (event: RunEvent, then?: () => void) => this.#append(event, then);
    this.steering = new Steering({
      table,
      tally: this.tally,
      dispatcher: this.#dispatcher,
      append,
      review: () => this.#review(),
    });
  }

  /** Runs until nothing is left or it was stopped. */
  run(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#isRunning = true;
      this.#review();
      this.#dispatcher.fill();
      this.#endIfDone();
    });
  }

  /** More runs are on their way: it does not end before {@linkcode Campaign.release}. False when it has ended. */
  hold(): boolean {
    if (this.#ended) return false;
    this.#holds++;
    return true;
  }

  /** What it was held for is in the table now, or will not come. */
  release(): void {
    this.#holds--;
    this.#review();
    this.#dispatcher.fill();
    this.#endIfDone();
  }

  /** Jobs that are submitted again: what failed or was cancelled of the earlier ones counts no more. */
  supersede(jobs: readonly Job[]): void {
    const ids = jobs.map(({ id }) => id);
    // Runs that begin from others wish states of theirs to be kept.
    const parents = jobs.map(({ from }) => from?.job);
    for (const job of this.#table.jobs) {
      if (parents.includes(job.job.id)) {
        for (const slot of this.#dispatcher.slots) slot.jobsKnown.delete(job.number);
      }
      // Who was about to begin on the earlier results waits for the new ones.
      if (neededJobs(job.job).some((id) => ids.includes(id))) this.#block(job);
      if (!ids.includes(job.job.id)) continue;
      for (let number = job.offset; number < job.offset + job.count; number++) {
        const state = this.#table.stateOf(number);
        if (!SUPERSEDED.includes(state)) continue;
        if (state === "failed" || state === "cancelled") this.tally.forget(state);
        this.#table.become(number, "settled");
      }
    }
  }

  #block(job: PlannedJob): void {
    for (let number = job.offset; number < job.offset + job.count; number++) {
      if (this.#table.stateOf(number) === "ready") this.#table.become(number, "blocked");
    }
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** It was asked to stop, or had to. */
  get isStopping(): boolean {
    return this.#stop !== undefined;
  }

  /** A slot has runs at this moment. */
  get isComputing(): boolean {
    return this.#dispatcher.slots.some(({ batches }) => batches.size > 0);
  }

  /** `checkpoint` saves what runs and gives it back; `now` kills. Both leave a tree that resumes. */
  stop(how: "checkpoint" | "now", reason: StopReason = "asked", cause?: unknown): void {
    if (this.#ended) return;
    this.#stop ??= reason;
    this.#cause ??= cause;
    const { slots } = this.#dispatcher;
    for (const slot of [...slots]) {
      if (how === "now") slot.port?.kill();
      else if (slot.batches.size > 0) slot.port?.send({ type: "yield" });
    }
    if (how === "now") {
      for (const slot of slots) this.#forget(slot);
    }
    this.#endIfDone();
  }

  /** The machine has only so many cores to spare for now; without a number as many as are wished. */
  restrain(slots?: number): void {
    this.#dispatcher.restrain(slots);
  }

  /** Whether runs may be started, e.g. because there is room for what they write. What is computed goes on. */
  letStart(mayStart: boolean): void {
    this.#dispatcher.letStart(mayStart);
  }

  live(): Pick<
    Live,
    "running" | "counts" | "steps" | "slots" | "progress" | "work" | "memory" | "cores"
  > {
    const now = this.#world.now();
    const { slots, pool } = this.#dispatcher;
    const { limit, memory: { totalBytes, shareBytes }, freeBytes } = pool;
    const running = slots.flatMap((slot) => slot.live(now) ?? []);
    const work = forecast(this.tally.jobs(), running, limit, this.#times);
    const progress = this.#progressOf(slots);
    return {
      slots: limit,
      running,
      counts: this.tally.counts(),
      steps: this.tally.steps(running),
      progress,
      work: work && { ...work, fraction: progress.fraction },
      memory: { totalBytes, freeBytes, ...(slots.length < limit && { shareBytes }) },
      cores: liveCores(pool, this.#table, now),
    };
  }

  /** By the same sum as `status`, which is told what steps take: where there is one job only, nothing is weighed. */
  #progressOf(slots: readonly Slot[]): NonNullable<Live["progress"]> {
    const jobs = this.#progress.jobs(slots.flatMap(({ current }) => current ?? []));
    if (jobs.length > JOBS_WEIGHED_MAX || jobs.length === 1) {
      return { fraction: fractionDone(jobs) };
    }
    const stepMs = Object.fromEntries(jobs.flatMap(({ job }) => {
      const ms = this.#times.stepMs(job);
      return ms === undefined ? [] : [[job.job.id, ms]];
    }));
    const weighed = jobs.map((one) => ({ ...one, stepMs: stepMs[one.job.job.id] }));
    return { fraction: fractionDone(weighed), stepMs };
  }

  // --- what slots say --------------------------------------------------------------------------

  #hear(slot: Slot, message: FromSlot): void {
    if (message.type === "ready") {
      if (slot.isLeaving) return;
      slot.ready = true;
      if (slot.isRetiring) return this.#dispatcher.pool.retire(slot);
      return this.#dispatcher.feed(slot);
    }
    if (message.type === "inspected" || message.type === "uninspectable") {
      // Seen at planning already; runs whose model cannot be loaded any more are told as failed.
      return;
    }
    const batch = slot.batches.get(message.batch);
    if (batch === undefined) return;
    switch (message.type) {
      case "progress":
        slot.memoryBytes = message.memoryBytes;
        this.#peaks.saw(batch.job.offset + message.index, message);
        return slot.sawStep(
          batch,
          batch.job.offset + message.index,
          message.step,
          this.#world.now(),
        );
      case "resumed":
        return this.#resumed(slot, batch, message);
      case "saved":
        return this.#saved(slot, batch, message);
      case "unsaved":
        return this.#unsaved(batch, message);
      case "filed":
        batch.files.set(batch.job.offset + message.index, message.files);
        return;
      case "results":
        return this.#completed(slot, batch, message.runs);
      case "failed":
        if (message.isLast) slot.ready = false;
        return this.#failed(slot, batch, message.index, message.failure, message);
      case "hung": {
        slot.ready = false;
        const seconds = Math.round(message.afterMs / 1000);
        const failure: Failure = {
          class: "hang",
          message: `no step for ${seconds} s after step ${message.step}; its slot was stopped`,
          step: message.step,
        };
        return this.#failed(slot, batch, message.index, failure, {});
      }
      case "warned":
        return this.#warned(batch, message);
      case "yielded": {
        if (message.isLast) slot.ready = false;
        const numbers = message.indices.map((index) => index + batch.job.offset);
        const cause = this.#stop !== undefined ? "stopped" : slot.yielding ?? "stopped";
        this.#giveBack(slot, batch, numbers, { cause, counted: false });
        return this.#endIfDone();
      }
      default:
        assertNever(message);
    }
  }

  #resumed(slot: Slot, batch: SlotBatch, message: Extract<FromSlot, { type: "resumed" }>): void {
    const number = batch.job.offset + message.index;
    const { run } = batch.identities.get(number)!;
    slot.sawStep(batch, number, message.step, this.#world.now(), message.step);
    this.#progress.reached(number, message.step);
    const { step, rejected, parent, begins = false } = message;
    if (parent !== undefined) batch.parents.set(number, parent);
    // How long the rest of it takes says nothing of the others.
    if (step > 0 && !begins) batch.whole = false;
    const wasSaved = batch.job.decisionAt(message.index) === "resume";
    if ((step === 0 || begins) && rejected.length === 0 && !wasSaved) return;
    this.#append({ type: "run.resumed", job: batch.job.job.id, run, step, rejected });
  }

  #saved(slot: Slot, batch: SlotBatch, message: Extract<FromSlot, { type: "saved" }>): void {
    const number = batch.job.offset + message.index;
    const { run } = batch.identities.get(number)!;
    this.#append(checkpointedLine(batch, run, message));
    this.#progress.reached(number, message.step);
    batch.isUnsaved = false;
    if (slot.current?.number === number) {
      slot.current.checkpoint = { step: message.step, at: this.#world.wallClock().toISOString() };
    }
  }

  #unsaved(batch: SlotBatch, message: Extract<FromSlot, { type: "unsaved" }>): void {
    batch.isUnsaved = true;
    if (message.noSpace) this.#options.onNoRoom?.(message.reason);
    const { run } = batch.identities.get(batch.job.offset + message.index)!;
    if (!this.tally.degrade(batch.job.job.id, run)) return;
    const { reason } = message;
    this.#append({ type: "run.degraded", job: batch.job.job.id, run, reason });
  }

  #warned(batch: SlotBatch, message: Extract<FromSlot, { type: "warned" }>): void {
    const { run } = batch.identities.get(batch.job.offset + message.index)!;
    const count = this.tally.warn(batch.job);
    if (count > WARNINGS_MAX) return;
    const { step, message: text } = message;
    const more = count === WARNINGS_MAX ? "; more warnings of this job are not told" : "";
    this.#append({ type: "run.warned", job: batch.job.job.id, run, step, message: text + more });
  }

  #completed(slot: Slot, batch: SlotBatch, results: readonly RunResult[]): void {
    const { job } = batch;
    const runs: CompletedRun[] = [];
    for (const result of results) {
      const number = job.offset + result.index;
      if (!batch.open.delete(number)) continue;
      this.#table.become(number, "settled");
      this.steering.ended(number);
      this.#progress.completed(number);
      this.#times.computed(job, result.ms);
      runs.push(completedRun(batch, number, result, this.#peaks.take(number)));
    }
    slot.deaths = 0;
    this.#endBatchIfEmpty(slot, batch);
    if (runs.length === 0) return;
    const model = job.model.digest;
    this.#append({ type: "runs.completed", job: job.job.id, model, runs }, () => {
      this.tally.complete(job, runs.length);
      this.#guidance.completed(job, results);
      this.#endedFor(job);
      this.#endIfDone();
    });
    this.#dispatcher.feed(slot);
  }

  #failed(
    slot: Slot,
    batch: SlotBatch,
    index: number,
    failure: Failure,
    more: { readonly noSpace?: boolean; readonly mayPass?: boolean; readonly log?: string },
  ): void {
    const number = batch.job.offset + index;
    if (!batch.open.has(number)) return;
    // How long it hung is no measure for the others.
    this.#peaks.take(number);
    if (more.noSpace) {
      const isWaited = more.mayPass === true && this.#options.onNoRoom?.(failure.message) === true;
      const { message } = failure;
      this.#giveBack(slot, batch, [number], { cause: "disk", counted: false, message });
      if (!isWaited) this.stop("checkpoint", "no-space", message);
      return;
    }
    const { memory } = this.#dispatcher.pool;
    // Once: what needs more than that needs a person to say so.
    const larger = this.#table.isRaised(number) ? undefined : memory.above(slot.size);
    const cause = retryCause(failure.class, larger !== undefined);
    if (cause !== undefined && batch.attempt <= batch.job.job.retries) {
      const { message } = failure;
      const size = cause === "out-of-memory" ? larger : undefined;
      // More memory is there at once; what else has passed by itself needs its time.
      const { digest } = batch.identities.get(number)!;
      const waitMs = size !== undefined
        ? 0
        : retryWaitMs(batch.attempt, digest, batch.job.job.backoff);
      const why = {
        cause,
        counted: true,
        alone: true,
        message,
        waitMs,
        ...(size !== undefined && { size }),
        memoryBytes: failure.memoryBytes,
      };
      return this.#giveBack(slot, batch, [number], why);
    }
    batch.open.delete(number);
    this.#table.become(number, "failed");
    this.#progress.reached(number, failure.step);
    this.steering.ended(number);
    const { run } = batch.identities.get(number)!;
    const job = batch.job.job.id;
    this.#endBatchIfEmpty(slot, batch);
    const log = more.log === undefined ? {} : { log: more.log };
    const told = withAdvice(
      failure,
      slot.memoryBytesMax < memory.totalBytes ? slot.memoryBytesMax : undefined,
    );
    const { attempt } = batch;
    this.#append({ type: "run.failed", job, run, attempt, failure: told, ...log }, () => {
      this.tally.fail(batch.job);
      this.#endedFor(batch.job);
      const { maxFails } = this.#options;
      if (maxFails !== undefined && this.tally.failed >= maxFails) {
        this.stop("checkpoint", "max-fails");
      }
      this.#endIfDone();
    });
    this.#dispatcher.feed(slot);
  }

  get #isOpen(): boolean {
    return this.#isRunning && this.#stop === undefined && !this.#ended;
  }

  #provide(slot: Slot, batch: SlotBatch, then: () => void): void {
    const { port } = slot;
    this.#handout.provide(slot, batch, {
      isWanted: () =>
        this.#isOpen && slot.port === port && slot.yielding === undefined &&
        slot.batches.get(batch.id) === batch,
      fail: (number, why) => {
        const failure: Failure = { class: "needs", message: why, step: 0 };
        this.#failed(slot, batch, number - batch.job.offset, failure, {});
      },
      then,
    });
  }

  /** Runs of a job have ended: others may have waited for them. */
  #endedFor(job: PlannedJob): void {
    if (!this.#dependencies.isNeeded(job)) return;
    this.#review();
    this.#dispatcher.fill();
  }

  /** Lets start what has all it needs, and fails what will never have it. */
  #review(): void {
    if (this.#stop !== undefined) return;
    this.#guidance.review();
    if (this.#table.counts.blocked === 0) return;
    for (const { number, verdict } of this.#dependencies.review()) {
      if (verdict.kind === "hopeless") this.#giveUp(number, verdict.why);
      else this.#table.become(number, "ready");
    }
  }

  #giveUp(number: number, why: string): void {
    const job = this.#table.jobOf(number);
    const { run } = job.identify(number - job.offset);
    this.#table.become(number, "failed");
    const failure: Failure = { class: "needs", message: why, step: 0 };
    const attempt = this.#table.attempt(number);
    this.#append({ type: "run.failed", job: job.job.id, run, attempt, failure }, () => {
      this.tally.fail(job);
      this.#endedFor(job);
    });
  }

  /**
   * Runs of a batch go back to the queue, or are what somebody wished them to be meanwhile. Journalled, so that
   * `status` knows them as waiting.
   */
  #giveBack(slot: Slot, batch: SlotBatch, numbers: readonly number[], why: GivenBack): void {
    const open = numbers.filter((number) => batch.open.delete(number));
    batch.whole = false;
    const { cause, counted, message, waitMs = 0, memoryBytes } = why;
    for (const number of open) {
      this.#table.mark(number, why);
      // What it needs may have been submitted again meanwhile.
      const waiting = batch.job.mayHaveToWait(number - batch.job.offset) ? "blocked" : "ready";
      const state = this.steering.wishedState(number) ?? (waitMs > 0 ? "delayed" : waiting);
      this.#table.become(number, state);
      if (state === "delayed") this.#delays.add(number, waitMs);
    }
    this.#review();
    this.#endBatchIfEmpty(slot, batch);
    if (open.length === 0) return;
    this.#append({
      type: "runs.requeued",
      job: batch.job.job.id,
      runs: open.map((number) => batch.identities.get(number)!.run),
      cause,
      counted,
      ...(message === undefined ? {} : { message }),
      ...(waitMs > 0 && { waitMs }),
      ...(memoryBytes !== undefined && { memoryBytes }),
    }, () => {
      this.#dispatcher.fill();
      this.#endIfDone();
    });
    this.steering.gaveBack(open);
  }

  #endBatchIfEmpty(slot: Slot, batch: SlotBatch): void {
    if (batch.open.size > 0) return;
    slot.batches.delete(batch.id);
    if (slot.current?.batch === batch) slot.current = undefined;
    const now = this.#world.now();
    if (batch.sent && batch.whole) {
      const elapsedMs = Math.max(now - slot.busySince, 1e-3);
      this.#dispatcher.sizes.learn(batch.job, batch.runs, elapsedMs);
      this.#times.occupied(batch.job, batch.runs, elapsedMs);
    }
    slot.busySince = now;
    if (slot.batches.size > 0) return;
    slot.yielding = undefined;
    if (slot.isRetiring) this.#dispatcher.pool.retire(slot);
  }

  // --- slots that end --------------------------------------------------------------------------

  /**
   * A slot's process ended. The run it was at is known when it was alone in its batch; of a larger batch
   * nobody is blamed: its runs are run again one at a time, and the guilty one will be found then.
   * A slot that gave up has named the guilty one already, and who never heard of a batch did not die of it.
   */
  #lost(slot: Slot, exit: SlotExit): void {
    const step = slot.current?.step ?? 0;
    const peak = slot.memoryBytes;
    slot.memoryBytes = 0;
    slot.port = undefined;
    slot.ready = false;
    slot.current = undefined;
    if (this.#ended) return;
    // It was told to go: whatever it had is not to blame.
    const isCondemned = slot.isCondemned || slot.isLeaving;
    const gaveUp = exit.status === EXIT_GAVE_UP && exit.signal === null;
    const suspect = !gaveUp && !isCondemned && slot.working?.sent ? slot.working : undefined;
    slot.deaths = gaveUp || isCondemned || slot.isRetiring || suspect !== undefined
      ? 0
      : slot.deaths + 1;
    const cause = isCondemned ? "control" : "slot-lost";
    const why = { cause, counted: false } as const;
    for (const batch of [...slot.batches.values()]) {
      const open = [...batch.open];
      if (batch !== suspect || this.#stop !== undefined) this.#giveBack(slot, batch, open, why);
      else if (open.length > 1) this.#giveBack(slot, batch, open, { ...why, alone: true });
      else {this.#failed(
          slot,
          batch,
          open[0]! - batch.job.offset,
          classifyExit(exit, step, peak),
          {},
        );}
    }
    if (this.#stop === undefined && slot.deaths > DEATHS_MAX) {
      const words = classifyExit(exit, 0).message;
      return this.stop("checkpoint", "broken", new Error(`slots cannot be kept running: ${words}`));
    }
    this.#dispatcher.lost(slot);
    this.#endIfDone();
  }

  /** Batches of a slot that is gone; their starts are in the journal, so a resume will find them. */
  #forget(slot: Slot): void {
    for (const batch of slot.batches.values()) batch.open.clear();
    slot.batches.clear();
    slot.current = undefined;
  }

  // --- the journal and the end -----------------------------------------------------------------

  #append(event: RunEvent, then?: () => void): void {
    this.#pending++;
    this.#world.journal.append(event).then(() => {
      this.#pending--;
      this.#options.onEvent?.(event);
      then?.();
      this.#endIfDone();
    }, (error) => {
      // Without a journal nothing may be promised any more.
      this.#pending--;
      this.stop("now", "broken", error);
    });
  }

  #endIfDone(): void {
    if (!this.#isRunning || this.#ended || this.#pending > 0) return;
    if (this.#holds > 0 && this.#stop === undefined) return;
    const { slots } = this.#dispatcher;
    if (slots.some((slot) => slot.batches.size > 0)) return;
    if (this.#stop === undefined && this.#table.goesOn) return;
    this.#ended = true;
    this.#delays.stop();
    this.#dispatcher.stop();
    this.steering.end();
    for (const slot of slots) slot.port?.send({ type: "exit" });
    const { held, "paused-before": before, unneeded } = this.#table.counts;
    this.#resolve({
      // What was paused before it began is no reason to wait, and not done either.
      stopped: this.#stop ?? (this.#table.open > 0 ? "paused" : undefined),
      completed: this.tally.completed,
      failed: this.tally.failed,
      cancelled: this.tally.cancelled,
      remaining: this.#table.open,
      ...(held + before > 0 && { paused: held + before }),
      ...(unneeded > 0 && { unneeded }),
      ...(this.#cause === undefined ? {} : { cause: this.#cause }),
    });
  }
}
