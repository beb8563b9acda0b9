/** A sweep: which points a job is run at. A description only, never the expanded points. */
import type { ParameterValue } from "./parameter.ts";

/** The values of one axis. A range is kept as a range, so that a million values cost nothing. */
export type Axis =
  | { readonly kind: "list"; readonly values: readonly ParameterValue[] }
  | {
    /** `count` values from `from` to `to`, both included; `log` spaces them by equal ratios. */
    readonly kind: "range";
    readonly from: number;
    readonly to: number;
    readonly count: number;
    readonly spacing: "linear" | "log";
  }
  | {
    /** from, from + step, … as long as it does not pass `to`. */
    readonly kind: "steps";
    readonly from: number;
    readonly step: number;
    readonly count: number;
  };

/** What a sampled parameter is like. Bounds are within it. */
export type Distribution =
  | { readonly kind: "uniform"; readonly min: number; readonly max: number }
  | {
    /** Its logarithm is uniform; both bounds are above zero. */
    readonly kind: "log-uniform";
    readonly min: number;
    readonly max: number;
  }
  | {
    /** `sd` is its standard deviation before it is cut at the bounds. */
    readonly kind: "normal";
    readonly mean: number;
    readonly sd: number;
    readonly min?: number;
    readonly max?: number;
  }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "choice"; readonly values: readonly ParameterValue[] };

export const SAMPLE_METHODS = ["random", "lhs", "sobol", "halton"] as const;
export type SampleMethod = (typeof SAMPLE_METHODS)[number];

/** Points drawn from the distributions of some parameters; the first parameter has the first dimension. */
export interface Sample {
  readonly kind: "sample";
  readonly method: SampleMethod;
  /** At most 2³². */
  readonly count: number;
  readonly seed: number;
  readonly over: readonly { readonly name: string; readonly distribution: Distribution }[];
}

/** The best ones first, for who has no reason to take another. */
export const SEARCH_METHODS = ["bayesian", "cma-es", "nelder-mead", "sobol", "random"] as const;
export type SearchMethod = (typeof SEARCH_METHODS)[number];

/** Points that are proposed one after the other from the results of those before: it is the only part of its sweep. */
export interface Search {
  readonly kind: "search";
  readonly method: SearchMethod;
  /** A number of the results, named as `simrun results` names it. */
  readonly metric: string;
  readonly goal: "minimize" | "maximize";
  /** At most so many runs. */
  readonly count: number;
  readonly seed: number;
  /** A point is proposed from all results but the last `parallel` − 1 before it, whoever has them already. */
  readonly parallel: number;
  readonly over: Sample["over"];
  /** Values of points that are settled, by their indices: for who computes them, and in no manifest. */
  readonly at?: { readonly [index: string]: { readonly [name: string]: ParameterValue } };
}

/** Names in a point that are no parameters, and that no model sees: the numbers of its sample, its repeat and its trial, from 1. */
export const SAMPLE_NUMBER = "sample";
export const REPEAT_NUMBER = "repeat";
export const TRIAL_NUMBER = "trial";

/** One part of a sweep; the parts are multiplied with each other, the last one varies fastest. */
export type SweepPart =
  | { readonly kind: "axis"; readonly name: string; readonly axis: Axis }
  | {
    /** Axes of equal length that advance together. */
    readonly kind: "zip";
    readonly axes: readonly { readonly name: string; readonly axis: Axis }[];
  }
  | {
    readonly kind: "points";
    readonly points: readonly { readonly [name: string]: ParameterValue }[];
  }
  | Sample
  | Search
  /** Every point so many times, each time with other random numbers. */
  | { readonly kind: "repeat"; readonly count: number };

export interface Sweep {
  readonly parts: readonly SweepPart[];
  /** Of its points only these: the others are another shard's. In no manifest. */
  readonly share?: Share;
}

/** Every so many-th point, from one on; numbers of points are from 0. */
export interface Share {
  readonly first: number;
  readonly every: number;
  /** How many points there are in all. */
  readonly total: number;
}

/** The search that a sweep is, when it is one. */
export function searchOf(sweep: Sweep | undefined): Search | undefined {
  const part = sweep?.parts[0];
  return part?.kind === "search" ? part : undefined;
}
