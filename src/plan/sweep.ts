/** Counts a sweep and computes any of its points from its number, without ever holding them all. Pure. */
import type { ParameterValue } from "../job/job.ts";
import {
  type Axis,
  REPEAT_NUMBER,
  SAMPLE_NUMBER,
  type Search,
  type Sweep,
  type SweepPart,
  TRIAL_NUMBER,
} from "../job/sweep.ts";
import { fillSample } from "./sample.ts";

/** The sweep's values of one run, in the order of the manifest. */
export type Point = { readonly [name: string]: ParameterValue };

const NO_POINT: Point = Object.freeze({});

/** Number of runs; 1 without a sweep. Beyond 2⁵³ it is approximate. */
export function countPoints(sweep: Sweep | undefined): number {
  let count = 1;
  for (const part of sweep?.parts ?? []) count *= partCount(part);
  const share = sweep?.share;
  return share === undefined ? count : Math.max(0, Math.ceil((count - share.first) / share.every));
}

/** The point of that number, from 0; the last part varies fastest. */
export function pointAt(sweep: Sweep | undefined, index: number): Point {
  if (sweep === undefined) return NO_POINT;
  const point: Record<string, ParameterValue> = {};
  const { parts, share } = sweep;
  const number = share === undefined ? index : share.first + index * share.every;
  fillPoint(point, parts, parts.length - 1, number);
  return point;
}

/** Every name that the sweep sets, numbers of samples and repeats too, each once, in the order of the manifest. */
export function sweepNames(sweep: Sweep): string[] {
  const names = new Set<string>();
  for (const part of sweep.parts) {
    switch (part.kind) {
      case "axis":
        names.add(part.name);
        break;
      case "zip":
        for (const { name } of part.axes) names.add(name);
        break;
      case "points":
        for (const point of part.points) for (const name of Object.keys(point)) names.add(name);
        break;
      case "sample":
        names.add(SAMPLE_NUMBER);
        for (const { name } of part.over) names.add(name);
        break;
      case "search":
        names.add(TRIAL_NUMBER);
        for (const { name } of part.over) names.add(name);
        break;
      case "repeat":
        names.add(REPEAT_NUMBER);
    }
  }
  return [...names];
}

export function axisCount(axis: Axis): number {
  return axis.kind === "list" ? axis.values.length : axis.count;
}

/**
 * The value of that number, from 0. A range begins and ends exactly at its ends, and each value
 * between is computed on its own: the double nearest to the exact decimal value, so that
 * `{ from: 0, to: 1, count: 11 }` gives 0.3 and not 0.30000000000000004.
 */
export function axisValue(axis: Axis, index: number): ParameterValue {
  switch (axis.kind) {
    case "list":
      return axis.values[index]!;
    case "range":
      if (index === 0) return axis.from;
      if (index === axis.count - 1) return axis.to;
      return axis.spacing === "log"
        ? logarithmic(axis.from, axis.to, index, axis.count - 1)
        : linear(axis.from, axis.to, index, axis.count - 1);
    case "steps":
      return index === 0 ? axis.from : stepped(axis.from, axis.step, index);
  }
}

/** How many values from, from + step, … do not pass `to`; 0 when the step leads away from it. */
export function countSteps(from: number, to: number, step: number): number {
  if (from === to) return 1;
  const scale = decimalScale(from, to, step);
  // In whole numbers the division is exact where it matters; without a scale a rounding error is forgiven.
  const steps = scale > 0
    ? (Math.round(to * scale) - Math.round(from * scale)) / Math.round(step * scale)
    : (to - from) / step * (1 + 4 * Number.EPSILON);
  return steps < 0 ? 0 : Math.floor(steps) + 1;
}

// Recursion from the last part to the first, filling on the way back, keeps the order of the names
// without an array of counts.
function fillPoint(
  point: Record<string, ParameterValue>,
  parts: readonly SweepPart[],
  at: number,
  index: number,
): void {
  if (at < 0) return;
  const part = parts[at]!;
  const count = partCount(part);
  const digit = index % count;
  fillPoint(point, parts, at - 1, (index - digit) / count);
  switch (part.kind) {
    case "axis":
      point[part.name] = axisValue(part.axis, digit);
      break;
    case "zip":
      for (const { name, axis } of part.axes) point[name] = axisValue(axis, digit);
      break;
    case "points": {
      const values = part.points[digit]!;
      for (const name in values) point[name] = values[name]!;
      break;
    }
    case "sample":
      fillSample(point, part, digit);
      break;
    case "search":
      point[TRIAL_NUMBER] = digit + 1;
      if (part.at !== undefined) Object.assign(point, settledAt(part.at, digit));
      break;
    case "repeat":
      point[REPEAT_NUMBER] = digit + 1;
  }
}

/** Who computes a run knows its point: without it, it would be another run. */
function settledAt(at: NonNullable<Search["at"]>, index: number): Point {
  const values = at[index];
  if (values === undefined) throw new Error(`nobody has settled the point of trial ${index + 1}`);
  return values;
}

function partCount(part: SweepPart): number {
  switch (part.kind) {
    case "axis":
      return axisCount(part.axis);
    case "zip":
      return part.axes.length === 0 ? 0 : axisCount(part.axes[0]!.axis);
    case "points":
      return part.points.length;
    case "sample":
    case "search":
    case "repeat":
      return part.count;
  }
}

function linear(from: number, to: number, index: number, last: number): number {
  const scale = decimalScale(from, to, 0);
  if (scale > 0) {
    const sum = Math.round(from * scale) * (last - index) + Math.round(to * scale) * index;
    const divisor = last * scale;
    if (Math.abs(sum) <= Number.MAX_SAFE_INTEGER && divisor <= Number.MAX_SAFE_INTEGER) {
      return sum / divisor;
    }
  }
  const share = index / last;
  return from * (1 - share) + to * share;
}

function stepped(from: number, step: number, index: number): number {
  const scale = decimalScale(from, step, 0);
  if (scale > 0) {
    const sum = Math.round(from * scale) + Math.round(step * scale) * index;
    if (Math.abs(sum) <= Number.MAX_SAFE_INTEGER) return sum / scale;
  }
  return from + step * index;
}

// Between the logarithms, so that powers of ten are met exactly; a power is good for fourteen digits,
// and cutting it to them gives 4 where a person expects 4.
function logarithmic(from: number, to: number, index: number, last: number): number {
  const exponent = linear(Math.log10(Math.abs(from)), Math.log10(Math.abs(to)), index, last);
  return Math.sign(from) * Number(Math.pow(10, exponent).toPrecision(14));
}

/** The power of ten that makes all three whole numbers, or 0 when there is none up to 10¹². */
function decimalScale(a: number, b: number, c: number): number {
  for (let scale = 1; scale <= 1e12; scale *= 10) {
    if (isWhole(a, scale) && isWhole(b, scale) && isWhole(c, scale)) return scale;
  }
  return 0;
}

function isWhole(value: number, scale: number): boolean {
  const scaled = Math.round(value * scale);
  return scaled / scale === value && Math.abs(scaled) <= Number.MAX_SAFE_INTEGER;
}
