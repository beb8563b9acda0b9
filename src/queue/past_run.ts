/** One run as the journal tells of it. */
import type { RequeueCause } from "../job/event.ts";
import type { Job, ParameterValue } from "../job/job.ts";
import type { JournalLocation } from "../job/journal_location.ts";
import type { Failure } from "../job/run.ts";

/** What a run last was. `running` means: started, and no end was journalled. */
export type PastState = "running" | "queued" | "completed" | "failed" | "cancelled" | "held";

/** Where a line stands; undefined of one that stands in no journal yet. */
export type Location = JournalLocation | undefined;

export interface PastRun {
  readonly run: string;
  readonly state: PastState;
  /** Spec digest of the last attempt. */
  readonly digest: string;
  /** Digest of the model of the last attempt. */
  readonly model: string;
  /** Steps asked for at the last start; steps done once completed. */
  readonly steps: number;
  /** Last saved step, 0 when none is known. */
  readonly savedStep: number;
  /** Attempts that counted, the last one included. */
  readonly attempt: number;
  /** Milliseconds of computing, once completed. */
  readonly ms: number;
}

/** Facts that only few runs have. */
export interface RareFacts {
  readonly failure?: Failure;
  readonly ending?: string;
  /** Where it ended by its own rule: steps it was asked for. */
  readonly stepsAsked?: number;
  readonly reusedFrom?: { readonly job: string; readonly run: string };
  readonly savedAt?: string;
  readonly savedBytes?: number;
  readonly degraded?: string;
  /** What somebody should know of the last attempt, e.g. a measurement that is no number. */
  readonly warning?: string;
  /** Why it went back to the queue under this simrun, and when it is tried again if not at once. */
  readonly requeued?: {
    readonly cause: RequeueCause;
    readonly message?: string;
    readonly dueAt?: string;
  };
}

/** What a search proposed for a run: a place in the unit cube, and the values that follow from it. */
export interface Proposed {
  readonly at: readonly number[];
  readonly values: { readonly [name: string]: ParameterValue };
  /** From the results of so many runs, the first ones. */
  readonly from: number;
  /** As it was planned then. */
  readonly job: Job | undefined;
}
