/**
 * Puts a campaign together and runs it: opens and locks the tree, reads its history, plans, starts slots.
 * The facade behind `simrun run`, `simrun resume` and the library.
 */
import { hostname } from "node:os";
import { Campaign, type Outcome } from "../campaign/campaign.ts";
import { RunTable } from "../campaign/run_table.ts";
import type { SlotHandlers, SlotPort, World } from "../campaign/world.ts";
import type { RunEvent } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { Live } from "../job/live.ts";
import { VERSION } from "../job/version.ts";
import { encodeFields } from "../job/plain.ts";
import { canonical, shortDigest } from "../plan/digest.ts";
import { makePlan, type Plan, type PlannedJob } from "../plan/plan.ts";
import type { Layout } from "../store/layout.ts";
import { type SlotHandle, startSlotProcess } from "../worker/slot_process.ts";
import { slotLimits } from "./limits.ts";
import { prepareJobs } from "./prepare.ts";
import { reuseResults } from "./reuse.ts";
import { planOptions, type RunRequest } from "./run_request.ts";
import { TreeSession } from "./tree_session.ts";

export type { Outcome } from "../campaign/campaign.ts";

const LIVE_EVERY_MS = 500;

/** Opens the tree, takes its lock and makes the plan. Nothing runs before {@linkcode Runner.run}. */
export async function openRunner(request: RunRequest): Promise<Runner> {
  // The first slot starts while tree and history are read: it is needed in any case.
  const slot = request.slot ?? startSlot(request);
  let session: TreeSession | undefined;
  try {
    session = await TreeSession.open(request);
    const jobs = await prepareJobs(request.jobs, slot, request.locate);
    const plan = makePlan(jobs, session.history, planOptions(request));
    return new Runner(request, { session, plan, slot });
  } catch (error) {
    slot.kill();
    await session?.close();
    throw error;
  }
}

function startSlot(request: RunRequest, isLarge = false): SlotHandle {
  return (request.startSlot ?? startSlotProcess)(slotLimits(request, isLarge));
}

interface RunnerParts {
  readonly session: TreeSession;
  readonly plan: Plan;
  readonly slot: SlotHandle;
}

export class Runner {
  readonly #request: RunRequest;
  readonly #session: TreeSession;
  readonly #campaign: Campaign;
  readonly #table: RunTable;
  readonly #startedAt = new Date();
  readonly #slots = new Set<SlotHandle>();
  /** Runs by job that left files in the tree. */
  readonly #withFiles = new Map<string, Set<string>>();
  /** The slot that inspected the models and waits for its first batch. */
  #warm: SlotHandle | undefined;
  #plan: Plan;
  #reused = 0;
  #isRunning = false;
  #adding: Promise<unknown> = Promise.resolve();

  constructor(request: RunRequest, parts: RunnerParts) {
    this.#request = request;
    this.#session = parts.session;
    this.#plan = parts.plan;
    this.#warm = parts.slot;
    this.#slots.add(parts.slot);
    this.#table = new RunTable(parts.plan.total);
    this.#table.add(parts.plan, (job, index) => this.#earlierAttempts(job, index));
    this.#campaign = new Campaign(this.#world(), this.#table, {
      root: parts.session.layout.root,
      epoch: parts.session.epoch,
      holder: parts.session.holder,
      slots: request.slots,
      ...(request.maxFails === undefined ? {} : { maxFails: request.maxFails }),
      acceptModel: request.options?.acceptModel ?? false,
      withFiles: (job) => this.#withFiles.get(job),
      onEvent: (event) => this.#heard(event),
    });
  }

  get plan(): Plan {
    return this.#plan;
  }

  get layout(): Layout {
    return this.#session.layout;
  }

  /** How many runs took their result from another. */
  get reused(): number {
    return this.#reused;
  }

  /** Runs the plan to its end, or until it is stopped; leaves the tree closed either way. */
  async run(): Promise<Outcome> {
    const beat = setInterval(() => this.#beat(), LIVE_EVERY_MS);
    try {
      await this.#adding;
      this.#isRunning = true;
      await this.#announce();
      await this.#prepare(this.#plan);
      const outcome = await this.#campaign.run();
      await this.#end(outcome);
      await this.#slotsGone();
      if (this.#session.isSound) await this.#session.tidy();
      return outcome;
    } finally {
      clearInterval(beat);
      for (const slot of this.#slots) slot.kill();
      await this.#session.close();
    }
  }

  /** Gives everything back without running. */
  async close(): Promise<void> {
    for (const slot of this.#slots) slot.kill();
    await this.#session.close();
  }

  stop(how: "checkpoint" | "now"): void {
    this.#campaign.stop(how);
  }

  /**
   * Plans more jobs while the campaign runs, or before. Answers their plan, or undefined when the campaign
   * has ended meanwhile: the next one will take them up.
   */
  async add(jobs: readonly Job[]): Promise<Plan | undefined> {
    if (!this.#campaign.hold()) return undefined;
    // One after the other: the numbers of a plan go on where the last one ended.
    const added = this.#adding.then(() => this.#add(jobs));
    this.#adding = added.catch(() => {});
    try {
      return await added;
    } catch (error) {
      if (this.#campaign.hasEnded) return undefined;
      throw error;
    } finally {
      this.#campaign.release();
    }
  }

  async #add(jobs: readonly Job[]): Promise<Plan | undefined> {
    const slot = startSlot(this.#request);
    try {
      const prepared = await prepareJobs(jobs, slot);
      if (this.#campaign.hasEnded) return undefined;
      const more = makePlan(
        prepared,
        this.#session.history,
        planOptions(this.#request),
        this.#table.jobs.length,
        this.#table.total,
      );
      if (this.#isRunning) await this.#prepare(more);
      this.#table.add(more, (job, index) => this.#earlierAttempts(job, index));
      this.#plan = {
        jobs: [...this.#plan.jobs, ...more.jobs],
        total: this.#plan.total + more.total,
        toRun: this.#plan.toRun + more.toRun,
        reuses: [...this.#plan.reuses, ...more.reuses],
      };
      return more;
    } finally {
      slot.kill();
    }
  }

  live(): Live {
    return {
      at: new Date().toISOString(),
      epoch: this.#session.epoch,
      pid: Deno.pid,
      host: hostname(),
      startedAt: this.#startedAt.toISOString(),
      ...this.#campaign.live(),
    };
  }

  #world(): World {
    return {
      journal: this.#session.journal,
      startSlot: (handlers, isLarge) => this.#startSlot(handlers, isLarge),
      now: () => performance.now(),
      wallClock: () => new Date(),
    };
  }

  #startSlot(handlers: SlotHandlers, isLarge: boolean): SlotPort {
    const warm = isLarge ? undefined : this.#warm;
    if (warm !== undefined) this.#warm = undefined;
    const slot = warm ?? startSlot(this.#request, isLarge);
    this.#slots.add(slot);
    slot.attach({
      onMessage: handlers.onMessage,
      onExit: (exit) => {
        this.#slots.delete(slot);
        handlers.onExit(exit);
      },
    });
    // The warm slot said long ago that it is ready.
    if (warm !== undefined) queueMicrotask(() => handlers.onMessage({ type: "ready" }));
    return slot;
  }

  /** Attempts that count already, by the history. A crash in between does not count. */
  #earlierAttempts(job: PlannedJob, index: number): number {
    const decision = job.decisionAt(index);
    if (decision !== "resume" && decision !== "restart") return 0;
    const past = this.#session.history.jobs.get(job.job.id)?.find(job.identify(index).run);
    if (past === undefined) return 0;
    return Math.max(0, past.state === "running" ? past.attempt - 1 : past.attempt);
  }

  /** What must be known and written before the runs of a plan may start. */
  async #prepare(plan: Plan): Promise<void> {
    await this.#announceJobs(plan.jobs);
    for (const { job } of plan.jobs) {
      this.#withFiles.set(job.id, await this.#session.runsWithFiles(job.id));
    }
    const parts = { layout: this.layout, history: this.#session.history, plan };
    this.#reused += await reuseResults(parts, (event) => this.#session.append(event));
  }

  /** Who works here now: the first line of every campaign in the journal. */
  async #announce(): Promise<void> {
    const manifests: { path: string; digest: string }[] = [];
    for (const { path, text } of this.#request.manifests ?? []) {
      const digest = shortDigest(text);
      await this.#session.keepManifest(digest, text);
      manifests.push({ path, digest });
    }
    await this.#session.append({
      type: "campaign.started",
      epoch: this.#session.epoch,
      version: VERSION,
      host: hostname(),
      pid: Deno.pid,
      slots: this.#request.slots,
      manifests,
    });
  }

  async #announceJobs(jobs: readonly PlannedJob[]): Promise<void> {
    const lines: Promise<void>[] = [];
    for (const { job, model, count } of jobs) {
      const known = this.#session.history.jobs.get(job.id);
      const same = known?.job !== undefined && known.model?.digest === model.digest &&
        canonical(known.job) === canonical(job);
      if (same) continue;
      // Encoded as a whole: JSON has no word for a parameter that is NaN.
      const plain = encodeFields(job) as unknown as Job;
      lines.push(this.#session.append({ type: "job.planned", job: plain, count, model }));
    }
    await Promise.all(lines);
  }

  #heard(event: RunEvent): void {
    if (event.type === "run.checkpointed") this.#withFiles.get(event.job)?.add(event.run);
    this.#request.onEvent?.(event);
  }

  /** As long as the tree is held, also while it is tidied: a heart that stands still invites to break the lock. */
  #beat(): void {
    try {
      this.#session.beat(this.#campaign.hasEnded ? undefined : this.live());
    } catch (error) {
      // Somebody else holds the tree: what is computed here must not be written any more.
      this.#campaign.stop("now", "broken", error);
    }
  }

  async #end(outcome: Outcome): Promise<void> {
    const { completed, failed, remaining } = outcome;
    if (!this.#session.isSound) return;
    const ended = outcome.stopped !== undefined ? "stopped" : failed > 0 ? "failed" : "completed";
    await this.#session.append({
      type: "campaign.ended",
      outcome: ended,
      completed,
      failed,
      remaining,
    });
  }

  /** Slots were told to exit; one that does not is killed. */
  async #slotsGone(): Promise<void> {
    if (this.#warm !== undefined) this.#warm.kill();
    const all = Promise.all([...this.#slots].map((slot) => slot.gone()));
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([all, new Promise((late) => timer = setTimeout(late, 5000))]);
    clearTimeout(timer);
  }
}
