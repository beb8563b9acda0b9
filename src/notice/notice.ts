/**
 * What those are told who are elsewhere: the log, a chat, a program. Each notice stands for itself; its fields and names
 * are an interface of simrun, and `notice_schema.ts` is their JSON Schema.
 */
import type { RequeueCause } from "../job/event.ts";
import type { Priority } from "../job/job.ts";
import type { Failure, Parent } from "../job/run.ts";

/** What every notice has. */
interface About {
  /**
   * The same whenever it is told again, and no other notice of its tree has it: who must not do a thing twice
   * remembers it. Number of the journal's entry, and the place in it.
   */
  readonly id: string;
  /** When it happened: ISO 8601, UTC. */
  readonly at: string;
  /** The tree's folder, and the host that tells. */
  readonly tree: string;
  readonly host: string;
}

/** A run's job and id, and the values of its sweep where they are known. */
interface OfRun {
  readonly job: string;
  readonly run: string;
}

export type Notice = About & NoticeBody;

export type NoticeBody =
  | {
    /** A simrun begins to work on the tree. */
    readonly event: "on_begin";
    readonly version: string;
    readonly slots: number;
    readonly manifests: readonly string[];
  }
  | {
    /** A job is new, or differs from the last one of that id. */
    readonly event: "on_submit";
    readonly job: string;
    readonly runs: number;
    readonly priority: Priority;
    readonly model: string;
  }
  | OfRun & {
    readonly event: "on_start";
    readonly attempt: number;
    readonly steps: number;
  }
  | OfRun & {
    /** It goes on from a checkpoint; from step 0 when none of them could be used. */
    readonly event: "on_resume";
    readonly step: number;
  }
  | {
    /** How far everything is, from time to time. */
    readonly event: "on_progress";
    /** Of all planned work, 0 to 1. */
    readonly fraction: number;
    /** Milliseconds until all is done, as far as is known. */
    readonly etaMs?: number;
    readonly total: number;
    readonly completed: number;
    readonly failed: number;
    readonly queued: number;
    readonly running: readonly (OfRun & { readonly step: number; readonly steps: number })[];
  }
  | OfRun & {
    readonly event: "on_checkpoint";
    readonly step: number;
    readonly bytes: number;
    readonly file: string;
  }
  | OfRun & {
    /** The run goes on; somebody should know. */
    readonly event: "on_warning";
    readonly message: string;
  }
  | OfRun & {
    /** Back to the queue. Where it is not `counted` it gave way, and no attempt was used up. */
    readonly event: "on_retry";
    readonly cause: RequeueCause;
    readonly counted: boolean;
    readonly message?: string;
    /** Milliseconds for which it is not tried again. */
    readonly waitMs?: number;
  }
  | OfRun & {
    readonly event: "on_complete";
    readonly attempt: number;
    readonly steps: number;
    /** Milliseconds computed. */
    readonly ms: number;
    /** Why it ended before its last step. */
    readonly ending?: string;
    /** Plain values; numbers that JSON does not have as `{"$number": "NaN"}`. */
    readonly point?: { readonly [name: string]: unknown };
    readonly result: unknown;
    /** Where its result was taken from, when it was not computed. */
    readonly reusedFrom?: string;
    readonly from?: Parent;
  }
  | OfRun & {
    /** It failed, and is not tried again. */
    readonly event: "on_error";
    readonly attempt: number;
    readonly class: Failure["class"];
    readonly message: string;
    readonly step: number;
    /** Where in the user's file: `model.ts:12:5`. */
    readonly place?: string;
  }
  | OfRun & { readonly event: "on_cancel" }
  | {
    /** The simrun ends. */
    readonly event: "on_end";
    readonly outcome: "completed" | "failed" | "stopped";
    readonly completed: number;
    readonly failed: number;
    readonly remaining: number;
  };
