/** A slot as the campaign sees it: its process, the batches it holds, the run it is at. */
import type { CompletedRun, RequeueCause } from "../job/event.ts";
import type { Priority } from "../job/job.ts";
import type { LiveRun } from "../job/live.ts";
import type { Parent } from "../job/run.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { SlotPort } from "./world.ts";

/** Runs handed to a slot together; the numbers still open are those it has not answered for. */
export interface SlotBatch {
  readonly id: number;
  readonly job: PlannedJob;
  readonly attempt: number;
  /** Of the most urgent of its runs. */
  priority: Priority;
  /** Levels by which it came earlier, because its priority was passed over for long. */
  readonly raise: number;
  readonly open: Set<number>;
  /** Run ids and digests by number, as they were journalled. */
  readonly identities: ReadonlyMap<number, { readonly run: string; readonly digest: string }>;
  readonly runs: number;
  /** What the files of results must be, by number; told before the results. */
  readonly files: Map<number, CompletedRun["files"]>;
  /** What runs have begun from, by number; told before they compute. */
  readonly parents: Map<number, Parent>;
  sent: boolean;
  /** What was last to be saved of it could not be. */
  isUnsaved: boolean;
  /** No run of it was given back: the time it took says how long its runs take. */
  whole: boolean;
}

/** A run that a slot is at, or will come to. */
export type HeldRun = Pick<LiveRun, "job" | "run">;

/** What is known of the run a slot is at, from its last signs of life. */
export interface CurrentRun {
  readonly batch: SlotBatch;
  readonly number: number;
  readonly startedAt: number;
  readonly fromStep: number;
  step: number;
  stepsPerSecond: number;
  seenAt: number;
  checkpoint: { readonly step: number; readonly at: string } | undefined;
}

export class Slot {
  readonly id: number;
  port: SlotPort | undefined;
  ready = false;
  /** How much memory its process has; 0 is the even share. */
  size = 0;
  memoryBytesMax = Infinity;
  /** Why it was asked to save what it computes and give everything back; until it has, it gets nothing more. */
  yielding: RequeueCause | undefined;
  /** Counts how often it was asked back: a timer that was set for an earlier time means nothing. */
  yields = 0;
  /** It was told to exit. */
  isLeaving = false;
  /** It is one too many: it ends when it is empty. */
  isRetiring = false;
  /** Killed because it did not give back in time: its runs are not to blame. */
  isCondemned = false;
  readonly batches = new Map<number, SlotBatch>();
  readonly jobsKnown = new Set<number>();
  current: CurrentRun | undefined;
  memoryBytes = 0;
  /** When it began the batch it is at: the later of being sent it and ending the one before. */
  busySince = 0;
  /** Deaths in a row that no run can be blamed for. */
  deaths = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** Another process takes its place. */
  begin(): void {
    this.ready = false;
    this.yielding = undefined;
    this.isLeaving = false;
    this.isRetiring = false;
    this.isCondemned = false;
    this.memoryBytes = 0;
    this.jobsKnown.clear();
  }

  /** A sign of life: the run it is at and its step. `fromStep` is where this attempt began. */
  sawStep(batch: SlotBatch, number: number, step: number, now: number, fromStep = 0): void {
    const { current } = this;
    if (current === undefined || current.number !== number || current.batch !== batch) {
      this.current = {
        batch,
        number,
        startedAt: now,
        fromStep,
        step,
        stepsPerSecond: 0,
        seenAt: now,
        checkpoint: undefined,
      };
      return;
    }
    // A sign of life without a step says nothing of the rate: steps may take longer than that.
    if (step === current.step) return;
    const seconds = (now - current.seenAt) / 1000;
    if (seconds > 0) {
      const rate = (step - current.step) / seconds;
      current.stepsPerSecond += (current.stepsPerSecond === 0 ? 1 : 0.2) *
        (rate - current.stepsPerSecond);
    }
    current.step = step;
    current.seenAt = now;
  }

  /** The picture of the run it is at, for displays. */
  live(now: number): LiveRun | undefined {
    const { current } = this;
    if (current === undefined) return undefined;
    const { job, attempt, identities } = current.batch;
    return {
      slot: this.id,
      job: job.job.id,
      run: identities.get(current.number)!.run,
      attempt,
      step: current.step,
      steps: job.job.steps,
      fromStep: current.fromStep,
      elapsedMs: now - current.startedAt,
      stepsPerSecond: current.stepsPerSecond,
      memoryBytes: this.memoryBytes,
      ...(Number.isFinite(this.memoryBytesMax) && { memoryBytesMax: this.memoryBytesMax }),
      ...(current.checkpoint === undefined ? {} : { checkpoint: current.checkpoint }),
    };
  }

  get held(): HeldRun[] {
    return [...this.batches.values()].flatMap(({ job, open, identities }) =>
      Array.from(open, (number) => ({ job: job.job.id, run: identities.get(number)!.run }))
    );
  }

  /** The batch being computed: batches are worked off in the order they were sent. */
  get working(): SlotBatch | undefined {
    for (const batch of this.batches.values()) return batch;
    return undefined;
  }

  /** How urgent what it computes is; what age has brought here is not asked to leave for what it came before. */
  get level(): number {
    const { working } = this;
    if (working === undefined) return Infinity;
    return working.priority === 0 ? 0 : Math.max(1, working.priority - working.raise);
  }

  /** What it computes would not be lost with it; what only waits in it never is. */
  get savesItsWork(): boolean {
    const { working } = this;
    if (working === undefined) return true;
    return working.job.job.checkpoint.every.kind !== "off" && !working.isUnsaved;
  }

  get mayBePreempted(): boolean {
    for (const { priority } of this.batches.values()) if (priority === 0) return false;
    return this.savesItsWork;
  }
}

/** Idle ones first. Of equal ones the one that began last: it has the least to lose. */
export function leastUrgentFirst(a: Slot, b: Slot): number {
  const [first, second] = [a, b].map(({ working }) => working?.priority ?? Infinity);
  return first === second ? b.busySince - a.busySince : second! - first!;
}

/** Idle ones, then those whose work would be saved, the least urgent first. */
export function leastToLoseFirst(a: Slot, b: Slot): number {
  return Number(b.savesItsWork) - Number(a.savesItsWork) || leastUrgentFirst(a, b);
}
