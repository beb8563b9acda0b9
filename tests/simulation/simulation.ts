/**
 * A whole campaign in a simulated machine: the real runner, scheduler, journal, agent and resume over simulated time, disk,
 * processes and threads. One seed is one course of the world, again and again.
 */
import { Fault as SimrunFault } from "../../src/job/fault.ts";
import type { RunEvent } from "../../src/job/event.ts";
import type { ControlAction } from "../../src/job/control.ts";
import type { Job, Priority } from "../../src/job/job.ts";
import type { Outcome } from "../../src/campaign/outcome.ts";
import { openRunner, type Runner } from "../../src/runner/runner.ts";
import { controlAlone } from "../../src/runner/control_alone.ts";
import { lowerFences } from "../../src/store/fence.ts";
import { makeRequest, postRequest } from "../../src/store/postbox.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { openTree } from "../../src/store/tree.ts";
import { load } from "../../src/job/load.ts";
import { type Seeded, seeded } from "../helpers/seeded.ts";
import { checkTree } from "./aftermath.ts";
import { jobsOf, type Life, MODEL_PATH, type Scenario } from "./scenario.ts";
import { type Fault, type Kind, SimulatedDisk } from "./simulated_disk.ts";
import { SimulatedSlot } from "./simulated_slot.ts";
import type { StepFate } from "./simulated_thread.ts";
import { currentProcess, outside, SimulatedProcess, VirtualTime } from "./virtual_time.ts";

// Loaded before: what is loaded at need takes real time, in which simulated time goes on.
const LOADED_AT_NEED = [
  "runner/kept_states.ts",
  "runner/origins.ts",
  "runner/past_guides.ts",
  "runner/sources.ts",
  "store/thin.ts",
  "store/zip_writer.ts",
  "worker/branching.ts",
  "worker/model_identity.ts",
  "worker/parent.ts",
  "worker/run_files.ts",
];
for (const file of LOADED_AT_NEED) await load(import.meta.resolve(`../../src/${file}`));

const SIZE_BYTES = 1e9;

/** No campaign of these may take longer, in simulated time: else something waits for what never comes. */
const LIFE_MS_MAX = 3_600_000;

/** In one life somebody asks for no more. */
const ASKED_MAX = 12;
const CONTINUE: ControlAction & { readonly type: "continue" } = {
  type: "continue",
  selectors: ["all"],
};

/** One orchestrator from its start to its end. */
interface Holder {
  readonly process: SimulatedProcess;
  readonly root: string;
  readonly slots: SimulatedProcess[];
  runner?: Runner;
  /** Set when it ended by itself. */
  ended?: { readonly outcome?: Outcome; readonly error?: unknown };
  /** Somebody else has its tree: what it does now must do no harm, and proves nothing. */
  isReplaced: boolean;
}

export interface SimulationReport {
  readonly trace: readonly string[];
  readonly operations: number;
  readonly lives: number;
}

/** Runs a scenario to its end and checks it. Throws what does not hold; `trace` then tells how it came. */
export async function simulate(
  scenario: Scenario,
  trace: string[] = [],
): Promise<SimulationReport> {
  const time = new VirtualTime();
  const uninstall = time.install();
  const machine = new Machine(scenario, time, trace);
  useFileSystem(machine.disk);
  try {
    await outside(() => machine.live());
    return { trace, operations: machine.disk.operations, lives: machine.lives };
  } finally {
    uninstall();
    lowerFences();
    useFileSystem();
  }
}

/** Of one length, for the disk takes its time for every byte: a seed is the same course, whatever was played before. */
const PATH_DIGITS = 7;
let worlds = 0;

class Machine {
  readonly #world = String(++worlds).padStart(PATH_DIGITS, "0");
  readonly disk: SimulatedDisk;
  lives = 0;
  readonly #scenario: Scenario;
  readonly #time: VirtualTime;
  readonly #random: Seeded;
  readonly #trace: string[];
  readonly #holders: Holder[] = [];
  /** The highest step of each run that was told as saved. */
  readonly #saved = new Map<string, number>();
  readonly #completed = new Set<string>();
  #slots = 0;
  #isDiskBad = false;
  #isDiskFull = false;
  /** No power cut and no error so far. */
  #isDiskGood = true;
  #isGrown = false;
  #isLast = false;
  #violation: unknown;

  constructor(scenario: Scenario, time: VirtualTime, trace: string[]) {
    this.#scenario = scenario;
    this.#time = time;
    this.#trace = trace;
    this.#random = seeded(scenario.seed ^ 0x5eed);
    this.disk = new SimulatedDisk(time, seeded(scenario.seed ^ 0xd15c));
    this.disk.latencyMs = scenario.diskMs;
    this.disk.freeBytes = SIZE_BYTES;
    this.disk.totalBytes = SIZE_BYTES;
    this.disk.plant(MODEL_PATH, "export {};\n");
    this.disk.faults = (kind, path) => this.#faultOf(kind, path);
  }

  /** All lives, each cut short, then one that nothing disturbs. */
  async live(): Promise<void> {
    let breakLock = false;
    for (const life of this.#scenario.lives) {
      this.#isDiskBad = life.isDiskBad;
      const holder = this.#begin(breakLock);
      breakLock = false;
      if (life.isDiskBad && this.#scenario.dangers.full > 0) this.#fillDiskNowAndThen(holder);
      if (this.#scenario.dangers.clockSteps > 0) this.#stepClock(life);
      this.#askNowAndThen(holder);
      let isCut = false;
      this.#time.schedule(life.afterMs, () => {
        isCut = true;
        if (holder.ended === undefined) breakLock = this.#cut(holder, life);
      });
      await this.#drive(() => holder.ended !== undefined || isCut && isDown(holder));
      this.#judge(holder, life.isDiskBad);
      if (life.cut === "power cut" && isCut) this.#losePower();
    }
    this.#isDiskBad = false;
    this.#isDiskFull = false;
    this.disk.freeBytes = SIZE_BYTES;
    await this.#lastLife(breakLock);
  }

  /** Nothing goes wrong any more: everything must come to its end, and be right. */
  async #lastLife(breakLock: boolean): Promise<void> {
    this.#say("the last life begins");
    this.#isLast = true;
    let holder = this.#begin(breakLock);
    await this.#drive(() => holder.ended !== undefined);
    // A stopped one may wake up in the middle of it and find its lock gone, or hold it still.
    for (let tries = 0; isRefused(holder) && tries < 5; tries++) {
      // It may have been paused by who meant another one.
      if (this.#scenario.askEveryMs !== undefined) this.#ask(holder.root, CONTINUE);
      await this.#pass(60_000);
      holder = this.#begin(false);
      await this.#drive(() => holder.ended !== undefined);
    }
    // Somebody in an earlier life may have paused runs: they stay so until somebody says otherwise.
    if (holder.ended!.outcome?.stopped === "paused") {
      await this.#continueAll();
      holder = this.#begin(false);
      await this.#drive(() => holder.ended !== undefined);
    }
    // A bad disk may have refused the state that others begin from: the next simrun computes that one again.
    if (!this.#isDiskGood && holder.ended!.outcome?.failed) {
      holder = this.#begin(false);
      await this.#drive(() => holder.ended !== undefined);
    }
    const { outcome, error } = holder.ended!;
    if (error !== undefined) throw error;
    if (outcome?.stopped !== undefined || outcome!.failed > 0 || outcome!.remaining > 0) {
      throw new Error(`the last life did not complete: ${JSON.stringify(outcome)}`);
    }
    // Whoever still lives of those before ends by himself.
    await this.#pass(120_000);
    const process = new SimulatedProcess("aftermath");
    let checked: { readonly error?: unknown } | undefined;
    const paths = {
      root: `/mnt${this.#world}-after/tree`,
      disk: this.disk,
      isDiskGood: this.#isDiskGood,
    };
    void this.#time.within(process, () => checkTree(this.#scenario.jobs, paths))
      .then(() => checked = {}, (error) => checked = { error });
    await this.#drive(() => checked !== undefined);
    if (checked!.error !== undefined) throw checked!.error;
  }

  /** As somebody does with nobody at work. */
  async #continueAll(): Promise<void> {
    const process = new SimulatedProcess("simrun continue");
    process.onDeath(() => this.disk.release(process));
    let ended: { readonly error?: unknown } | undefined;
    void this.#time.within(
      process,
      () => controlAlone(`/mnt${this.#world}-continue/tree`, CONTINUE),
    )
      .then(() => ended = {}, (error) => ended = { error });
    await this.#drive(() => ended !== undefined);
    this.#time.kill(process);
    if (ended!.error !== undefined) throw ended!.error;
    this.#say("what was paused may go on");
  }

  async #pass(ms: number): Promise<void> {
    let isOver = false;
    this.#time.schedule(ms, () => isOver = true, "none");
    await this.#drive(() => isOver);
  }

  async #drive(isOver: () => boolean): Promise<void> {
    await this.#time.drive(() => this.#violation !== undefined || isOver(), LIFE_MS_MAX);
    if (this.#violation !== undefined) throw this.#violation;
  }

  #begin(breakLock: boolean): Holder {
    const number = ++this.lives;
    // Packs are remembered by their paths, and other worlds had such packs, too.
    const root = `/mnt${this.#world}-${String(number).padStart(2, "0")}/tree`;
    const process = new SimulatedProcess(`simrun ${number}`);
    const holder: Holder = { process, root, slots: [], isReplaced: false };
    this.#holders.push(holder);
    process.onDeath(() => this.disk.release(process));
    this.#say(`${process.name} starts${breakLock ? " with --break-lock" : ""}`);
    // The last life comes after all others, however many there were.
    const life = this.#isLast ? Infinity : number - 1;
    const jobs = jobsOf(this.#scenario, life);
    if (
      this.#scenario.grownFromLife > 0 && !this.#isGrown && life >= this.#scenario.grownFromLife
    ) {
      this.#isGrown = true;
      this.#completed.clear();
    }
    const { slots, journalBytesMax, recentFoldersMax, diskWaitMs } = this.#scenario;
    void this.#time.within(process, async () => {
      holder.runner = await openRunner({
        root,
        jobs,
        slots,
        journalBytesMax,
        recentFoldersMax,
        diskWaitMs,
        breakLock,
        manifests: [{ path: "jobs.yaml", text: "jobs" }],
        startSlot: () => this.#startSlot(holder),
        onEvent: (event) => this.#heard(holder, event),
        onWarning: (message) => this.#say(`${process.name} warns: ${message}`),
      });
      return await holder.runner.run();
    }).then(
      (outcome) => {
        this.#say(`${process.name} ends: ${JSON.stringify(outcome)}`);
        holder.ended = { outcome };
        this.#time.kill(process);
      },
      (error) => {
        this.#say(`${process.name} fails: ${error}`);
        holder.ended = { error };
        this.#time.kill(process);
      },
    );
    return holder;
  }

  #startSlot(holder: Holder): SimulatedSlot {
    const name = `slot-${++this.#slots}`;
    const { stepMs, inlineCharactersMax } = this.#scenario;
    const slot = new SimulatedSlot(
      {
        time: this.#time,
        stepMs,
        inlineCharactersMax,
        wireMs: () => this.#random.next() * 2,
        gone: (process) => this.disk.release(process),
        fate: (_job, run, step) => this.#fateOf(run, step),
        begins: (job, run, step) => this.#begins(holder, job, run, step),
      },
      name,
      () => this.#startSlot(holder),
    );
    slot.process.onDeath(() => this.#say(`${name} is gone`));
    holder.slots.push(slot.process);
    return slot;
  }

  // --- what befalls it -------------------------------------------------------------------------

  /** Answers whether the next one has to break the lock. */
  #cut(holder: Holder, { cut, wakesAfterMs }: Life): boolean {
    this.#say(`${holder.process.name}: ${cut}`);
    const { process, slots } = holder;
    switch (cut) {
      case "kill -9 of simrun":
        this.#time.kill(process);
        return false;
      case "kill -9 of everything":
      case "power cut":
        for (const one of [process, ...slots]) this.#time.kill(one);
        return false;
      case "asked to stop":
      case "asked to stop at once":
        if (holder.runner === undefined) this.#time.kill(process);
        else {
          const how = cut === "asked to stop" ? "checkpoint" : "now";
          this.#time.within(process, () => holder.runner!.stop(how));
        }
        return false;
      case "stopped and taken over":
      case "stopped with its slots and taken over": {
        const frozen = cut === "stopped and taken over" ? [process] : [process, ...slots];
        for (const one of frozen) this.#time.stop(one);
        holder.isReplaced = true;
        this.#time.schedule(wakesAfterMs, () => {
          this.#say(`${process.name} wakes up`);
          for (const one of frozen) this.#time.continue(one);
        }, "none");
        return true;
      }
    }
  }

  /** Those that were stopped in their sleep lose everything, too. */
  #losePower(): void {
    for (const { process, slots } of this.#holders) {
      for (const one of [process, ...slots]) this.#time.kill(one);
    }
    this.#isDiskGood = false;
    this.#say("the power is gone");
    this.disk.losePower();
  }

  #fillDiskNowAndThen(holder: Holder): void {
    const turn = () => {
      if (holder.process.state === "dead" || !this.#isDiskBad) {
        this.#isDiskFull = false;
        this.disk.freeBytes = SIZE_BYTES;
        return;
      }
      this.#isDiskFull = this.#random.next() < this.#scenario.dangers.full;
      // Some have room left for those who ask for little; and what is nearly full is to be cleaned.
      const free = this.#isDiskFull ? [0, 0.5, 1] : [0.015, 1];
      this.disk.freeBytes = this.#random.pick(free) * SIZE_BYTES;
      if (this.#isDiskFull) this.#say("the disk is full");
      this.#time.schedule(50 + this.#random.next() * 500, turn, "none");
    };
    turn();
  }

  /** Somebody at another terminal, through the inbox: what is asked changes the course, and never the results. */
  #askNowAndThen(holder: Holder): void {
    const { askEveryMs } = this.#scenario;
    if (askEveryMs === undefined) return;
    let left = ASKED_MAX;
    const turn = () => {
      // Whoever comes after it is not meant.
      if (holder !== this.#holders.at(-1) || holder.ended !== undefined) return;
      if (holder.process.state !== "running") return;
      // The last wish is that all goes on: nobody comes back to say so.
      const action = left-- > 0 ? this.#actionAtRandom() : CONTINUE;
      this.#ask(holder.root, action);
      if (left < 0) return;
      this.#time.schedule(this.#random.next() * 2 * askEveryMs, turn, "none");
    };
    this.#time.schedule(this.#random.next() * askEveryMs, turn, "none");
  }

  #ask(root: string, action: ControlAction): void {
    const terminal = new SimulatedProcess("another terminal");
    void this.#time.within(terminal, async () => {
      const layout = await openTree(root, "read");
      await postRequest(layout, makeRequest(action, new Date(0)));
    }).then(
      () => this.#say(`somebody asks for ${JSON.stringify(action)}`),
      (error) => this.#say(`nobody could ask: ${error}`),
    );
  }

  #actionAtRandom(): ControlAction {
    const { jobs } = this.#scenario;
    const selectors = this.#random.next() < 0.3 ? ["all"] : [this.#random.pick(jobs).id];
    switch (this.#random.below(5)) {
      case 0:
        return { type: "pause", selectors };
      case 1:
        return { type: "priority", selectors, priority: this.#random.below(4) as Priority };
      case 2:
        return { type: "slots", slots: 1 + this.#random.below(3) };
      default:
        return CONTINUE;
    }
  }

  #stepClock(life: Life): void {
    this.#time.schedule(this.#random.next() * life.afterMs, () => {
      this.#time.wallOffsetMs += this.#random.pick([-3_600_000, 86_400_000, 378_691_200_000]);
    }, "none");
  }

  #faultOf(kind: Kind, path: string): Fault | undefined {
    if (!this.#isDiskBad) return undefined;
    const { dangers } = this.#scenario;
    const luck = this.#random.next();
    let fault: Fault | undefined;
    if (this.#isDiskFull && (kind === "open" || kind === "write" || kind === "mkdir")) {
      fault = "ENOSPC";
    } else if ((kind === "sync" || kind === "syncFolder") && luck < dangers.syncFails) {
      fault = "EIO";
    } else if (luck < dangers.anyFails) fault = "EIO";
    else if (kind === "write" && luck < dangers.shortWrite) fault = "short";
    else if (kind === "rename" && luck < dangers.renameDoneButFails) fault = "done";
    if (fault !== undefined) {
      this.#isDiskGood = false;
      // Where it is mounted and the names of temporaries differ each time: they would make every trace another.
      const name = path.replace(/^\/mnt[^/]*/, "").replace(/\.tmp-[^-]+-[^-]+-/, ".tmp-");
      this.#say(`${currentProcess()?.name}: ${fault} at ${kind} of ${name}`);
    }
    return fault;
  }

  #fateOf(run: string, step: number): StepFate {
    const { slotDies, slotHangs } = this.#scenario.dangers;
    const luck = this.#random.next();
    const fate = luck < slotDies
      ? "kills its process"
      : luck < slotDies + slotHangs
      ? "hangs"
      : "goes on";
    if (fate !== "goes on") this.#say(`${run} ${fate} at step ${step}`);
    return fate;
  }

  // --- what must hold --------------------------------------------------------------------------

  #begins(holder: Holder, job: Job, run: string, step: number): void {
    const key = `${job.id}/${run}`;
    this.#say(`${currentProcess()?.name} computes ${key} from step ${step}`);
    // Where the disk refused the state that others are to begin from, it is computed again.
    const isBegunFrom = this.#scenario.jobs.some(({ from }) => from?.job === job.id);
    if (isBegunFrom && !this.#isDiskGood && step === 0) {
      this.#completed.delete(key);
      this.#saved.delete(key);
    }
    if (holder.isReplaced) return;
    this.#hold(!this.#completed.has(key), `${key} is computed again, though it was told as done`);
    const saved = this.#saved.get(key) ?? 0;
    this.#hold(step >= saved, `${key} begins at step ${step}, though step ${saved} was saved`);
    // Rule R10: a start is on disk before the slot hears of it.
    const journal = this.disk.durableText("/tree/hot/journal.jsonl") ?? "";
    this.#hold(journal.includes(`"${run}"`), `${key} begins before that is in the journal`);
  }

  #heard(holder: Holder, event: RunEvent): void {
    if (event.type === "run.checkpointed") {
      const key = `${event.job}/${event.run}`;
      this.#say(`${holder.process.name}: ${key} saved at step ${event.step}`);
      this.#saved.set(key, Math.max(event.step, this.#saved.get(key) ?? 0));
    }
    if (event.type === "runs.completed") {
      for (const { run } of event.runs) {
        const key = `${event.job}/${run}`;
        this.#say(`${holder.process.name}: ${key} completed`);
        this.#hold(!this.#completed.has(key), `${key} is told as done a second time`);
        this.#completed.add(key);
      }
    }
    if (event.type === "run.reused") {
      const key = `${event.job}/${event.run.run}`;
      this.#say(`${holder.process.name}: ${key} takes the result of ${event.from.job}`);
      this.#hold(!this.#completed.has(key), `${key} is told as done a second time`);
      this.#completed.add(key);
    }
    if (event.type === "run.failed") {
      const { class: kind, message } = event.failure;
      this.#say(`${event.job}/${event.run} failed: ${kind}: ${message}`);
      const isOfDisk = kind === "disk" || kind === "needs" && !this.#isDiskGood;
      this.#hold(isOfDisk, `${event.job}/${event.run} failed as ${kind}: ${message}`);
    }
  }

  /** An orchestrator that ended by itself has a good reason, or has done its work. */
  #judge({ ended }: Holder, wasDiskBad: boolean): void {
    const error = ended?.error;
    if (error === undefined) return;
    if (!(error instanceof SimrunFault)) throw error;
    if (!wasDiskBad && error.code !== "tree-busy") throw error;
  }

  #hold(condition: boolean, otherwise: string): void {
    if (!condition) this.#violation ??= new Error(otherwise);
  }

  #say(what: string): void {
    this.#trace.push(`${this.#time.now.toFixed(2).padStart(10)} ms  ${what}`);
  }
}

/** Ended, dead or asleep: another may begin. */
function isDown({ process, ended }: Holder): boolean {
  return ended !== undefined || process.state !== "running";
}

/**
 * The tree is another's. That may also befall who broke the lock of one that was stopped right between its flock and the
 * writing of its name: each then finds the other's word, and both stop with what they have saved.
 */
function isRefused({ ended }: Holder): boolean {
  const reason = ended?.error ?? ended?.outcome?.cause;
  return reason instanceof SimrunFault && reason.code === "tree-busy";
}
