/** Reads the distribution of a sampled parameter: `{ uniform: [280, 560] }`; and its JSON Schema. */
import type { ParameterValue } from "../job/job.ts";
import type { Distribution } from "../job/sweep.ts";
import { canonical } from "../plan/digest.ts";
import { shareWithin } from "../plan/quantile.ts";
import { finite } from "./axis_shape.ts";
import { fields, fieldsSchema, type ForeignWords, listed, refuseKey } from "./fields.ts";
import { findEntry, isNull, placeOf, type YamlList, type YamlMap, type YamlNode } from "./node.ts";
import { type JsonSchema, mustBe, parameterValue, type Report } from "./shape.ts";

const READERS: {
  readonly [word: string]: (node: YamlNode, name: string, report: Report) =>
    | Distribution
    | undefined;
} = {
  uniform: (node, name, report) => {
    const bounds = readBounds(node, name, report);
    return bounds === undefined ? undefined : { kind: "uniform", ...bounds };
  },
  log_uniform: readLogUniform,
  normal: readNormal,
  integer: readInteger,
  choice: readChoice,
};

const WORDS = Object.keys(READERS);

const FOREIGN: ForeignWords = {
  synonyms: {
    log: "log_uniform",
    reciprocal: "log_uniform",
    gaussian: "normal",
    gauss: "normal",
    truncated_normal: "normal: { mean: …, sd: …, min: …, max: … }",
    int: "integer",
    randint: "integer",
    whole: "integer",
    categorical: "choice",
    one_of: "choice",
    values: "choice",
    list: "choice",
    from: "uniform: [from, to]",
    min: "uniform: [from, to]",
    low: "uniform: [from, to]",
    mean: "normal: { mean: …, sd: … }",
  },
};

export function readDistribution(
  node: YamlNode,
  name: string,
  report: Report,
): Distribution | undefined {
  if (node.kind !== "map" || node.entries.length === 0) return notOne(node, name, report);
  const before = report.failures;
  for (const entry of node.entries) {
    if (!Object.hasOwn(READERS, entry.key)) refuseKey(entry, WORDS, name, report, FOREIGN);
  }
  if (report.failures > before) return undefined;
  const [entry, second] = node.entries;
  if (second !== undefined) {
    const message = `"${name}" has two distributions, "${entry!.key}" and "${second.key}"`;
    return report.error(second.keyNode, "sweep", message, "Remove one of them.");
  }
  return READERS[entry!.key]!(entry!.value, `${name}.${entry!.key}`, report);
}

function notOne(node: YamlNode, name: string, report: Report): undefined {
  const wanted = `a mapping with ${listed(WORDS)}`;
  if (node.kind === "list") {
    const hint =
      "Write { uniform: [280, 560] } for all between two numbers, or { choice: [a, b] } " +
      "for one of some values.";
    return mustBe(node, name, wanted, report, hint);
  }
  const isValue = node.kind === "scalar" && !isNull(node);
  const hint = isValue
    ? "What is the same in every point stands under parameters."
    : "For example { uniform: [280, 560] }.";
  return mustBe(node, name, wanted, report, hint);
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Two numbers, the smaller one first. */
function readBounds(node: YamlNode, name: string, report: Report): Bounds | undefined {
  if (node.kind !== "list" || node.items.length !== 2) {
    return mustBe(node, name, "two numbers, the least and the most", report, boundsHint(node));
  }
  const [min, max] = node.items.map((item, i) => finite().read(item, `${name}[${i}]`, report));
  if (min === undefined || max === undefined) return undefined;
  return areOrdered(min, max, node, name, report) ? { min, max } : undefined;
}

function boundsHint(node: YamlNode): string {
  if (node.kind !== "map") return "For example [280, 560].";
  const written = (...words: string[]) => {
    const value = words.map((word) => findEntry(node, word)?.value).find((one) =>
      one !== undefined
    );
    return value?.kind === "scalar" ? value.written : "…";
  };
  const [from, to] = [written("from", "min", "low", "start"), written("to", "max", "high", "stop")];
  return `Write [${from}, ${to}].`;
}

function areOrdered(
  min: number,
  max: number,
  node: YamlNode,
  name: string,
  report: Report,
): boolean {
  if (min < max) return true;
  const [message, hint] = min === max
    ? [
      `"${name}" begins and ends at ${min}`,
      "What is the same in every point stands under parameters.",
    ]
    : [`"${name}" goes down from ${min} to ${max}`, `Write [${max}, ${min}].`];
  report.error(node, "sweep", message, hint);
  return false;
}

function readLogUniform(node: YamlNode, name: string, report: Report): Distribution | undefined {
  const bounds = readBounds(node, name, report);
  if (bounds === undefined) return undefined;
  if (bounds.min > 0) return { kind: "log-uniform", ...bounds };
  const message = `"${name}" begins at ${bounds.min}, which has no logarithm`;
  const hint = "Both numbers must be above zero; uniform takes any.";
  return report.error((node as YamlList).items[0]!, "sweep", message, hint);
}

function readInteger(node: YamlNode, name: string, report: Report): Distribution | undefined {
  const bounds = readBounds(node, name, report);
  if (bounds === undefined) return undefined;
  for (const [i, bound] of [bounds.min, bounds.max].entries()) {
    if (Number.isSafeInteger(bound)) continue;
    const item = (node as YamlList).items[i]!;
    return mustBe(item, `${name}[${i}]`, "a whole number", report, `Write ${Math.round(bound)}.`);
  }
  if (!Number.isSafeInteger(bounds.max - bounds.min + 1)) {
    return report.error(node, "sweep", `"${name}" has more than 2^53 values`, "Use uniform.");
  }
  return { kind: "integer", ...bounds };
}

const NORMAL_FIELDS = {
  mean: { shape: finite(), about: "The mean, before it is cut." },
  sd: { shape: finite(), about: "The standard deviation, before it is cut." },
  min: { shape: finite(), about: "No value is less." },
  max: { shape: finite(), about: "No value is more." },
} as const;

const NORMAL = fields(NORMAL_FIELDS, {
  synonyms: {
    mu: "mean",
    loc: "mean",
    average: "mean",
    sigma: "sd",
    std: "sd",
    stddev: "sd",
    stdev: "sd",
    scale: "sd",
    deviation: "sd",
    variance: "sd, the root of it",
    low: "min",
    lower: "min",
    from: "min",
    high: "max",
    upper: "max",
    to: "max",
  },
});

function readNormal(node: YamlNode, name: string, report: Report): Distribution | undefined {
  if (node.kind !== "map") {
    const written = node.kind === "list" && node.items.length === 2 ? node.items : [];
    const [mean, sd] = [0, 1].map((i) => {
      const item = written[i];
      return item?.kind === "scalar" ? item.written : "…";
    });
    const hint = `Write { mean: ${mean}, sd: ${sd} }.`;
    return mustBe(node, name, `a mapping with "mean" and "sd"`, report, hint);
  }
  const before = report.failures;
  const values = NORMAL.read(node, name, report);
  if (values === undefined || report.failures > before) return undefined;
  const { mean, sd, min, max } = values;
  if (mean === undefined || sd === undefined) {
    const missing = mean === undefined ? "mean" : "sd";
    return report.error(node, "sweep", `"${name}" has no "${missing}"`, "{ mean: 288, sd: 2 }");
  }
  const nodeOf = (key: string) => findEntry(node, key)!.value;
  if (!(sd > 0)) {
    const hint = sd < 0 ? `Write sd: ${-sd}.` : "What does not vary stands under parameters.";
    return mustBe(nodeOf("sd"), `${name}.sd`, "above zero", report, hint);
  }
  if (min !== undefined && max !== undefined && !(min < max)) {
    const message = `"${name}" is cut at ${min} from below and at ${max} from above`;
    return report.error(nodeOf("max"), "sweep", message, "min must be less than max.");
  }
  const normal = {
    mean,
    sd,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
  // Beyond this the digits of a double end: there would be one value, or none.
  if (!(shareWithin(normal) > 1e-200)) {
    const message = `"${name}" has nothing left: its bounds are too far from its mean`;
    return report.error(node, "sweep", message, "Use uniform, or move mean or bounds.");
  }
  return { kind: "normal", ...normal };
}

function readChoice(node: YamlNode, name: string, report: Report): Distribution | undefined {
  if (node.kind !== "list" || node.items.length === 0) {
    return mustBe(node, name, "a list of values", report, "For example [euler, rk4].");
  }
  const shape = parameterValue();
  const values = node.items.map((item, i) => shape.read(item, `${name}[${i}]`, report));
  if (values.includes(undefined)) return undefined;
  const first = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    const earlier = first.get(canonical(value));
    if (earlier === undefined) {
      first.set(canonical(value), index);
      continue;
    }
    const { line, column } = placeOf(node.items[earlier]!);
    const message = `Value ${index + 1} of "${name}" is the same as value ${earlier + 1}, ` +
      `in line ${line}, column ${column}`;
    return report.error(node.items[index]!, "sweep", message, "Remove one of them.");
  }
  return { kind: "choice", values: values as ParameterValue[] };
}

export function distributionSchema(): JsonSchema {
  const bounds = (about: string, item: JsonSchema): JsonSchema => ({
    description: about,
    type: "array",
    items: item,
    minItems: 2,
    maxItems: 2,
  });
  const properties = {
    uniform: bounds("Any number between two, all equally likely.", { type: "number" }),
    log_uniform: bounds("Any number between two above zero, every decade equally likely.", {
      type: "number",
      exclusiveMinimum: 0,
    }),
    normal: {
      description: "The normal distribution, cut at min and max where they are given.",
      ...fieldsSchema({
        ...NORMAL_FIELDS,
        sd: {
          ...NORMAL_FIELDS.sd,
          shape: { ...NORMAL_FIELDS.sd.shape, schema: { type: "number", exclusiveMinimum: 0 } },
        },
      }, ["mean", "sd"]),
    },
    integer: bounds("A whole number from one to another, both included.", { type: "integer" }),
    choice: {
      description: "One of these values, all equally likely.",
      type: "array",
      minItems: 1,
      uniqueItems: true,
    },
  };
  return {
    type: "object",
    properties,
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  };
}

/** What stands for a distribution's value of that number: one of a choice, else all of it. */
export function findChoice(node: YamlMap, index: number): YamlNode {
  const values = findEntry(node, "choice")?.value;
  return values?.kind === "list" ? values.items[index] ?? node : node;
}
