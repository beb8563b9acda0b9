/** Reads a sample of a sweep: method, number and distributions of its points, which stay a description; and its schema. */
import {
  REPEAT_NUMBER,
  type Sample,
  SAMPLE_METHODS,
  SAMPLE_NUMBER,
  type SampleMethod,
} from "../job/sweep.ts";
import { SAMPLE_DIMENSIONS } from "../plan/sample.ts";
import { choice } from "./choice_shape.ts";
import { distributionSchema, readDistribution } from "./distribution_shape.ts";
import { fieldsSchema, type ForeignWords, readFields } from "./fields.ts";
import { findEntry, isNull, type YamlEntry, type YamlMap, type YamlNode } from "./node.ts";
import {
  checkName,
  count,
  type JsonSchema,
  mustBe,
  NAME,
  type Report,
  type Shape,
} from "./shape.ts";

const DEFAULT_METHOD: SampleMethod = "sobol";

const METHODS = Object.fromEntries(SAMPLE_METHODS.map((method) => [method, method])) as {
  readonly [method in SampleMethod]: method;
};

const SAMPLE_FIELDS = {
  method: {
    shape: choice<SampleMethod>(METHODS, {
      latin: "lhs",
      latin_hypercube: "lhs",
      "latin-hypercube": "lhs",
      hypercube: "lhs",
      lhc: "lhs",
      monte_carlo: "random",
      "monte-carlo": "random",
      mc: "random",
      uniform: "random",
      qmc: "sobol",
      quasi_random: "sobol",
      "quasi-random": "sobol",
    }),
    about:
      "random: independent points; lhs: a Latin hypercube; sobol, halton: scrambled sequences " +
      "that fill the space most evenly.",
    default: DEFAULT_METHOD,
  },
  count: {
    shape: count({ max: 2 ** 32 }),
    about:
      "How many points. More of them later keep those that were there; with lhs twice as many do.",
  },
  seed: {
    shape: count({ min: 0 }),
    about: "Another seed gives other points, equally good.",
    default: 0,
  },
  over: {
    shape: overShape(),
    about: "The sampled parameters, each with its distribution.",
    examples: [{ co2: { uniform: [280, 560] }, k: { log_uniform: [0.001, 1] } }],
  },
} as const;

const FOREIGN: ForeignWords = {
  synonyms: {
    n: "count",
    size: "count",
    points: "count",
    samples: "count",
    number: "count",
    sampler: "method",
    type: "method",
    design: "method",
    random_seed: "seed",
    parameters: "over",
    params: "over",
    distributions: "over",
    of: "over",
    from: "over",
  },
};

const EXAMPLE = "{ count: 256, over: { co2: { uniform: [280, 560] } } }";

export function readSample(node: YamlNode, report: Report): Sample | undefined {
  const name = "sweep.sample";
  if (node.kind !== "map") {
    const hint = `For example ${EXAMPLE}.`;
    return mustBe(node, name, `a mapping with "count" and "over"`, report, hint);
  }
  const before = report.failures;
  hintAtOver(node, report);
  if (report.failures > before) return undefined;
  const values = readFields(SAMPLE_FIELDS, node, name, report, FOREIGN);
  for (const key of ["count", "over"]) {
    if (findEntry(node, key) === undefined && report.failures === before) {
      report.error(node, "sweep", `The sample "${name}" has no "${key}"`, EXAMPLE);
    }
  }
  const { method = DEFAULT_METHOD, seed = 0, over } = values;
  if (report.failures > before || values.count === undefined || over === undefined) {
    return undefined;
  }
  const most = SAMPLE_DIMENSIONS[method];
  if (over.length > most) {
    const message =
      `The method ${method} has ${most} dimensions, but here are ${over.length} parameters`;
    return report.error(overOf(node)!, "sweep", message, "Write method: lhs, or random.");
  }
  return { kind: "sample", method, count: values.count, seed, over };
}

/** Parameters that stand beside the fields of the sample instead of under `over`. */
function hintAtOver(node: YamlMap, report: Report): void {
  for (const { key, keyNode, value } of node.entries) {
    if (Object.hasOwn(SAMPLE_FIELDS, key) || value.kind !== "map") continue;
    if (Object.hasOwn(FOREIGN.synonyms!, key)) continue;
    const message = `"${key}" stands beside the keys of the sample`;
    report.error(keyNode, "sweep", message, `Put it under over: { ${key}: … }.`);
  }
}

/** `numbers` are names that no parameter may have: so are the numbers of points called. */
export function overShape(
  numbers: readonly string[] = [SAMPLE_NUMBER, REPEAT_NUMBER],
): Shape<Sample["over"]> {
  return {
    schema: {
      type: "object",
      minProperties: 1,
      propertyNames: {
        pattern: NAME.source,
        not: { enum: numbers },
      },
      additionalProperties: distributionSchema(),
    },
    read(node, name, report) {
      if (node.kind !== "map" || node.entries.length === 0) {
        const hint = "For example over: { co2: { uniform: [280, 560] } }.";
        return mustBe(node, name, "a mapping of parameters to distributions", report, hint);
      }
      const over: Sample["over"][number][] = [];
      for (const entry of node.entries) {
        const distribution = readDistribution(entry.value, `${name}.${entry.key}`, report);
        if (isFree(entry, numbers, report) && distribution !== undefined) {
          over.push({ name: entry.key, distribution });
        }
      }
      return over;
    },
  };
}

function isFree(entry: YamlEntry, numbers: readonly string[], report: Report): boolean {
  if (!checkName(entry, report)) return false;
  if (!numbers.includes(entry.key)) return true;
  const message =
    `A sampled parameter cannot be called "${entry.key}": so is the number of a point`;
  return report.error(entry.keyNode, "sweep", message, "Call the model's parameter otherwise.") ??
    false;
}

/** The sampled parameters as they are written, right or wrong. */
export function overOf(sample: YamlNode): YamlMap | undefined {
  const over = sample.kind === "map" ? findEntry(sample, "over")?.value : undefined;
  return over?.kind === "map" ? over : undefined;
}

/** Whether it is a list of values or a range: then a parameter is called so, and nothing else is meant. */
export function isAxis(node: YamlNode): boolean {
  return node.kind === "list" ||
    node.kind === "map" && ["from", "to"].some((key) => findEntry(node, key) !== undefined);
}

/** How many times each point is run. */
export function readRepeat(node: YamlNode, report: Report): number | undefined {
  if (!isNull(node)) return REPEAT.read(node, "sweep.repeat", report);
  const hint = "Write for example repeat: 5, or remove it.";
  return mustBe(node, "sweep.repeat", "a whole number, at least 1", report, hint);
}

const REPEAT = count();

export function sampleSchema(): JsonSchema {
  return fieldsSchema(SAMPLE_FIELDS, ["count", "over"]);
}

export function repeatSchema(): JsonSchema {
  return REPEAT.schema;
}
