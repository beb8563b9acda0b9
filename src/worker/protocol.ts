/** Everything that is said between the orchestrator, the agent of a slot and its simulation thread. */
import type { Job } from "../job/job.ts";
import type { ParameterRules } from "../job/model.ts";
import type { Failure, SourcePlace } from "../job/run.ts";
import type { Snapshot } from "../job/snapshot.ts";

/** One run as it is handed to a slot. The point is computed there from the sweep and the index. */
export interface Assignment {
  readonly index: number;
  readonly run: string;
  readonly digest: string;
  /** There is a folder of checkpoints: look for the newest good one. */
  readonly look: boolean;
}

/** Orchestrator to agent, one JSON line each. */
export type ToSlot =
  | { readonly type: "inspect"; readonly model: string }
  | {
    /** Says once what the batches of this job are about. */
    readonly type: "job";
    readonly number: number;
    readonly job: Job;
    readonly modelDigest: string;
    readonly root: string;
    readonly epoch: number;
  }
  | {
    readonly type: "batch";
    readonly batch: number;
    readonly job: number;
    readonly attempt: number;
    readonly runs: readonly Assignment[];
  }
  /** Save what is running at the next step boundary, give back the rest, go on listening. */
  | { readonly type: "yield" }
  | { readonly type: "exit" };

/** What a model module offers, found out in the sandbox before anything runs. */
export interface Inspection {
  readonly params: ParameterRules | undefined;
  readonly exports: readonly string[];
}

export type ModelProblem = { readonly message: string; readonly place?: SourcePlace };

/** A run that ended well, as the simulation thread says it. */
export interface RunResult {
  readonly index: number;
  readonly step: number;
  readonly ms: number;
  readonly ending?: string;
  readonly result: unknown;
  readonly series?: string;
  readonly log?: string;
}

/** Agent to orchestrator, one line each: a record separator (RFC 7464), JSON, newline. */
export type FromSlot =
  | { readonly type: "ready" }
  | { readonly type: "inspected"; readonly model: string; readonly inspection: Inspection }
  | { readonly type: "uninspectable"; readonly model: string; readonly problem: ModelProblem }
  | {
    readonly type: "resumed";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly rejected: readonly { readonly file: string; readonly reason: string }[];
  }
  | {
    readonly type: "progress";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly memoryBytes: number;
  }
  | {
    readonly type: "saved";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly file: string;
    readonly bytes: number;
    readonly rawBytes: number;
    readonly ms: number;
  }
  | {
    readonly type: "unsaved";
    readonly batch: number;
    readonly index: number;
    readonly reason: string;
    readonly noSpace: boolean;
  }
  | { readonly type: "results"; readonly batch: number; readonly runs: readonly RunResult[] }
  | {
    readonly type: "failed";
    readonly batch: number;
    readonly index: number;
    readonly failure: Failure;
    readonly noSpace?: boolean;
    readonly log?: string;
  }
  /** These runs were given back: the first one perhaps saved at `step`, the others not begun. */
  | { readonly type: "yielded"; readonly batch: number; readonly indices: readonly number[] }
  | {
    readonly type: "hung";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly afterMs: number;
  };

/** Agent to simulation thread. */
export type ToSimulation =
  | { readonly type: "start"; readonly model: string; readonly control: SharedArrayBuffer }
  | { readonly type: "job"; readonly number: number; readonly job: Job }
  | {
    readonly type: "batch";
    readonly batch: number;
    readonly job: number;
    readonly runs: readonly { readonly index: number; readonly run: string }[];
    /** For a batch of one run that goes on from a checkpoint. */
    readonly resume?: { readonly step: number; readonly ms: number; readonly snapshot: Snapshot };
  };

/** One tensor of a snapshot inside a shared buffer. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: Snapshot["tensors"][number]["dtype"];
  readonly length: number;
  readonly offset: number;
}

/** Simulation thread to agent. `results` is JSON text already: the agent passes it on unread. */
export type FromSimulation =
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
  }
  /** Text that must be on disk before the result is told: rows of the series, a big result. */
  | {
    readonly type: "file";
    readonly batch: number;
    readonly index: number;
    readonly name: "series.csv" | "result.json";
    readonly text: string;
  }
  | { readonly type: "log"; readonly batch: number; readonly index: number; readonly text: string }
  | { readonly type: "results"; readonly batch: number; readonly text: string }
  | {
    readonly type: "failed";
    readonly batch: number;
    readonly index: number;
    readonly failure: Failure;
    readonly log?: string;
  }
  | { readonly type: "yielded"; readonly batch: number; readonly indices: readonly number[] }
  /** Nothing more comes of this batch. */
  | { readonly type: "ended"; readonly batch: number };

/**
 * The memory that agent and simulation thread share: integers for orders and states,
 * floats for progress, so that neither a heartbeat nor a stop costs a message.
 */
export const CONTROL = {
  bytes: 64,
  /** Int32 index: 1 asks the thread to save and give back its runs. */
  yield: 0,
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
} as const;

export const ACTIVITY = { idle: 0, computing: 1, waitingForDisk: 2 } as const;

/** First byte of every line an agent sends; anything else on its output is stray text of a model. */
export const RECORD_SEPARATOR = "\x1e";
