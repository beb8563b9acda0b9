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
  };

export interface Sweep {
  readonly parts: readonly SweepPart[];
}
