/** What of a job differs from how it was planned before, field by field. Pure. */
import {
  type CheckpointPolicy,
  DEFAULT_BACKOFF,
  DEFAULT_ON_NAN,
  type Job,
  KEEP_ALL,
  type Need,
  PRIORITY_NAMES,
} from "../job/job.ts";
import type { Origin } from "../job/run.ts";
import { type Axis, type Distribution, type Sample, searchOf } from "../job/sweep.ts";
import { axisCount, axisValue } from "../plan/sweep.ts";
import { formatCount, formatDuration, formatNumberOf } from "./format.ts";
import { needsText, originText } from "./needs_text.ts";

export interface Change {
  /** As in the manifest, e.g. `parameters.co2`. */
  readonly field: string;
  /** Undefined where the field was, or is, absent. */
  readonly from: unknown;
  readonly to: unknown;
}

/** In the order of the manifest's words. Sweeps are compared part by part. */
export function jobChanges(before: Job, after: Job): Change[] {
  const changes: Change[] = [];
  const compare = (field: string, from: unknown, to: unknown): void => {
    if (textOf(from) !== textOf(to)) changes.push({ field, from, to });
  };
  compare("model", before.model.path, after.model.path);
  compare("steps", before.steps, after.steps);
  compareFields("parameters", before.parameters, after.parameters, compare);
  compareFields("sweep", axesOf(before), axesOf(after), compare);
  compare("sweep", pointsOf(before), pointsOf(after));
  compareFields("sweep", samplesOf(before), samplesOf(after), compare);
  compareFields("optimize", searchFields(before), searchFields(after), compare);
  compare("until", before.until, after.until);
  compare("seed", before.seed, after.seed);
  compareFields("inputs", before.inputs, after.inputs, compare);
  compare("allow.read", before.allow?.read, after.allow?.read);
  compare("allow.net", before.allow?.net, after.allow?.net);
  compare("measure_every", before.measureEverySteps, after.measureEverySteps);
  compare("priority", before.priority, after.priority);
  compare("checkpoint", before.checkpoint, after.checkpoint);
  compare("hang_after", before.hangMs, after.hangMs);
  compare("timeout", before.timeoutMs, after.timeoutMs);
  compare("on_nan", before.onNan ?? DEFAULT_ON_NAN, after.onNan ?? DEFAULT_ON_NAN);
  compare("retry.limit", before.retries, after.retries);
  const [waits, waitsNow] = [before.backoff ?? DEFAULT_BACKOFF, after.backoff ?? DEFAULT_BACKOFF];
  compare("retry.backoff", waits.firstMs, waitsNow.firstMs);
  compare("retry.backoff_max", waits.mostMs, waitsNow.mostMs);
  compare("needs", before.needs, after.needs);
  compare("from", before.from, after.from);
  return changes;
}

/** One line: `parameters.co2: 450 -> 460`, `sweep.T: 1, 2 -> 1 to 4 in 7 values`. */
export function describeChange({ field, from, to }: Change): string {
  if (from === undefined) return `${field}: ${valueText(field, to)} is new`;
  if (to === undefined) return `${field}: ${valueText(field, from)} is gone`;
  return `${field}: ${valueText(field, from)} -> ${valueText(field, to)}`;
}

/** As a person would say it; the field tells what the value is. */
function valueText(field: string, value: unknown): string {
  if (value === undefined) return "none";
  switch (field) {
    case "priority":
      return PRIORITY_NAMES[value as Job["priority"]];
    case "checkpoint":
      return checkpointText(value as CheckpointPolicy);
    case "needs":
      return needsText(value as readonly Need[]);
    case "from":
      return originText(value as Origin);
    case "hang_after":
    case "timeout":
    case "retry.backoff":
    case "retry.backoff_max":
      return formatDuration(value as number);
    case "sweep":
      return formatNumberOf((value as readonly unknown[]).length, "point");
  }
  if (field === "sweep.sample") return sampleText(value as SampleHead);
  return field.startsWith("sweep.") || field.startsWith("optimize.over.")
    ? sweptText(value as Axis | Distribution | Repeats)
    : shortText(value);
}

function sampleText({ method, count, seed }: SampleHead): string {
  return `${formatNumberOf(count, "point")} by ${method} with seed ${seed}`;
}

function sweptText(swept: Axis | Distribution | Repeats): string {
  switch (swept.kind) {
    case "repeat":
      return `${formatCount(swept.count)} times`;
    case "uniform":
    case "log-uniform":
    case "integer":
      return `${swept.kind} from ${swept.min} to ${swept.max}`;
    case "normal": {
      const { mean, sd, min, max } = swept;
      const cut = (min === undefined ? "" : `, at least ${min}`) +
        (max === undefined ? "" : `, at most ${max}`);
      return `normal about ${mean} with deviation ${sd}${cut}`;
    }
    case "choice":
      return `choice of ${shortText(swept.values.map(shortText).join(", "))}`;
    default:
      return axisText(swept);
  }
}

function checkpointText({ every, keep, keepEverySteps }: CheckpointPolicy): string {
  const kept = keep === KEEP_ALL ? "all kept" : `the last ${keep} kept`;
  const more = keepEverySteps === undefined
    ? kept
    : `${kept}, and those at every ${formatNumberOf(keepEverySteps, "step")}`;
  switch (every.kind) {
    case "off":
      return "off";
    case "steps":
      return `every ${formatNumberOf(every.steps, "step")}, ${more}`;
    case "time":
      return `every ${formatDuration(every.everyMs)}, ${more}`;
    case "auto":
      return `as often as pays, ${more}`;
  }
}

const AXIS_VALUES_SHOWN = 8;

function axisText(axis: Axis): string {
  const count = axisCount(axis);
  if (axis.kind === "list" && count <= AXIS_VALUES_SHOWN) {
    return axis.values.map(shortText).join(", ");
  }
  const ends = count === 0 ? [] : [axisValue(axis, 0), axisValue(axis, count - 1)].map(shortText);
  const spaced = axis.kind === "range" && axis.spacing === "log" ? ", by equal ratios" : "";
  return `${formatCount(count)} values from ${ends.join(" to ")}${spaced}`;
}

type Fields = { readonly [name: string]: unknown };

function compareFields(
  prefix: string,
  before: Fields,
  after: Fields,
  compare: (field: string, from: unknown, to: unknown) => void,
): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compare(`${prefix}.${name}`, before[name], after[name]);
  }
}

function axesOf({ sweep }: Job): Fields {
  const axes: Record<string, unknown> = {};
  for (const part of sweep?.parts ?? []) {
    if (part.kind === "axis") axes[part.name] = part.axis;
    else if (part.kind === "zip") { for (const { name, axis } of part.axes) axes[name] = axis; }
  }
  return axes;
}

type SampleHead = Pick<Sample, "method" | "count" | "seed">;
type Repeats = { readonly kind: "repeat"; readonly count: number };

/** Samples with their distributions, and repeats, by the names that they have in a point. */
function samplesOf({ sweep }: Job): Fields {
  const fields: Record<string, unknown> = {};
  for (const part of sweep?.parts ?? []) {
    if (part.kind === "repeat") fields.repeat = part;
    if (part.kind !== "sample") continue;
    const { method, count, seed, over } = part;
    fields.sample = { method, count, seed };
    for (const { name, distribution } of over) fields[name] = distribution;
  }
  return fields;
}

/** What a search goes by, and its parameters with their distributions. */
function searchFields({ sweep }: Job): Fields {
  const search = searchOf(sweep);
  if (search === undefined) return {};
  const { kind: _kind, at: _at, over, count: budget, ...fields } = search;
  const distributions = over.map(({ name, distribution }) => [`over.${name}`, distribution]);
  return { ...fields, budget, ...Object.fromEntries(distributions) };
}

/** Points that stand one by one in the manifest. */
function pointsOf({ sweep }: Job): readonly unknown[] | undefined {
  const points = (sweep?.parts ?? []).flatMap((part) => part.kind === "points" ? part.points : []);
  return points.length === 0 ? undefined : points;
}

/** Equal for equal values, whatever the order of their keys. */
function textOf(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
    return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${textOf(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "undefined";
}

function shortText(value: unknown): string {
  const text = typeof value === "string" ? value : textOf(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
