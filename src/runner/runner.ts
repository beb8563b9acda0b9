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
import { makePlan, type Plan, type PlannedJob, type PlanOptions } from "../plan/plan.ts";
import { History } from "../queue/history.ts";
import { packRecent, rotateJournal } from "../store/archive.ts";
import { makeFolderDurable, writeFileDurable } from "../store/disk.ts";
import { JournalWriter, readJournal } from "../store/journal.ts";
import type { Layout } from "../store/layout.ts";
import { removeLive, writeLive } from "../store/live.ts";
import { acquireLock, type TreeLock } from "../store/lock.ts";
import { openTree, sweepTree } from "../store/tree.ts";
import { SlotProcess } from "../worker/slot_process.ts";
import { slotLimits } from "./limits.ts";
import { type Locate, prepareJobs } from "./prepare.ts";
import { reuseResults } from "./reuse.ts";

export type { Outcome } from "../campaign/campaign.ts";

export interface RunRequest {
  /** The tree's folder. */
  readonly root: string;
  readonly jobs: readonly Job[];
  /** Kept in the tree as they were submitted. */
  readonly manifests?: readonly { readonly path: string; readonly text: string }[];
  /** Where things stand in the manifests, for messages. */
  readonly locate?: Locate;
  readonly slots: number;
  /** A slot that was started already; it is the runner's from now on. */
  readonly slot?: SlotProcess;
  readonly options?: Partial<PlanOptions>;
  /** Stop when so many runs failed. */
  readonly maxFails?: number;
  readonly breakLock?: boolean;
  /** Every event once it is durable. */
  readonly onEvent?: (event: RunEvent) => void;
  readonly onWarning?: (message: string) => void;
}

const LIVE_EVERY_MS = 500;
/** So many runs with files of their own stay in `recent/` before they are packed. */
const RECENT_FOLDERS_MAX = 64;

/** Plans without touching anything: what `run -n` shows. The tree need not exist. */
export async function planOnly(request: RunRequest, treeExists: boolean): Promise<Plan> {
  const slot = request.slot ?? new SlotProcess(slotLimits(request.slots));
  try {
    const history = treeExists ? readHistory(await openTree(request.root, "read")) : new History();
    const jobs = await prepareJobs(request.jobs, slot, request.locate);
    return makePlan(jobs, history, planOptions(request));
  } finally {
    slot.kill();
  }
}

/** What every run of a tree last was. */
export function readHistory(layout: Layout): History {
  const history = new History();
  readJournal(layout, (entry, location) => history.apply(entry, location));
  return history;
}

/** Opens the tree, takes its lock and makes the plan. Nothing runs before {@linkcode Runner.run}. */
export async function openRunner(request: RunRequest): Promise<Runner> {
  // The first slot starts while tree and history are read: it is needed in any case.
  const slot = request.slot ?? new SlotProcess(slotLimits(request.slots));
  let lock: TreeLock | undefined;
  let journal: JournalWriter | undefined;
  try {
    const warning = request.onWarning === undefined ? {} : { onWarning: request.onWarning };
    const layout = await openTree(request.root, "write", request.onWarning);
    lock = await acquireLock(layout, {
      now: () => new Date(),
      breakLock: request.breakLock ?? false,
      ...warning,
    });
    await sweepTree(layout);
    await rotateJournal(layout);
    const held = lock;
    const opened = await JournalWriter.open(layout, () => new Date(), {
      fence: () => held.assertMine(),
      ...warning,
    });
    journal = opened.writer;
    const history = readHistory(layout);
    const jobs = await prepareJobs(request.jobs, slot, request.locate);
    const plan = makePlan(jobs, history, planOptions(request));
    return new Runner(request, { layout, lock, journal, history, plan, slot });
  } catch (error) {
    slot.kill();
    await journal?.close().catch(() => {});
    await lock?.release();
    throw error;
  }
}

function planOptions(request: RunRequest): PlanOptions {
  return { rerun: "none", reuse: true, acceptModel: false, ...request.options };
}

interface RunnerParts {
  readonly layout: Layout;
  readonly lock: TreeLock;
  readonly journal: JournalWriter;
  readonly history: History;
  readonly plan: Plan;
  readonly slot: SlotProcess;
}

export class Runner {
  readonly #request: RunRequest;
  readonly #parts: RunnerParts;
  readonly #campaign: Campaign;
  readonly #table: RunTable;
  readonly #startedAt = new Date();
  readonly #slots = new Set<SlotProcess>();
  /** Runs by job that left files in the tree. */
  readonly #withFiles = new Map<string, Set<string>>();
  /** The slot that inspected the models and waits for its first batch. */
  #warm: SlotProcess | undefined;
  #plan: Plan;
  #reused = 0;
  #isRunning = false;
  #adding: Promise<unknown> = Promise.resolve();

  constructor(request: RunRequest, parts: RunnerParts) {
    this.#request = request;
    this.#parts = parts;
    this.#plan = parts.plan;
    this.#warm = parts.slot;
    this.#slots.add(parts.slot);
    this.#table = new RunTable(parts.plan.total);
    this.#table.add(parts.plan, (job, index) => this.#earlierAttempts(job, index));
    this.#campaign = new Campaign(this.#world(), this.#table, {
      root: parts.layout.root,
      epoch: parts.lock.epoch,
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
    return this.#parts.layout;
  }

  /** How many runs took their result from another. */
  get reused(): number {
    return this.#reused;
  }

  /** Runs the plan to its end, or until it is stopped; leaves the tree closed either way. */
  async run(): Promise<Outcome> {
    const { lock, layout, journal } = this.#parts;
    const beat = setInterval(() => this.#beat(), LIVE_EVERY_MS);
    try {
      await this.#adding;
      this.#isRunning = true;
      await this.#announce();
      await this.#prepare(this.#plan);
      const outcome = await this.#campaign.run();
      clearInterval(beat);
      await this.#end(outcome);
      await this.#slotsGone();
      if (journal.fault === undefined) {
        await journal.close();
        await this.#tidy();
      }
      return outcome;
    } finally {
      clearInterval(beat);
      for (const slot of this.#slots) slot.kill();
      await removeLive(layout).catch(() => {});
      await lock.release();
    }
  }

  /** Gives everything back without running. */
  async close(): Promise<void> {
    for (const slot of this.#slots) slot.kill();
    await this.#parts.journal.close().catch(() => {});
    await this.#parts.lock.release();
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
    const slot = new SlotProcess(slotLimits(this.#request.slots));
    try {
      const prepared = await prepareJobs(jobs, slot);
      if (this.#campaign.hasEnded) return undefined;
      const more = makePlan(
        prepared,
        this.#parts.history,
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
      epoch: this.#parts.lock.epoch,
      pid: Deno.pid,
      host: hostname(),
      startedAt: this.#startedAt.toISOString(),
      ...this.#campaign.live(),
    };
  }

  #world(): World {
    return {
      journal: this.#parts.journal,
      startSlot: (handlers) => this.#startSlot(handlers),
      now: () => performance.now(),
      wallClock: () => new Date(),
    };
  }

  #startSlot(handlers: SlotHandlers): SlotPort {
    const warm = this.#warm;
    this.#warm = undefined;
    const slot = warm ?? new SlotProcess(slotLimits(this.#request.slots));
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
    const past = this.#parts.history.jobs.get(job.job.id)?.find(job.identify(index).run);
    if (past === undefined) return 0;
    const decision = job.decisionAt(index);
    if (decision !== "resume" && decision !== "restart") return 0;
    return Math.max(0, past.state === "running" ? past.attempt - 1 : past.attempt);
  }

  /** What must be known and written before the runs of a plan may start. */
  async #prepare(plan: Plan): Promise<void> {
    await this.#announceJobs(plan.jobs);
    await this.#findFiles(plan.jobs);
    const parts = { layout: this.layout, history: this.#parts.history, plan };
    this.#reused += await reuseResults(parts, (event) => this.#append(event));
  }

  /** Who works here now: the first line of every campaign in the journal. */
  async #announce(): Promise<void> {
    const manifests: { path: string; digest: string }[] = [];
    for (const { path, text } of this.#request.manifests ?? []) {
      const digest = shortDigest(text);
      const copy = this.layout.manifestCopy(digest);
      if (await Deno.lstat(copy).catch(() => undefined) === undefined) {
        await makeFolderDurable(copy.slice(0, copy.lastIndexOf("/")));
        await writeFileDurable(copy, text);
      }
      manifests.push({ path, digest });
    }
    await this.#append({
      type: "campaign.started",
      epoch: this.#parts.lock.epoch,
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
      const known = this.#parts.history.jobs.get(job.id);
      const same = known?.job !== undefined && known.model?.digest === model.digest &&
        canonical(known.job) === canonical(job);
      if (same) continue;
      // Encoded as a whole: JSON has no word for a parameter that is NaN.
      const plain = encodeFields(job) as unknown as Job;
      lines.push(this.#append({ type: "job.planned", job: plain, count, model }));
    }
    await Promise.all(lines);
  }

  /** One look at the folders tells which runs have files; the journal is not needed for it. */
  async #findFiles(jobs: readonly PlannedJob[]): Promise<void> {
    const { checkpointRoot, recentRoot } = this.layout;
    for (const { job } of jobs) {
      const runs = new Set<string>();
      for (const root of [checkpointRoot, recentRoot]) {
        try {
          for await (const entry of Deno.readDir(`${root}/${job.id}`)) runs.add(entry.name);
        } catch {
          // Nothing of this job was ever kept.
        }
      }
      this.#withFiles.set(job.id, runs);
    }
  }

  #heard(event: RunEvent): void {
    if (event.type === "run.checkpointed") this.#withFiles.get(event.job)?.add(event.run);
    this.#request.onEvent?.(event);
  }

  async #append(event: RunEvent): Promise<void> {
    await this.#parts.journal.append(event);
    this.#request.onEvent?.(event);
  }

  #beat(): void {
    try {
      this.#parts.lock.beat();
    } catch (error) {
      // Somebody else holds the tree: what is computed here must not be written any more.
      this.#campaign.stop("now", "broken", error);
      return;
    }
    writeLive(this.layout, this.live()).catch(() => {});
  }

  async #end(outcome: Outcome): Promise<void> {
    const { completed, failed, remaining } = outcome;
    if (this.#parts.journal.fault !== undefined) return;
    const ended = outcome.stopped !== undefined ? "stopped" : failed > 0 ? "failed" : "completed";
    await this.#append({ type: "campaign.ended", outcome: ended, completed, failed, remaining });
  }

  /** Slots were told to exit; one that does not is killed. */
  async #slotsGone(): Promise<void> {
    if (this.#warm !== undefined) this.#warm.kill();
    const all = Promise.all([...this.#slots].map((slot) => slot.gone()));
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([all, new Promise((late) => timer = setTimeout(late, 5000))]);
    clearTimeout(timer);
  }

  /** Seals a journal that has grown and packs finished runs' files, so that the tree stays small. */
  async #tidy(): Promise<void> {
    try {
      await rotateJournal(this.layout);
      // Read only where there is something to pack.
      let history: History | undefined;
      await packRecent(this.layout, {
        keep: RECENT_FOLDERS_MAX,
        // The files of any other run may still grow.
        finished: (job, run) => {
          history ??= readHistory(this.layout);
          return history.jobs.get(job)?.find(run)?.state === "completed";
        },
      });
    } catch (error) {
      this.#request.onWarning?.(`The tree could not be tidied: ${error}`);
    }
  }
}
