/**
 * Everything that is said between the agent of a slot and its simulation thread, and the memory they share.
 * What a slot and the orchestrator say stands in `campaign/slot_messages.ts`.
 */
import type { Inspection, ModelProblem } from "../campaign/slot_messages.ts";
import type { Job } from "../job/job.ts";
import type { Failure } from "../job/run.ts";
import type { Snapshot } from "../job/snapshot.ts";
import type { BatchNeeds } from "./slot_needs.ts";

/** Agent to simulation thread. */
export type ToSimulation =
  | {
    readonly type: "start";
    readonly model: string;
    readonly control: SharedArrayBuffer;
    /** Name of a lock that the thread holds as long as it lives. */
    readonly life: string;
  }
  | { readonly type: "job"; readonly number: number; readonly job: Job }
  | {
    readonly type: "batch";
    readonly batch: number;
    readonly job: number;
    readonly attempt: number;
    readonly runs: readonly { readonly index: number; readonly run: string }[];
    /** Absent when its runs need nothing. */
    readonly needs?: BatchNeeds;
    /** For a batch of one run that goes on from a checkpoint. */
    readonly resume?: Resume;
  }
  /** To a command that could not go on: the checkpoint before, if there is any. */
  | { readonly type: "older"; readonly batch: number; readonly resume?: Resume };

export interface Resume {
  readonly step: number;
  readonly ms: number;
  readonly snapshot: Snapshot;
  /** The state is another run's: the run begins with it. */
  readonly branch?: BranchOrder;
}

/** What a run begins from, as far as its model may know it. */
export interface BranchOrder {
  readonly step: number;
  /** Of the other run, as `encodePlain` writes them; without the defaults of its model. */
  readonly parameters: { readonly [name: string]: unknown };
  /** Computed by another model, or by another version of it. */
  readonly isOtherModel: boolean;
}

/** One tensor of a snapshot inside a shared buffer. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: Snapshot["tensors"][number]["dtype"];
  readonly length: number;
  readonly offset: number;
}

/** Simulation thread to agent. `results` is JSON text already: the agent passes it on unread. */
export type FromSimulation =
  /** Holds its lock; the model is loaded next. */
  | { readonly type: "alive" }
  | { readonly type: "started"; readonly inspection: Inspection }
  | { readonly type: "unusable"; readonly problem: ModelProblem }
  | {
    readonly type: "snapshot";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly ms: number;
    readonly plain: string;
    readonly tensors: readonly TensorPlace[];
    /** Which of the two buffers holds the tensors; the agent sets it free. */
    readonly buffer: 0 | 1;
    readonly shared: SharedArrayBuffer;
    /** Rows measured since the last snapshot. */
    readonly series: string;
    readonly dependsOnSteps: boolean;
    /** How long the run stood still for it. */
    readonly stallMs: number;
  }
  /** Text that must be on disk before the result is told: rows of the series, a big result. */
  | {
    readonly type: "file";
    readonly batch: number;
    readonly index: number;
    readonly name: "series.csv" | "result.json";
    readonly text: string;
  }
  /** Rows of the series that would take too much memory until the next checkpoint. The run goes on. */
  | { readonly type: "rows"; readonly batch: number; readonly index: number; readonly text: string }
  /** Files of a command's folder that are to be kept; all else of the folder goes. Sums are told of a result's. */
  | {
    readonly type: "keep";
    readonly batch: number;
    readonly index: number;
    readonly folder: string;
    readonly names: readonly string[];
    /** So many that cannot be moved one by one: the folder is put aside with them. */
    readonly others: number;
    readonly areResult: boolean;
  }
  /** A command could not go on from the checkpoint of this step, and asks for the one before. */
  | {
    readonly type: "refuted";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly reason: string;
  }
  /** A command went on well from where others could not: those are put aside. Saving says the same. */
  | { readonly type: "proven"; readonly batch: number; readonly index: number }
  | { readonly type: "log"; readonly batch: number; readonly index: number; readonly text: string }
  | { readonly type: "results"; readonly batch: number; readonly text: string }
  | {
    readonly type: "failed";
    readonly batch: number;
    readonly index: number;
    readonly failure: Failure;
    readonly log?: string;
    /** Of a command whose folder could not be written: as slots say it of their own files. */
    readonly noSpace?: boolean;
    readonly mayPass?: boolean;
  }
  | {
    /** The run goes on; somebody should know. Once for a run. */
    readonly type: "warned";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly message: string;
  }
  | { readonly type: "yielded"; readonly batch: number; readonly indices: readonly number[] }
  /** Nothing more comes of this batch. */
  | { readonly type: "ended"; readonly batch: number };

/**
 * The memory that agent and simulation thread share: integers for orders and states,
 * floats for progress, so that neither a heartbeat nor a stop costs a message.
 */
export const CONTROL = {
  bytes: 96,
  /** Int32 index: see {@linkcode ORDER}. */
  order: 0,
  /** Int32 indices: 1 while the agent writes that snapshot buffer. */
  buffers: [1, 2],
  /** Int32 index: see {@linkcode ACTIVITY}. */
  activity: 3,
  /** Int32 index: batch number. */
  batch: 4,
  /** Float64 index: counts runs begun; a change is a sign of life. */
  begun: 4,
  /** Float64 index: index of the current run. */
  index: 5,
  /** Float64 index: steps done of the current run. */
  step: 6,
  /** Float64 index: the agent's clock, which stands still while the process does; it lags a little. */
  livedMs: 7,
  /** Float64 index: what the two snapshot buffers may take together, in bytes. */
  snapshotBytesMax: 8,
  /** Float64 index: rows that wait for a checkpoint may take so much, in bytes. */
  seriesBytesMax: 9,
  /** Float64 index: what the agent took to write the last checkpoint, in milliseconds. */
  writtenMs: 10,
  /** Float64 index: of which step that was; stored after the time. */
  writtenStep: 11,
} as const;

/**
 * Look: at the clock and what depends on it, at the next step; the thread takes the order back. It looks by itself
 * after so many steps as it deems short, and cannot know when they become slow.
 * Yield: save, and give back the runs.
 */
export const ORDER = { none: 0, yield: 1, look: 2 } as const;

/** A longer gap between two looks of the agent was a time in which the whole process stood still. */
export const GAP_MS_MAX = 1_000;

/**
 * Preparing: `init` is at work, or a state is being restored; there is nothing yet that could be saved.
 * Saving: a state is being copied out of the thread.
 * Elsewhere: a server computes, whose silence means nothing, and whose time has limits of its own.
 */
export const ACTIVITY = {
  idle: 0,
  computing: 1,
  waitingForDisk: 2,
  preparing: 3,
  saving: 4,
  elsewhere: 5,
} as const;

/** A snapshot is written, or cannot be: its buffer is the thread's again, which chooses its interval by how long that took. */
export function giveBack(
  orders: Int32Array<SharedArrayBuffer>,
  { buffer, step }: { readonly buffer: number; readonly step: number },
  writtenMs: number,
): void {
  const progress = new Float64Array(orders.buffer);
  progress[CONTROL.writtenMs] = writtenMs;
  progress[CONTROL.writtenStep] = step;
  Atomics.store(orders, CONTROL.buffers[buffer]!, 0);
  Atomics.notify(orders, CONTROL.buffers[buffer]!);
}
