/** Everything that is said between the orchestrator and a slot, one JSON line each. Types, never a pipe. */
import type { FileSum } from "../job/event.ts";
import type { FileKind, Grants, Job, Priority } from "../job/job.ts";
import type { ParameterRules } from "../job/model.ts";
import type { Failure, Parent, ParentOrder, SourcePlace } from "../job/run.ts";

/** One run as it is handed to a slot. The point is computed there from the sweep and the index. */
export interface Assignment {
  readonly index: number;
  readonly run: string;
  readonly digest: string;
  /** Files of earlier attempts: there are none; go on from the newest good checkpoint; clear them. */
  readonly past: "none" | "look" | "clear";
  /** Where it begins, when not at step 0. */
  readonly parent?: ParentOrder;
}

/** What runs outside of simrun, and needs no thread. */
export type OutsideKind = Exclude<Job["model"]["kind"], FileKind>;

/** Orchestrator to agent, one JSON line each. */
export type ToSlot =
  | { readonly type: "inspect"; readonly model: string; readonly allow: Grants }
  /** Models of this kind will be run: what that takes may be loaded already. Nothing is answered. */
  | { readonly type: "expect"; readonly kind: OutsideKind }
  | {
    /** Says once what the batches of this job are about. */
    readonly type: "job";
    readonly number: number;
    /** On the pipe as `encodePlain` writes it: a parameter may be NaN. */
    readonly job: Job;
    readonly modelDigest: string;
    readonly root: string;
    readonly epoch: number;
    /** Who holds the tree's lock. A slot whose holder does no more writes nothing more. */
    readonly holder: string;
    /** Checkpoints of another version of the model will do. */
    readonly anyModel: boolean;
    /** Of a command: what its programs are handed of the user's environment. */
    readonly environment?: { readonly [name: string]: string };
  }
  | {
    /** What the runs of the next batch need: lists of `NeededResult`s by job, as JSON that `encodePlain` writes. */
    readonly type: "needs";
    readonly job: number;
    /** Of this run alone. Without it of all runs of the job, also in later batches, until this is told of another. */
    readonly index?: number;
    readonly text: string;
  }
  | {
    readonly type: "batch";
    readonly batch: number;
    readonly job: number;
    readonly attempt: number;
    /** Of the most urgent of them: how nice the thread is that computes them. */
    readonly priority: Priority;
    readonly runs: readonly Assignment[];
  }
  /** Save what is running at the next step boundary, give back the rest, go on listening. */
  | { readonly type: "yield" }
  | { readonly type: "exit" };

/** What a model module offers, found out in the sandbox before anything runs. */
export interface Inspection {
  /** On the pipe as `encodePlain` writes it: a bound may be infinite. */
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

/** Agent to orchestrator, one JSON line each. */
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
    /** Of a run that has begun from another's state. */
    readonly parent?: Parent;
    /** It begins from there just now. */
    readonly begins?: true;
  }
  | {
    readonly type: "progress";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly memoryBytes: number;
    /** The longest time in which it made no step, so far; absent when that is nothing to speak of. */
    readonly longestMs?: number;
  }
  | {
    readonly type: "saved";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly file: string;
    readonly bytes: number;
    readonly rawBytes: number;
    /** How long it was written. */
    readonly ms: number;
    /** How long the run stood still for it. */
    readonly stallMs: number;
    /** It is the state of another run, which this one begins from. */
    readonly from?: Parent;
  }
  | {
    readonly type: "unsaved";
    readonly batch: number;
    readonly index: number;
    readonly reason: string;
    readonly noSpace: boolean;
  }
  /** What the files of a run's result must be, before the result is told. */
  | {
    readonly type: "filed";
    readonly batch: number;
    readonly index: number;
    readonly files: { readonly [name: string]: FileSum };
  }
  | { readonly type: "results"; readonly batch: number; readonly runs: readonly RunResult[] }
  | {
    readonly type: "failed";
    readonly batch: number;
    readonly index: number;
    readonly failure: Failure;
    /** The slot ends after these words. */
    readonly isLast?: true;
    readonly noSpace?: boolean;
    /** Of no space: somebody may free some. */
    readonly mayPass?: boolean;
    readonly log?: string;
  }
  | {
    /** The run goes on; somebody should know. At most once for an attempt. */
    readonly type: "warned";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly message: string;
  }
  /** These runs were given back: the first one perhaps saved at `step`, the others not begun. */
  | {
    readonly type: "yielded";
    readonly batch: number;
    readonly indices: readonly number[];
    /** The slot ends after these words. */
    readonly isLast?: true;
  }
  | {
    readonly type: "hung";
    readonly batch: number;
    readonly index: number;
    readonly step: number;
    readonly afterMs: number;
  };

/** Exit status of a slot that knows why it must end, and has told it where anybody could hear: no run is to blame. */
export const EXIT_GAVE_UP = 70;
