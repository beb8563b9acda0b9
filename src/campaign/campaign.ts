/**
 * The loop of a campaign: events of slots in, orders and journal lines out. It never computes, waits or reads.
 *
 * The crash contract: *write the event, then act on it*. A start is durable before the slot hears of the
 * run; a result is counted and told only when it is durable. A replay may repeat work, and never loses
 * or invents it.
 */
import type { RunEvent } from "../job/event.ts";
import { assertNever } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import type { Failure } from "../job/run.ts";
import { hangFailure } from "./causes.ts";
import { Delays } from "./delays.ts";
import { Dependencies } from "./dependencies.ts";
import type { CampaignOptions } from "./campaign_options.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Guidance } from "./guidance.ts";
import { Handout } from "./handout.ts";
import { type CampaignPicture, pictureOf } from "./live_picture.ts";
import { type Outcome, outcomeOf, type StopReason } from "./outcome.ts";
import { Peaks } from "./peaks.ts";
import { Progress } from "./progress.ts";
import { RunEnds } from "./run_ends.ts";
import { RunReports } from "./run_reports.ts";
import type { RunTable } from "./run_table.ts";
import { RunTimes } from "./run_times.ts";
import type { HeldRun, Slot, SlotBatch } from "./slot.ts";
import type { FromSlot } from "./slot_messages.ts";
import { Steering } from "./steering.ts";
import { supersede } from "./supersede.ts";
import { Tally } from "./tally.ts";
import type { World } from "./world.ts";

export class Campaign {
  readonly tally: Tally;
  /** What people ask for while it runs. */
  readonly steering: Steering;
  readonly #world: World;
  readonly #table: RunTable;
  readonly #onEvent: CampaignOptions["onEvent"];
  readonly #dispatcher: Dispatcher;
  readonly #delays: Delays;
  readonly #handout: Handout;
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
  readonly #ends: RunEnds;
  readonly #reports: RunReports;
  #holds = 0;
  readonly #waits: { readonly forHeld: boolean };

  constructor(world: World, table: RunTable, options: CampaignOptions) {
    this.#waits = { forHeld: options.endsWhenPaused !== true };
    this.#world = world;
    this.#table = table;
    this.#onEvent = options.onEvent;
    this.tally = new Tally(table);
    this.#progress = new Progress(table);
    this.#handout = new Handout(table, options.results);
    const append = (event: RunEvent, then?: () => void) => this.#append(event, then);
    const guidance = new Guidance({
      table,
      results: options.results,
      append,
      giveUp: (number, why) => this.#ends.giveUp(number, why),
      hold: () => void this.#holds++,
      release: () => this.release(),
    });
    this.#times = new RunTimes(options.rates);
    this.#delays = new Delays(world, (numbers) => this.steering.readyAgain(numbers, "delayed"));
    this.#dispatcher = new Dispatcher(world, table, options, {
      isOpen: () => this.#isOpen,
      hear: (slot, message) => this.#hear(slot, message),
      lost: (slot, exit) => this.#ends.lost(slot, exit),
      broken: (error) => this.stop("checkpoint", "broken", error),
      append,
      identify: (job, numbers) => this.#handout.identify(job, numbers),
      parentOf: (batch, number) => this.#handout.parentOf(batch, number),
      provide: (slot, batch, then) => this.#provide(slot, batch, then),
      giveBack: (slot, batch, cause) => this.#ends.giveBackAll(slot, batch, cause),
    });
    this.steering = new Steering({
      table,
      tally: this.tally,
      dispatcher: this.#dispatcher,
      append,
      review: () => this.#ends.review(),
    });
    this.#reports = new RunReports({
      world,
      tally: this.tally,
      progress: this.#progress,
      append,
      noRoom: (reason) => options.onNoRoom?.(reason),
    });
    this.#ends = new RunEnds({
      world,
      table,
      tally: this.tally,
      steering: this.steering,
      dispatcher: this.#dispatcher,
      delays: this.#delays,
      dependencies: new Dependencies(table),
      guidance,
      progress: this.#progress,
      times: this.#times,
      peaks: this.#peaks,
      maxFails: options.maxFails,
      placed: options.placed ?? ((_job, failure) => failure),
      noRoom: (reason) => options.onNoRoom?.(reason) === true,
      append,
      endIfDone: () => this.#endIfDone(),
      stop: (reason, cause) => this.stop("checkpoint", reason, cause),
      isStopping: () => this.#stop !== undefined,
      hasEnded: () => this.#ended,
    });
  }

  /** Runs until nothing is left or it was stopped. */
  run(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#isRunning = true;
      this.#ends.review();
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
    this.#ends.review();
    this.#dispatcher.fill();
    this.#endIfDone();
  }

  /** Jobs that are submitted again: what failed or was cancelled of the earlier ones counts no more. */
  supersede(jobs: readonly Job[]): void {
    supersede(jobs, { table: this.#table, tally: this.tally, slots: this.#dispatcher.slots });
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** It was asked to stop, or had to. */
  get isStopping(): boolean {
    return this.#stop !== undefined;
  }

  /** The runs that slots have at this moment, those included that wait there. */
  get held(): readonly HeldRun[] {
    return this.#dispatcher.slots.flatMap((slot) => slot.held);
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

  /** So many runs may be started, e.g. as there is room for what they write. What is computed goes on. */
  letStart(runs: number): void {
    this.#dispatcher.letStart(runs);
  }

  live(): CampaignPicture {
    return pictureOf({
      now: this.#world.now(),
      table: this.#table,
      tally: this.tally,
      dispatcher: this.#dispatcher,
      times: this.#times,
      progress: this.#progress,
    });
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
        return this.#reports.resumed(slot, batch, message);
      case "saved":
        return this.#reports.saved(slot, batch, message);
      case "unsaved":
        return this.#reports.unsaved(batch, message);
      case "filed":
        batch.files.set(batch.job.offset + message.index, message.files);
        return;
      case "results":
        return this.#ends.completed(slot, batch, message.runs);
      case "failed":
        if (message.isLast) slot.ready = false;
        return this.#ends.failed(slot, batch, message.index, message.failure, message);
      case "hung":
        slot.ready = false;
        return this.#ends.failed(slot, batch, message.index, hangFailure(message), {});
      case "warned":
        return this.#reports.warned(batch, message);
      case "yielded": {
        if (message.isLast) slot.ready = false;
        const numbers = message.indices.map((index) => index + batch.job.offset);
        const cause = this.#stop !== undefined ? "stopped" : slot.yielding ?? "stopped";
        this.#ends.giveBack(slot, batch, numbers, { cause, counted: false });
        return this.#endIfDone();
      }
      default:
        assertNever(message);
    }
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
        this.#ends.failed(slot, batch, number - batch.job.offset, failure, {});
      },
      then,
    });
  }

  // --- slots that end --------------------------------------------------------------------------

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
      this.#onEvent?.(event);
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
    if (this.#stop === undefined && this.#table.goesOn(this.#waits)) return;
    this.#ended = true;
    this.#delays.stop();
    this.#dispatcher.stop();
    this.steering.end();
    for (const slot of slots) slot.port?.send({ type: "exit" });
    this.#resolve(outcomeOf(this.tally, this.#table, this.#stop, this.#cause));
  }
}
