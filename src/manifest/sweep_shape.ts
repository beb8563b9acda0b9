/** Reads a sweep: grid, zip and points, counted and never expanded; and its JSON Schema. */
import type { ParameterValue } from "../job/job.ts";
import type { Axis, Sweep, SweepPart } from "../job/sweep.ts";
import { canonical } from "../plan/digest.ts";
import { axisCount, axisValue } from "../plan/sweep.ts";
import { axisSchema, noPoints, readAxis } from "./axis_shape.ts";
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
  checkName,
  type JsonSchema,
  mustBe,
  NAME,
  parameterValue,
  type Report,
  type Shape,
} from "./shape.ts";

const PARTS = ["grid", "zip", "points"] as const;

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
  const isAxis = index !== undefined && value?.kind === "list" && sweep.kind !== "list";
  return isAxis ? value.items[index] ?? value : value;
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
  for (const { value } of sweep.entries) {
    const found = findSweepEntry(value, name, index);
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
  for (const { key, keyNode } of node.entries) {
    if (isPartName(key)) continue;
    const message = `"${key}" stands beside ${
      PARTS.filter((part) => findEntry(node, part)).map((part) => `"${part}"`).join(" and ")
    }`;
    report.error(keyNode, "sweep", message, `Put it under grid: { ${key}: … }.`);
  }
  // Always in this order, so that the order of the runs does not depend on the order of writing.
  for (const part of PARTS) {
    const value = findEntry(node, part)?.value;
    if (value === undefined) continue;
    if (part === "points" ? value.kind !== "list" : value.kind !== "map") {
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
      "Remove one of them; for repeats use jobs with other seeds.",
    );
    return;
  }
}

function checkNamesOnce(parts: readonly SweepPart[], node: YamlNode, report: Report): void {
  const owners = new Map<string, SweepPart>();
  for (const part of parts) {
    const names = part.kind === "axis"
      ? [part.name]
      : part.kind === "zip"
      ? part.axes.map(({ name }) => name)
      : part.points.flatMap((point) => Object.keys(point));
    for (const name of new Set(names)) {
      if (owners.has(name)) {
        report.error(node, "conflict", `${quote(name)} stands in two parts of the sweep`);
      }
      owners.set(name, part);
    }
  }
}

function hasParts(map: YamlMap): boolean {
  return map.entries.some(({ key }) => isPartName(key));
}

function isPartName(key: string): key is (typeof PARTS)[number] {
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
    },
  };
  const grid = { ...axes, not: { anyOf: PARTS.map((part) => ({ required: [part] })) } };
  return { anyOf: [parts, grid, points] };
}

/** Every parameter that a sweep's node names, right or wrong. */
export function namesInSweep(sweep: YamlNode): string[] {
  if (sweep.kind === "scalar") return [];
  const maps = sweep.kind === "list" ? sweep.items : hasParts(sweep) ? [] : [sweep];
  const names = maps.flatMap((map) => map.kind === "map" ? map.entries.map(({ key }) => key) : []);
  return sweep.kind === "map" && hasParts(sweep)
    ? sweep.entries.flatMap(({ value }) => namesInSweep(value))
    : names;
}
