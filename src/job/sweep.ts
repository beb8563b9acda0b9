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

/** Names in a point that are no parameters, and that no model sees: the numbers of its sample and of its repeat, from 1. */
export const SAMPLE_NUMBER = "sample";
export const REPEAT_NUMBER = "repeat";

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
  /** Every point so many times, each time with other random numbers. */
  | { readonly kind: "repeat"; readonly count: number };

export interface Sweep {
  readonly parts: readonly SweepPart[];
}
