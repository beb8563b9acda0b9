/** Reads one axis of a sweep: a list of values or a range, which stays a range; and its JSON Schema. */
import type { ParameterValue } from "../job/job.ts";
import type { Axis } from "../job/sweep.ts";
import { axisCount, axisValue, countSteps } from "../plan/sweep.ts";
import { type Field, fieldsSchema, type FieldValues, readFields } from "./fields.ts";
import { isNull, type YamlEntry, type YamlMap, type YamlNode } from "./node.ts";
import {
  checkName,
  count,
  type JsonSchema,
  mustBe,
  parameterValue,
  type Report,
  type Shape,
} from "./shape.ts";

const RANGE_FIELDS = {
  from: { shape: finite(), about: "The first value." },
  to: { shape: finite(), about: "The last value; with step it is not passed." },
  count: { shape: count(), about: "How many values, both ends included." },
  spacing: {
    shape: spacing(),
    about: "linear: equal differences; log: equal ratios.",
    default: "linear",
  },
  step: { shape: finite(), about: "The difference from value to value, instead of count." },
} as const satisfies { readonly [name: string]: Field<unknown> };

type RangeValues = FieldValues<typeof RANGE_FIELDS>;

/** The values of one parameter: a list or a range. */
export function readAxis(entry: YamlEntry, report: Report): Axis | undefined {
  if (!checkName(entry, report)) return undefined;
  const { key, value } = entry;
  switch (value.kind) {
    case "list": {
      if (value.items.length === 0) return noPoints(value, report);
      const shape = parameterValue();
      const values = value.items.map((item, i) => shape.read(item, `sweep.${key}[${i}]`, report));
      return values.includes(undefined)
        ? undefined
        : { kind: "list", values: values as ParameterValue[] };
    }
    case "map":
      return readRange(key, value, report);
    case "scalar": {
      if (isNull(value)) return noPoints(value, report);
      const hint = `Write [${value.written}], or put it under parameters.`;
      return mustBe(value, `sweep.${key}`, "a list of values or a range", report, hint);
    }
  }
}

function readRange(key: string, node: YamlMap, report: Report): Axis | undefined {
  const before = report.failures;
  const name = `sweep.${key}`;
  const values = readFields(RANGE_FIELDS, node, name, report, {
    synonyms: { start: "from", min: "from", stop: "to", end: "to", max: "to", num: "count" },
  });
  const fail = (message: string, hint?: string): undefined =>
    report.error(node, "sweep", message, hint);
  if (report.failures > before) return undefined;
  const { from, to } = values;
  if (from === undefined || to === undefined) {
    const missing = from === undefined ? "from" : "to";
    return fail(`The range "${name}" has no "${missing}"`, "{ from: 0, to: 1, count: 11 }");
  }
  if ((values.count === undefined) === (values.step === undefined)) {
    const message = values.step === undefined
      ? `The range "${name}" has neither "count" nor "step"`
      : `The range "${name}" has both "count" and "step"`;
    return fail(message, "{ from: 0, to: 1, count: 11 } or { from: 0, to: 1, step: 0.1 }");
  }
  const axis = values.step === undefined
    ? countedRange(name, from, to, values, fail)
    : steppedRange(name, from, to, values, fail);
  if (axis === undefined) return undefined;
  const last = axisCount(axis) - 1;
  const isTooFine = last > 0 &&
    (axisValue(axis, 0) === axisValue(axis, 1) ||
      axisValue(axis, last - 1) === axisValue(axis, last));
  if (isTooFine) return fail(`The range "${name}" is so fine that neighbouring values are equal`);
  return axis;
}

export function axisSchema(): JsonSchema {
  const range = {
    ...fieldsSchema(RANGE_FIELDS, ["from", "to"]),
    oneOf: [{ required: ["count"] }, { required: ["step"], properties: { spacing: false } }],
  };
  return {
    description: "A list of values, or a range { from, to, count } or { from, to, step }.",
    anyOf: [{ type: "array", minItems: 1 }, range],
  };
}

/** Reports a list, mapping or nothing where values should stand. */
export function noPoints(node: YamlNode, report: Report): undefined {
  const what = node.kind === "scalar"
    ? "nothing"
    : `an empty ${node.kind === "list" ? "list" : "mapping"}`;
  const hint = "Give at least one value, or remove the sweep.";
  return report.error(node, "sweep", `The sweep has no points: here stands ${what}`, hint);
}

type Fail = (message: string, hint?: string) => undefined;

function countedRange(
  name: string,
  from: number,
  to: number,
  { count: values = 1, spacing: kind = "linear" }: RangeValues,
  fail: Fail,
): Axis | undefined {
  if (values === 1 && from !== to) {
    return fail(`The range "${name}" has two ends but a count of 1`, `Write [${from}].`);
  }
  if (values > 1 && from === to) {
    return fail(`The range "${name}" has the same value ${values} times`, `Write [${from}].`);
  }
  if (kind === "log" && !(from > 0 && to > 0) && !(from < 0 && to < 0)) {
    const hint = "Both ends must be above zero, or both below.";
    return fail(`The range "${name}" cannot be spaced by ratios from ${from} to ${to}`, hint);
  }
  return { kind: "range", from, to, count: values, spacing: kind };
}

function steppedRange(
  name: string,
  from: number,
  to: number,
  { step = 0, spacing: kind }: RangeValues,
  fail: Fail,
): Axis | undefined {
  if (kind !== undefined) {
    return fail(`The range "${name}" has both "step" and "spacing"`, 'Use "count" with "spacing".');
  }
  const values = step === 0 ? 0 : countSteps(from, to, step);
  if (values < 1) {
    const hint = step === 0 ? undefined : `Write step: ${-step}, or exchange the ends.`;
    return fail(`The range "${name}" never comes from ${from} to ${to} in steps of ${step}`, hint);
  }
  return { kind: "steps", from, step, count: values };
}

/** A number that is neither infinite nor NaN. */
export function finite(): Shape<number> {
  return {
    schema: { type: "number" },
    read(node, name, report) {
      if (node.kind === "scalar" && node.doubt !== undefined) {
        return report.error(node, "value", node.doubt.message, node.doubt.hint);
      }
      const value = node.kind === "scalar" ? node.value : undefined;
      if (typeof value === "number" && Number.isFinite(value)) return value;
      return mustBe(node, name, "a finite number", report);
    },
  };
}

function spacing(): Shape<"linear" | "log"> {
  return {
    schema: { enum: ["linear", "log"] },
    read(node, name, report) {
      const value = node.kind === "scalar" ? node.value : undefined;
      return value === "linear" || value === "log"
        ? value
        : mustBe(node, name, "linear or log", report);
    },
  };
}
