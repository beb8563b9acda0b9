/** The events of the journal: the union whose fold is the state of every run. Field names are part of the format. */
import type { Job, Priority } from "./job.ts";
import type { Failure, Parent } from "./run.ts";

/** A run that came to its end. The record explains itself: point, steps, result. */
export interface CompletedRun {
  readonly run: string;
  readonly digest: string;
  /** The sweep's values of this run, as `encodePlain` writes them; absent without a sweep. */
  readonly point?: { readonly [name: string]: unknown };
  readonly attempt: number;
  /** Steps done; less than asked for when `ending` says why. */
  readonly steps: number;
  /** `converged`, perhaps with more words; absent when all steps were done. */
  readonly ending?: string;
  /** Time spent computing, all attempts of this invocation, in milliseconds. */
  readonly ms: number;
  /** Plain value as `encodePlain` writes it (non-finite numbers survive). */
  readonly result: unknown;
  /** The measurement series as CSV when it is short; a long one is a file in the run's folder. */
  readonly series?: string;
  /** What the model logged, when it is short; a long log is a file in the run's folder. */
  readonly log?: string;
  /** Series and big result where they are files: what they must be, to the byte. */
  readonly files?: { readonly [name: string]: FileSum };
  /** The most memory that its slot's process was seen with; of runs that lasted long enough to be looked at. */
  readonly memoryBytes?: number;
  /** The longest time for which it made no step, `init` included, when that was more than a second. */
  readonly longestStepMs?: number;
  /** What it has begun from, when not at step 0. */
  readonly from?: Parent;
}

export interface FileSum {
  readonly bytes: number;
  readonly crc32: number;
}

/** Why a run went back to the queue. */
export type RequeueCause =
  /** The whole simrun was. */
  | "stopped"
  | "slot-lost"
  | "hang"
  /** A command ended for a reason that its manifest calls passing. */
  | "transient"
  | "out-of-memory"
  | "disk"
  /** A critical run took its slot. */
  | "preempted"
  /** Others need the processor: fewer slots for now. */
  | "load"
  /** A run that needs more memory or cores than a slot has took its place. */
  | "memory"
  /** Somebody paused it, or a run that shared its slot was paused or cancelled, or there are fewer slots. */
  | "control";

export type RunEvent =
  | {
    /** A simrun process began to work on the tree. */
    readonly type: "campaign.started";
    readonly epoch: number;
    readonly version: string;
    readonly host: string;
    readonly pid: number;
    readonly slots: number;
    readonly manifests: readonly { readonly path: string; readonly digest: string }[];
    /** Version of the runtime; absent in older trees. */
    readonly deno?: string;
  }
  | {
    /** Which commits models and manifests were at; found out while the campaign works, perhaps told after its end. */
    readonly type: "campaign.sources";
    readonly commits: readonly Commit[];
  }
  | {
    readonly type: "campaign.ended";
    readonly outcome: "completed" | "failed" | "stopped";
    readonly completed: number;
    readonly failed: number;
    readonly remaining: number;
  }
  | {
    /** A job as it will be run. Written when it is new or differs from the last one of that id. */
    readonly type: "job.planned";
    /** In the journal as `encodePlain` writes it: a parameter may be NaN. */
    readonly job: Job;
    readonly count: number;
    readonly model: ModelIdentity;
  }
  | {
    /** Durable before the runs start. `runs` holds pairs: run id, spec digest. */
    readonly type: "runs.started";
    readonly job: string;
    readonly model: string;
    readonly steps: number;
    readonly attempt: number;
    readonly runs: readonly string[];
    /** Asked to be computed anew: what was saved before is cleared away. */
    readonly anew?: true;
    /**
     * Of the runs of a search, in their order: places in the unit cube, values as `encodePlain` writes them, and from the
     * results of how many runs that was proposed.
     */
    readonly proposed?: readonly {
      readonly at: readonly number[];
      readonly values: { readonly [name: string]: unknown };
      readonly from: number;
    }[];
  }
  | {
    /** No more runs of the job are needed, judged by the results of the first ones. */
    readonly type: "job.stopped";
    readonly job: string;
    /** So many runs had ended, without a gap. */
    readonly after: number;
    readonly of: number;
    readonly why: string;
  }
  | {
    /** A run goes on from a checkpoint; `rejected` names the files it could not use and why. */
    readonly type: "run.resumed";
    readonly job: string;
    readonly run: string;
    readonly step: number;
    readonly rejected: readonly { readonly file: string; readonly reason: string }[];
  }
  | {
    readonly type: "run.checkpointed";
    readonly job: string;
    readonly run: string;
    readonly step: number;
    readonly file: string;
    readonly bytes: number;
    readonly rawBytes: number;
    /** How long it was written, while the run went on. */
    readonly ms: number;
    /** How long the run stood still for it; absent in older trees. */
    readonly stallMs?: number;
    /** It is a copy of this one's state: the run begins from there. */
    readonly from?: Parent;
  }
  | {
    /** Checkpoints of the run cannot be written; it goes on without. */
    readonly type: "run.degraded";
    readonly job: string;
    readonly run: string;
    readonly reason: string;
  }
  | {
    readonly type: "runs.completed";
    readonly job: string;
    readonly model: string;
    readonly runs: readonly CompletedRun[];
  }
  | {
    /** Took the result of a run that computed the same. */
    readonly type: "run.reused";
    readonly job: string;
    readonly model: string;
    readonly from: { readonly job: string; readonly run: string };
    readonly run: CompletedRun;
  }
  | {
    readonly type: "run.failed";
    readonly job: string;
    readonly run: string;
    readonly attempt: number;
    readonly failure: Failure;
    /** What the model logged, when it is short. */
    readonly log?: string;
  }
  | {
    /** Back to the queue: stopped, or its slot was lost. `counted` tells whether it used up an attempt. */
    readonly type: "runs.requeued";
    readonly job: string;
    readonly runs: readonly string[];
    readonly cause: RequeueCause;
    readonly counted: boolean;
    readonly message?: string;
    /** How long it is not tried again. */
    readonly waitMs?: number;
    /** What its slot had, when it was out of memory. */
    readonly memoryBytes?: number;
  }
  | {
    /** By a person, through `cancel`. Only a person takes it up again, through `retry`. */
    readonly type: "runs.cancelled";
    readonly job: string;
    readonly runs: readonly string[];
  }
  | {
    /** By a person, through `pause`: not to be started before `continue`, whichever simrun works. */
    readonly type: "runs.held";
    readonly job: string;
    readonly runs: readonly string[];
  }
  | {
    readonly type: "runs.continued";
    readonly job: string;
    readonly runs: readonly string[];
    /** They were paused under an earlier simrun; perhaps none worked when this was asked for. */
    readonly earlier?: true;
  }
  | {
    /** By a person, through `retry`: failed or cancelled ones, as if for the first time. */
    readonly type: "runs.retried";
    readonly job: string;
    readonly runs: readonly string[];
    /** They were cancelled under an earlier simrun; perhaps none worked when this was asked for. */
    readonly earlier?: true;
  }
  | {
    /** Until the next simrun, which goes by its manifests. */
    readonly type: "runs.prioritised";
    readonly job: string;
    readonly runs: readonly string[];
    readonly priority: Priority;
  }
  | {
    /** The run goes on; somebody should know. At most one of each kind for an attempt. */
    readonly type: "run.warned";
    readonly job: string;
    readonly run: string;
    readonly step: number;
    readonly message: string;
  }
  | {
    /** Found by a repair: `step` is the newest good checkpoint, 0 when there is none. */
    readonly type: "run.repaired";
    readonly job: string;
    readonly run: string;
    readonly step: number;
    /** Its result was lost: it is computed again. */
    readonly again: boolean;
    readonly reason: string;
  }
  | {
    /** A repair has found that these lines of the journal are in no file any more. */
    readonly type: "tree.repaired";
    readonly lost: readonly { readonly from: number; readonly to: number }[];
  };

/** What a repository was at. */
export interface Commit {
  /** Its top folder. */
  readonly folder: string;
  readonly commit: string;
  /** Whether files of it differ from the commit, or models and manifests are in none; absent when nobody could tell. */
  readonly changed?: boolean;
}

export type EventType = RunEvent["type"];

/** What a model is: the digest covers its file and the files it imports from beside it. */
export interface ModelIdentity {
  readonly name: string;
  readonly digest: string;
}

/** An event as it stands in the journal. */
export type JournalEntry = {
  /** Position in the tree's history, from 1, without gaps. */
  readonly seq: number;
  /** Wall-clock time, for people; never used to order anything. */
  readonly at: string;
  /** Everything before this line was on disk when it was written. */
  readonly synced?: true;
} & RunEvent;
