/** A run: one point of a sweep, the unit of scheduling; its states, where it begins, and how it may end. */
import type { Parameters } from "./parameter.ts";

export type RunState = "queued" | "running" | "completed" | "failed" | "cancelled";

/** Why a run did not complete. The class decides whether it is tried again. */
export type FailureClass =
  /** The model threw; its own fault, not retried. */
  | "model-error"
  /** A command ended otherwise than it must, or left no result. */
  | "command-failed"
  /** PLECS says why it cannot simulate it, or what it answers holds no result. */
  | "plecs-failed"
  /** A command ended for a reason that its manifest calls passing; PLECS was off, busy, or cut the line. */
  | "transient"
  /** The state cannot be checkpointed or the result cannot be kept. */
  | "bad-state"
  /** The model's own rule said `diverged`. */
  | "diverged"
  /** A measurement is not a finite number, and the manifest says `on_nan: fail`. */
  | "not-finite"
  /** It computed for longer than its `timeout`. */
  | "timeout"
  /** What it needs has failed or was cancelled, or cannot be handed to it. */
  | "needs"
  /** No step for longer than the hang limit. */
  | "hang"
  /** Heap or memory budget exceeded. */
  | "out-of-memory"
  /** The slot's process ended for another reason. */
  | "slot-lost"
  /** The disk refused a result or a final checkpoint. */
  | "disk";

/** Where an exception happened in the user's file, 1-based. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What may be different the next time: such an attempt is perhaps not the last. */
export const PASSING_FAILURES: readonly FailureClass[] = [
  "slot-lost",
  "hang",
  "transient",
  "out-of-memory",
];

export interface Failure {
  readonly class: FailureClass;
  /** One sentence, the model's own message for `model-error`. */
  readonly message: string;
  readonly place?: SourcePlace;
  /** Steps done when it happened. */
  readonly step: number;
  /** What its slot had, for `out-of-memory`. */
  readonly memoryBytes?: number;
}

/** Another job's run whose state a run begins from, as its manifest says it. */
export interface Origin {
  /** Id of the other job. */
  readonly job: string;
  /** Id of its run, or the beginning of it; absent for a job of one run. */
  readonly run?: string;
  /** For each run the one with the same values of what the other job sweeps. */
  readonly match?: "same-point";
  /** The one with these values of what the other job sweeps; they stand before those that are matched. */
  readonly where?: Parameters;
  readonly step: number | "last";
}

/** What a run has begun from: in its checkpoints, in the journal, and beside its result. Fields are of the format. */
export interface Parent {
  readonly job: string;
  readonly run: string;
  /** Steps behind the state. */
  readonly step: number;
  /** Spec digest of the parent, and digest of the model that computed the state. */
  readonly digest: string;
  readonly model: string;
  /** Digest of the state itself. */
  readonly state: string;
  /** Of the packed payload of the checkpoint that it was read from. */
  readonly crc32: number;
}

/** What a slot is told of the run that another one begins from. */
export interface ParentOrder extends Omit<Parent, "step" | "state" | "crc32"> {
  readonly step: number | "last";
  /** Steps the parent was asked for. */
  readonly steps: number;
  readonly seed: number;
  /** The number of its repeat, from 1. */
  readonly repeat: number;
  /** Of the parent, as `encodePlain` writes them; the defaults of its model are not among them. */
  readonly parameters: { readonly [name: string]: unknown };
}

/** Pairs what a run is (job and run id) in one string for messages and maps: `job` or `job/run`. */
export function runName(job: string, run: string): string {
  return job === run ? job : `${job}/${run}`;
}
