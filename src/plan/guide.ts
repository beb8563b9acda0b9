/** What leads the runs of a job by the results of those before, as the plan and the campaign see it. Types only. */
import type { ParameterValue } from "../job/job.ts";
import type { Search } from "../job/sweep.ts";
import type { Decision } from "./decision.ts";

/** A point that was proposed: its place in the unit cube, and the values that follow from it. */
export interface Proposal {
  readonly at: readonly number[];
  readonly values: { readonly [name: string]: ParameterValue };
  /** It was proposed from the results of so many runs, the first ones. */
  readonly from: number;
}

/** What a completed run has come to; its result decoded. */
export interface RunOutcome {
  readonly result: unknown;
  readonly steps: number;
}

export interface Guide {
  /** Absent where points are known, and only their number is not. */
  readonly search: Search | undefined;
  readonly metric: string;
  /** So many runs have ended without a gap: all that it goes by. */
  readonly ended: number;
  /** The first runs that it has not heeded, where such are left that it needs. */
  readonly fronts: readonly number[];
  /** Runs that are not needed, from the first to before the second number. */
  readonly needless: readonly { readonly from: number; readonly to: number }[];
  /** No more runs are needed. */
  readonly stopped: { readonly after: number; readonly why: string } | undefined;
  /** Why it will never find anything, where that is so. */
  readonly hopeless: string | undefined;
  readonly best: { readonly index: number; readonly value: number } | undefined;
  /** How well the mean is known that a rule goes by. */
  readonly standing: string | undefined;
  /** What is to be done with each run, where `decide` tells what would be without it; asked in their order. */
  decideAll(decide: (index: number) => Decision): Decision[];
  /** Whether the run may begin: what its point follows from is there. */
  admits(index: number): boolean;
  /** Undefined as long as it is not settled. */
  proposalAt(index: number): Proposal | undefined;
  /** A run has ended, without an outcome where it did not complete. Answers what somebody should know, once. */
  tell(index: number, outcome: RunOutcome | undefined): string | undefined;
}
