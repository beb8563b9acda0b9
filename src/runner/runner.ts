/**
 * Puts a campaign together and runs it: opens and locks the tree, reads its history, plans, starts slots.
 * The facade behind `simrun run`, `simrun resume` and the library.
 */
import { load } from "../job/load.ts";
import { Campaign } from "../campaign/campaign.ts";
import type { Outcome } from "../campaign/outcome.ts";
import { rankBy } from "../campaign/order.ts";
import { RunTable } from "../campaign/run_table.ts";
import type { RunEvent } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { Live } from "../job/live.ts";
import { Fault } from "../job/fault.ts";
import type { Plan } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";
import { Learned } from "../queue/learned.ts";
import type { Layout } from "../store/layout.ts";
import type { SlotHandle } from "../worker/slot_process.ts";
import { CampaignRecord } from "./campaign_record.ts";
import { campaignWorld } from "./campaign_world.ts";
import type { Controller } from "./controller.ts";
import { Deadline } from "./deadline.ts";
import { earlierAttempts, sizesBy } from "./earlier_runs.ts";
import { FailurePlaces } from "./failure_places.ts";
import type { GiveWay } from "./give_way.ts";
import { DiskGovernor } from "./disk_governor.ts";
import { memoryBudget } from "./limits.ts";
import { hearRequests } from "./live_requests.ts";
import { readSubmitted, toAdd } from "./added_jobs.ts";
import { NeededResults } from "./needed_results.ts";
import type { KnownModels } from "./prepare.ts";
import { type KeptStates, loadKeptStates, planJobs, withMore } from "./planning.ts";
import { reuseResults } from "./reuse.ts";
import { type RunRequest, withNiceSlots } from "./run_request.ts";
import { SlotProcesses, startSlot } from "./slot_processes.ts";
import { readHistory, TreeSession } from "./tree_session.ts";

export type { Outcome };
const LIVE_EVERY_MS = 500;

/** Opens the tree, takes its lock and makes the plan. Nothing runs before {@linkcode Runner.run}. */
export async function openRunner(asked: RunRequest): Promise<Runner> {
  const request = withNiceSlots(asked);
  // The first slot starts while tree and history are read: it is needed in any case.
  const slot = request.slot ?? startSlot(request);
  let session: TreeSession | undefined;
  try {
    session = await TreeSession.open(request);
    const known: KnownModels = new Map();
    const { history, layout } = session;
    const planning = { ...request, request, history, layout, slot: () => slot, known };
    const plan = await planJobs(request.jobs, planning);
    const states = await loadKeptStates(request.jobs, history);
    return new Runner(request, { session, plan, slot, known, states });
  } catch (error) {
    slot.kill();
    await session?.close();
    throw error;
  }
}

interface RunnerParts {
  readonly session: TreeSession;
  readonly plan: Plan;
  readonly slot: SlotHandle;
  readonly known: KnownModels;
  readonly states: KeptStates | undefined;
}

export class Runner {
  readonly #request: RunRequest;
  readonly #session: TreeSession;
  readonly #campaign: Campaign;
  readonly #table: RunTable;
  readonly #startedAt = new Date();
  readonly #slots: SlotProcesses;
  readonly #known: KnownModels;
  /** Runs by job that left files in the tree. */
  readonly #withFiles = new Map<string, Set<string>>();
  readonly #deadline = new Deadline();
  readonly #places = new FailurePlaces();
  readonly #record: CampaignRecord;
  #giveWay: GiveWay | undefined;
  readonly #disk: DiskGovernor;
  #plan: Plan;
  /** Which states stay because runs are to begin from them; absent where none does. */
  #states: KeptStates | undefined;
  #reused = 0;
  #isRunning = false;
  #adding: Promise<unknown> = Promise.resolve();
  readonly #slotsWished = () => this.#giveWay?.slotsWished ?? this.#campaign.live().slots;

  constructor(request: RunRequest, parts: RunnerParts) {
    this.#request = request;
    this.#session = parts.session;
    this.#record = new CampaignRecord(parts.session, request.slots);
    this.#plan = parts.plan;
    this.#states = parts.states;
    this.#known = parts.known;
    this.#slots = new SlotProcesses(request, parts.slot);
    this.#places.know(request.locate);
    const { history } = parts.session;
    const learned = Learned.of(history);
    const memory = memoryBudget(request);
    this.#table = new RunTable(
      parts.plan.total,
      rankBy(request.order ?? "submitted", learned.rates),
      sizesBy(memory, history),
    );
    this.#table.add(parts.plan, (job, index) => earlierAttempts(job, index, history));
    this.#disk = new DiskGovernor(request, parts.session, this.#table);
    this.#campaign = new Campaign(campaignWorld(parts.session.journal, this.#slots), this.#table, {
      root: parts.session.layout.root,
      epoch: parts.session.epoch,
      holder: parts.session.holder,
      ...{ slots: request.slots, memory, rates: learned.rates },
      taught: ({ job, model }) => {
        const taught = learned.teach(job, model, this.#deadline.limitMs);
        return this.#states?.withWantedStates(taught, this.#table, history) ?? taught;
      },
      ...(request.batchMax === undefined ? {} : { batchMax: request.batchMax }),
      ...(request.maxFails === undefined ? {} : { maxFails: request.maxFails }),
      endsWhenPaused: request.endsWhenPaused === true,
      acceptModel: request.options?.acceptModel ?? false,
      environment: () => Deno.env.toObject(),
      withFiles: (job) => this.#withFiles.get(job),
      results: new NeededResults(parts.session),
      onEvent: (event) => this.#heard(event),
      placed: (job, failure) => this.#places.placed(job, failure),
      onNoRoom: (reason) => this.#disk.refused(reason),
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
    const controller = this.#listen();
    try {
      await this.#adding;
      if (this.#request.nice) {
        const { GiveWay } = await load<typeof import("./give_way.ts")>(
          import.meta.resolve("./give_way.ts"),
        );
        this.#giveWay = new GiveWay(this.#campaign, this.#request);
      }
      this.#isRunning = true;
      this.#slots.expect(this.#table, this.#plan);
      const looked = this.#disk.start(this.#campaign);
      await this.#record.began(this.#request.manifests ?? []);
      await this.#prepare(this.#plan, this.#session.history);
      await looked;
      this.#record.watchSources(this.#request);
      const outcome = await this.#campaign.run();
      await (await controller)?.stop();
      await this.#record.ended(outcome);
      await this.#disk.stop();
      await Promise.all([this.#slots.gone(), this.#record.closed(this.#plan.toRun > 0)]);
      if (this.#session.isSound) await this.#session.tidy();
      return outcome;
    } finally {
      clearInterval(beat);
      this.#slots.kill();
      await (await controller)?.stop();
      await this.#disk.stop();
      await this.#session.close();
    }
  }

  /** It does not end when nothing is left: more may come until it is stopped. */
  keepOpen(): void {
    this.#campaign.hold();
  }

  /** Stops by itself early enough for everything to be saved within so many milliseconds from now on. */
  stopWithin(limitMs: number): void {
    this.#deadline.set(limitMs, performance.now());
  }

  /** Gives everything back without running. */
  async close(): Promise<void> {
    this.#slots.kill();
    await this.#session.close();
  }

  stop(how: "checkpoint" | "now"): void {
    this.#campaign.stop(how);
  }

  /**
   * Plans more jobs while the campaign runs, or before. Answers their plan, or undefined when the campaign
   * has ended meanwhile: the next one will take them up.
   */
  async add(
    jobs: readonly Job[],
    manifests: RunRequest["manifests"] = [],
    locate?: RunRequest["locate"],
  ): Promise<Plan | undefined> {
    if (!this.#campaign.hold()) return undefined;
    // One after the other: the numbers of a plan go on where the last one ended.
    const added = this.#adding.then(() => this.#add(jobs, locate));
    this.#adding = added.catch(() => {});
    try {
      const plan = await added;
      if (plan !== undefined && plan.jobs.length > 0) await this.#record.keep(manifests);
      return plan;
    } catch (error) {
      if (this.#campaign.hasEnded) return undefined;
      throw error;
    } finally {
      this.#campaign.release();
    }
  }

  async #add(
    jobs: readonly Job[],
    locate: RunRequest["locate"],
  ): Promise<Plan | undefined> {
    let slot: SlotHandle | undefined;
    try {
      const fresh = toAdd(jobs, this.#table);
      // What this campaign itself has done with a job of that name counts, to the last line.
      if (fresh.isKnown) await this.#session.journal.flush();
      const history = fresh.isKnown ? readHistory(this.layout) : this.#session.history;
      const more = await planJobs(fresh.jobs, {
        ...{ request: this.#request, history, layout: this.layout, locate },
        slot: () => slot = startSlot(this.#request),
        known: this.#known,
        before: this.#table,
        room: { slots: this.#slotsWished(), word: "simrun slots" },
      });
      this.#states ??= await loadKeptStates(fresh.jobs, history);
      if (this.#campaign.hasEnded) return undefined;
      if (this.#isRunning) await this.#prepare(more, history);
      // Meanwhile somebody may have had an earlier one of that name tried again.
      toAdd(fresh.jobs, this.#table);
      this.#places.know(locate);
      this.#campaign.supersede(fresh.jobs);
      this.#table.add(more, (job, index) => earlierAttempts(job, index, history));
      this.#plan = withMore(this.#plan, more);
      return more;
    } finally {
      slot?.kill();
    }
  }

  live(): Live {
    return {
      at: new Date().toISOString(),
      epoch: this.#session.epoch,
      pid: Deno.pid,
      host: Deno.hostname(),
      startedAt: this.#startedAt.toISOString(),
      ...this.#campaign.live(),
      givesWay: this.#giveWay?.now,
      disk: this.#disk.live(),
    };
  }

  /** Hears what is asked for from other terminals. */
  #listen(): Promise<Controller | undefined> {
    return hearRequests(this.layout, {
      table: this.#table,
      steering: this.#campaign.steering,
      slots: this.#slotsWished,
      submit: async (manifests) => {
        const { jobs, locate } = readSubmitted(manifests);
        const plan = await this.add(jobs, manifests, locate);
        if (plan === undefined) throw new Fault("not-found", "This simrun has just ended.");
        return { jobs: plan.jobs.length, toRun: plan.toRun };
      },
    }, this.#request);
  }

  /** What must be known and written before the runs of a plan may start. */
  async #prepare(plan: Plan, history: History): Promise<void> {
    await this.#record.planned(plan.jobs, history);
    for (const { job } of plan.jobs) {
      this.#withFiles.set(job.id, await this.#session.runsWithFiles(job.id));
    }
    const parts = { layout: this.layout, history, plan };
    this.#reused += await reuseResults(parts, (event) => this.#session.append(event));
  }

  #heard(event: RunEvent): void {
    this.#disk.heard(event);
    if (event.type === "run.checkpointed") {
      this.#withFiles.get(event.job)?.add(event.run);
      this.#deadline.saved(event.ms);
    }
    this.#request.onEvent?.(event);
  }

  /** As long as the tree is held, also while it is tidied: a heart that stands still invites to break the lock. */
  #beat(): void {
    try {
      this.#giveWay?.look(performance.now());
      const live = this.#campaign.hasEnded ? undefined : this.live();
      this.#session.beat(live);
      if (live !== undefined && this.#deadline.isDue(performance.now(), live.running)) {
        this.#campaign.stop("checkpoint", "time-limit");
      }
    } catch (error) {
      // Somebody else holds the tree: what is computed here must not be written any more.
      this.#campaign.stop("now", "broken", error);
    }
  }
}
