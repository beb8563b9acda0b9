/** Which values of a sweep are looked at to know whether a model takes all of them. Pure. */
import type { ParameterValue } from "../job/job.ts";
import type { ParameterRule } from "../job/model.ts";
import type { Axis, Distribution, Sample, Search, Sweep } from "../job/sweep.ts";
import { axisCount, axisValue, pointAt } from "../plan/sweep.ts";

interface SweptValue {
  readonly value: ParameterValue;
  readonly path: readonly (string | number)[];
}

/** Of a list and of points all, of a range and of a distribution those that stand for all. */
export function* sweptValues(
  sweep: Sweep,
  name: string,
  rule: ParameterRule,
  isWhole: boolean,
): Generator<SweptValue> {
  for (const part of sweep.parts) {
    switch (part.kind) {
      case "points":
        for (const [index, point] of part.points.entries()) {
          if (Object.hasOwn(point, name)) {
            yield { value: point[name]!, path: ["sweep", name, index] };
          }
        }
        break;
      case "search":
      case "sample":
        for (const { name: sampled, distribution } of part.over) {
          if (sampled === name) yield* sampledValues(part, name, distribution, rule);
        }
        break;
      case "axis":
      case "zip":
        for (const axis of part.kind === "zip" ? part.axes : [part]) {
          if (axis.name !== name) continue;
          for (const index of tellingIndexes(axis.axis, rule, isWhole)) {
            yield { value: axisValue(axis.axis, index), path: ["sweep", name, index] };
          }
        }
    }
  }
}

// The ends tell of min and max. First, second and last value tell whether all are whole: a constant
// difference or ratio that gives a whole second and a whole last value leaves none between broken.
// A set of choices cannot hold more values than it has, so at most one more than that is looked at.
function* tellingIndexes(axis: Axis, rule: ParameterRule, isWhole: boolean): Generator<number> {
  const last = axisCount(axis) - 1;
  if (axis.kind === "list" || rule.choices !== undefined) {
    const end = axis.kind === "list" ? last : Math.min(last, rule.choices!.length);
    for (let index = 0; index <= end; index++) yield index;
    return;
  }
  yield 0;
  if (last > 1 && isWhole) yield 1;
  if (last > 0) yield last;
}

// Its bounds tell of all that may be drawn, now or when more points are asked for; that what is not whole is not
// whole, and no choice, the first points tell. A normal distribution without bounds goes on and on: of it all points
// are looked at that there are, where the rule has bounds.
function* sampledValues(
  sample: Sample | Search,
  name: string,
  distribution: Distribution,
  rule: ParameterRule,
): Generator<SweptValue> {
  const path = ["sweep", name];
  if (distribution.kind === "choice") {
    for (const [index, value] of distribution.values.entries()) {
      yield { value, path: [...path, index] };
    }
    return;
  }
  const { min, max } = distribution;
  if (min !== undefined) yield { value: min, path };
  if (max !== undefined) yield { value: max, path };
  const isOpen = rule.min !== undefined && min === undefined ||
    rule.max !== undefined && max === undefined;
  // What a search will propose is not known: some points drawn at random stand for all.
  const { parts, most } = sample.kind === "sample"
    ? { parts: [sample], most: sample.count }
    : { parts: [{ ...sample, kind: "sample", method: "random" } as const], most: SEARCH_POINTS };
  const count = isOpen ? most : Math.min(most, FIRST_POINTS);
  const sweep = { parts };
  for (let index = 0; index < count; index++) {
    yield { value: pointAt(sweep, index)[name]!, path };
  }
}

const FIRST_POINTS = 2;
const SEARCH_POINTS = 1000;
