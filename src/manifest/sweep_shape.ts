/** Reads a sweep: grid, zip, points, sample and repeat, counted and never expanded; and its JSON Schema. */
import type { ParameterValue } from "../job/job.ts";
import {
  type Axis,
  REPEAT_NUMBER,
  SAMPLE_NUMBER,
  type Sweep,
  type SweepPart,
} from "../job/sweep.ts";
import { canonical } from "../plan/digest.ts";
import { axisCount, axisValue, sweepNames } from "../plan/sweep.ts";
import { axisSchema, noPoints, readAxis } from "./axis_shape.ts";
import { findChoice } from "./distribution_shape.ts";
import {
  findEntry,
  isNull,
  placeOf,
  quote,
  type YamlEntry,
  type YamlList,
  type YamlMap,
  type YamlNode,
} from "./node.ts";
import {
  isAxis,
  overOf,
  readRepeat,
  readSample,
  repeatSchema,
  sampleSchema,
} from "./sample_shape.ts";
import {
  checkName,
  type JsonSchema,
  mustBe,
  NAME,
  parameterValue,
  type Report,
  type Shape,
} from "./shape.ts";

const PARTS = ["grid", "zip", "points", SAMPLE_NUMBER, REPEAT_NUMBER] as const;

/** Of these the name alone tells; of the others also what stands there. */
const ALWAYS_PARTS = ["grid", "zip", "points"] as const;

type NamedAxis = { readonly name: string; readonly axis: Axis };
type PointValues = { readonly [name: string]: ParameterValue };

export function sweepShape(): Shape<Sweep> {
  return { schema: sweepSchema(), read: (node, _name, report) => readSweep(node, report) };
}

/** The node of a parameter's axis, or with an index of its value of that number. */
export function findSweepValue(
  sweep: YamlNode,
  name: string,
  index?: number,
): YamlNode | undefined {
  const value = findSweepEntry(sweep, name, index)?.value;
  if (index === undefined || sweep.kind === "list") return value;
  if (value?.kind === "map") return findChoice(value, index);
  return value?.kind === "list" ? value.items[index] ?? value : value;
}

/** The entry of a sweep's axis; in a list of points that of the point at `index`, or the first there is. */
export function findSweepEntry(
  sweep: YamlNode,
  name: string,
  index?: number,
): YamlEntry | undefined {
  if (sweep.kind === "list") {
    const points = index === undefined ? sweep.items : [sweep.items[index]];
    for (const point of points) {
      const found = point?.kind === "map" ? findEntry(point, name) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (sweep.kind !== "map") return undefined;
  if (!hasParts(sweep)) return findEntry(sweep, name);
  for (const entry of sweep.entries) {
    const isNumber = entry.key === name && (name === SAMPLE_NUMBER || name === REPEAT_NUMBER);
    const over = entry.key === SAMPLE_NUMBER ? overOf(entry.value) : undefined;
    const found = isNumber
      ? entry
      : over === undefined
      ? findSweepEntry(entry.value, name, index)
      : findEntry(over, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readSweep(node: YamlNode, report: Report): Sweep | undefined {
  const before = report.failures;
  const parts = readParts(node, report);
  checkNamesOnce(parts, node, report);
  if (report.failures > before) return undefined;
  return parts.length === 0 ? undefined : { parts };
}

function readParts(node: YamlNode, report: Report): SweepPart[] {
  if (node.kind === "list") return readPoints(node, report);
  if (node.kind !== "map" || node.entries.length === 0) {
    if (isNull(node) || node.kind === "map") noPoints(node, report);
    else mustBe(node, "sweep", "a mapping of parameters to values, or a list of points", report);
    return [];
  }
  if (!hasParts(node)) return readGrid(node, report);
  const parts: SweepPart[] = [];
  for (const entry of node.entries) {
    if (isPart(entry)) continue;
    const { key, keyNode } = entry;
    const message = `"${key}" stands beside ${
      node.entries.filter(isPart).map((part) => `"${part.key}"`).join(" and ")
    }`;
    report.error(keyNode, "sweep", message, `Put it under grid: { ${key}: … }.`);
  }
  // Always in this order, so that the order of the runs does not depend on the order of writing.
  for (const part of PARTS) {
    const entry = findEntry(node, part);
    if (entry === undefined || !isPart(entry)) continue;
    const { value } = entry;
    if (part === "sample") {
      const sample = readSample(value, report);
      if (sample !== undefined) parts.push(sample);
    } else if (part === "repeat") {
      const count = readRepeat(value, report);
      if (count !== undefined) parts.push({ kind: "repeat", count });
    } else if (part === "points" ? value.kind !== "list" : value.kind !== "map") {
      const wanted = part === "points" ? "a list of points" : "a mapping of parameters to values";
      const hint =
        `If the parameter itself is called ${part}, write sweep: { grid: { ${part}: … } }.`;
      if (isNull(value)) noPoints(value, report);
      else mustBe(value, `sweep.${part}`, wanted, report, hint);
    } else if (part === "points") parts.push(...readPoints(value as YamlList, report));
    else if (part === "grid") parts.push(...readGrid(value as YamlMap, report));
    else parts.push(...readZip(value as YamlMap, report));
  }
  return parts;
}

function readGrid(node: YamlMap, report: Report): SweepPart[] {
  if (node.entries.length === 0) noPoints(node, report);
  const parts: SweepPart[] = [];
  for (const entry of node.entries) {
    const axis = readAxis(entry, report);
    if (axis === undefined) continue;
    if (entry.value.kind === "list") checkListOnce(entry.key, axis, entry.value, report);
    parts.push({ kind: "axis", name: entry.key, axis });
  }
  return parts;
}

function readZip(node: YamlMap, report: Report): SweepPart[] {
  if (node.entries.length === 0) noPoints(node, report);
  const axes: NamedAxis[] = [];
  for (const entry of node.entries) {
    const axis = readAxis(entry, report);
    if (axis !== undefined) axes.push({ name: entry.key, axis });
  }
  const first = axes[0];
  if (first === undefined || axes.length < node.entries.length) return [];
  const length = axisCount(first.axis);
  for (const { name, axis } of axes) {
    if (axisCount(axis) === length) continue;
    const message = `In a zip all axes are of equal length, but "${first.name}" has ${length} ` +
      `values and "${name}" has ${axisCount(axis)}`;
    report.error(
      findEntry(node, name)!.value,
      "sweep",
      message,
      "For every combination use grid:.",
    );
    return [];
  }
  // A range never gives a value twice, so only a zip of lists can repeat itself.
  if (axes.every(({ axis }) => axis.kind === "list")) checkZipOnce(axes, length, node, report);
  return [{ kind: "zip", axes }];
}

function readPoints(node: YamlList, report: Report): SweepPart[] {
  if (node.items.length === 0) noPoints(node, report);
  const shape = parameterValue();
  const points: PointValues[] = [];
  for (const [index, item] of node.items.entries()) {
    if (item.kind !== "map" || item.entries.length === 0) {
      const hint = "Each point is a mapping, for example - { co2: 280, albedo: 0.3 }.";
      mustBe(item, `point ${index + 1}`, "a mapping of parameters to values", report, hint);
      continue;
    }
    const point: Record<string, ParameterValue> = {};
    for (const entry of item.entries) {
      const value = shape.read(entry.value, entry.key, report);
      if (checkName(entry, report) && value !== undefined) point[entry.key] = value;
    }
    points.push(point);
  }
  if (points.length === node.items.length) {
    checkOnce(points.map((point) => canonical(point)), (index) => node.items[index]!, report);
  }
  return points.length === 0 ? [] : [{ kind: "points", points }];
}

function checkListOnce(key: string, axis: Axis, node: YamlList, report: Report): void {
  if (axis.kind !== "list") return;
  checkOnce(axis.values.map(canonical), (index) => node.items[index]!, report, `"${key}"`);
}

function checkZipOnce(
  axes: readonly NamedAxis[],
  length: number,
  node: YamlMap,
  report: Report,
): void {
  const keys = Array.from(
    { length },
    (_, index) => canonical(axes.map(({ axis }) => axisValue(axis, index))),
  );
  const { name } = axes[0]!;
  checkOnce(keys, (index) => findSweepValue(node, name, index) ?? node, report);
}

/** Reports the first value that was there before, naming both. */
function checkOnce(
  keys: readonly string[],
  nodeAt: (index: number) => YamlNode,
  report: Report,
  name = "the sweep",
): void {
  const first = new Map<string, number>();
  for (const [index, key] of keys.entries()) {
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      continue;
    }
    const { line, column } = placeOf(nodeAt(earlier));
    const message = `Value ${index + 1} of ${name} is the same as value ${earlier + 1}, ` +
      `in line ${line}, column ${column}`;
    report.error(
      nodeAt(index),
      "sweep",
      message,
      "Remove one of them; repeat: 2 runs every point twice, with other random numbers.",
    );
    return;
  }
}

function checkNamesOnce(parts: readonly SweepPart[], node: YamlNode, report: Report): void {
  const owners = new Map<string, SweepPart>();
  for (const part of parts) {
    const names = sweepNames({ parts: [part] });
    for (const name of names) {
      if (owners.has(name)) {
        report.error(node, "conflict", `${quote(name)} stands in two parts of the sweep`);
      }
      owners.set(name, part);
    }
  }
}

function hasParts(map: YamlMap): boolean {
  return map.entries.some(isPart);
}

/** A list or a range called `sample` or `repeat` are the values of a parameter. */
function isPart({ key, value }: YamlEntry): boolean {
  if (key === SAMPLE_NUMBER || key === REPEAT_NUMBER) return !isAxis(value);
  return (PARTS as readonly string[]).includes(key);
}

function sweepSchema(): JsonSchema {
  const axes = {
    type: "object",
    minProperties: 1,
    propertyNames: { pattern: NAME.source },
    additionalProperties: axisSchema(),
  };
  const points = {
    type: "array",
    minItems: 1,
    items: { type: "object", minProperties: 1, propertyNames: { pattern: NAME.source } },
  };
  const parts = {
    type: "object",
    minProperties: 1,
    additionalProperties: false,
    properties: {
      grid: { description: "Every combination of the values.", ...axes },
      zip: { description: "Axes of equal length that advance together.", ...axes },
      points: { description: "The points themselves.", ...points },
      sample: { description: "Points drawn from distributions.", ...sampleSchema() },
      repeat: { description: "How many times each point is run.", ...repeatSchema() },
    },
  };
  const grid = { ...axes, not: { anyOf: ALWAYS_PARTS.map((part) => ({ required: [part] })) } };
  return { anyOf: [parts, grid, points] };
}

/** Every parameter that a sweep's node names, right or wrong. */
export function namesInSweep(sweep: YamlNode): string[] {
  if (sweep.kind === "scalar") return [];
  if (sweep.kind === "map" && hasParts(sweep)) {
    return sweep.entries.flatMap(({ key, value }) =>
      key === SAMPLE_NUMBER
        ? overOf(value)?.entries.map((entry) => entry.key) ?? []
        : namesInSweep(value)
    );
  }
  const maps = sweep.kind === "list" ? sweep.items : [sweep];
  return maps.flatMap((map) => map.kind === "map" ? map.entries.map(({ key }) => key) : []);
}
