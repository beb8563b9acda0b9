/** Reads `until`: when no more runs of a job are needed; and its JSON Schema. */
import type { Until } from "../job/job.ts";
import { searchOf, type Sweep } from "../job/sweep.ts";
import { finite } from "./axis_shape.ts";
import { fields, type FieldValues, listed } from "./fields.ts";
import { findEntry, type YamlMap, type YamlNode } from "./node.ts";
import { count, mustBe, type Report, type Shape, text } from "./shape.ts";

/** Fewer values say too little of how much they differ. */
const AT_LEAST_FOR_MEAN = 30;

const RULES = ["below", "above", "no_improvement", "standard_error"] as const;

const FIELDS = {
  metric: {
    shape: text(),
    about: "A number of the results, named as simrun results --columns names it; in a search its " +
      "metric.",
    examples: ["mean"],
  },
  below: { shape: finite(), about: "A run has come below this.", examples: [1e-6] },
  above: { shape: finite(), about: "A run has come above this." },
  no_improvement: {
    shape: count(),
    about: "The best of a search has not become better for so many runs.",
    examples: [50],
  },
  standard_error: {
    shape: errorShape(),
    about: "The mean over the runs is known so well: a number, or a share of the mean as 1%.",
    examples: [0.01, "1%"],
  },
  at_least: {
    shape: count(),
    about: `Not before so many runs have ended; 1, for standard_error ${AT_LEAST_FOR_MEAN}.`,
  },
} as const;

const SHAPE = fields(FIELDS, {
  synonyms: {
    less_than: "below",
    under: "below",
    target: "below",
    more_than: "above",
    over: "above",
    patience: "no_improvement",
    stagnation: "no_improvement",
    error: "standard_error",
    std_error: "standard_error",
    sem: "standard_error",
    precision: "standard_error",
    tolerance: "standard_error",
    relative_error: "standard_error: 1%",
    min_runs: "at_least",
    minimum: "at_least",
    after: "at_least",
    runs: "at_least",
    objective: "metric",
    mean: "metric: mean",
  },
});

export type UntilValues = FieldValues<typeof FIELDS>;

export function untilShape(): Shape<UntilValues> {
  return SHAPE;
}

/** The rule of a job, when it fits to what the job does. */
export function readUntil(
  map: YamlMap,
  values: UntilValues | undefined,
  sweep: Sweep | undefined,
  report: Report,
): Until | undefined {
  const entry = findEntry(map, "until");
  if (entry === undefined || values === undefined) return undefined;
  const search = searchOf(sweep);
  const refuse = (key: string | undefined, message: string, hint: string): undefined => {
    const node = entry.value.kind === "map" && key !== undefined
      ? findEntry(entry.value, key)?.keyNode
      : undefined;
    return report.error(node ?? entry.keyNode, "conflict", message, hint);
  };
  if (sweep === undefined && findEntry(map, "sweep") === undefined) {
    if (findEntry(map, "optimize") !== undefined) return undefined;
    const hint = "It is for searches (optimize), and for sweeps with sample or repeat.";
    return refuse(undefined, `"until" stands in a job of one run`, hint);
  }
  if (sweep === undefined) return undefined;
  const rules = RULES.filter((rule) => values[rule] !== undefined);
  if (rules.length === 0) {
    // What is there and wrong was told.
    const isTold = entry.value.kind !== "map" ||
      entry.value.entries.some(({ key }) => key !== "metric" && key !== "at_least");
    if (isTold) return undefined;
    const hint = `Give it ${listed(RULES)}, for example until: { below: 1e-6 }.`;
    return refuse(undefined, `"until" says no reason to stop`, hint);
  }
  const metric = values.metric ?? search?.metric;
  if (metric === undefined) {
    const hint = "Name a number of the results, for example until: { metric: mean, … }.";
    return refuse(undefined, `"until" has no "metric"`, hint);
  }
  if (search !== undefined && metric !== search.metric) {
    const hint = `Remove it: the search goes by ${search.metric}.`;
    return refuse("metric", `"until" goes by another metric than "optimize"`, hint);
  }
  if (search === undefined && values.no_improvement !== undefined) {
    const hint = "In a sweep nothing is searched; below, above and standard_error are for sweeps.";
    return refuse("no_improvement", `"no_improvement" stands without "optimize"`, hint);
  }
  const wrong = search?.goal === "maximize" ? "below" : "above";
  if (search !== undefined && values[wrong] !== undefined) {
    const right = wrong === "below" ? "above" : "below";
    const hint = `Write ${right}: a number that is good enough.`;
    return refuse(wrong, `"${wrong}" stands in a search whose goal is to ${search.goal}`, hint);
  }
  if (values.standard_error !== undefined) {
    const mistake = whyNoMean(sweep);
    if (mistake !== undefined) return refuse("standard_error", mistake.message, mistake.hint);
  }
  const { below, above, no_improvement: noImprovement, standard_error: standardError } = values;
  const usual = standardError === undefined ? 1 : AT_LEAST_FOR_MEAN;
  return {
    metric,
    ...(below !== undefined && { below }),
    ...(above !== undefined && { above }),
    ...(noImprovement !== undefined && { noImprovement }),
    ...(standardError !== undefined && { standardError }),
    atLeast: values.at_least ?? usual,
  };
}

/** Why the mean over the runs of a sweep means nothing. */
function whyNoMean(sweep: Sweep): { readonly message: string; readonly hint: string } | undefined {
  const kinds = sweep.parts.map(({ kind }) => kind);
  if (kinds.includes("search")) {
    const message = "The runs of a search are chosen, so their mean says nothing";
    return { message, hint: "Write below, above or no_improvement." };
  }
  if (!kinds.includes("sample") && !kinds.includes("repeat")) {
    const message = `"standard_error" stands beside a sweep without "sample" and "repeat"`;
    return { message, hint: "The mean over a grid is as well known as it will be." };
  }
  return undefined;
}

type StandardError = NonNullable<Until["standardError"]>;

/** A number above zero, or a percentage. */
function errorShape(): Shape<StandardError> {
  const PERCENT = /^(\d+(?:\.\d+)?(?:e-?\d+)?) ?%$/i;
  return {
    schema: {
      anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "string", pattern: PERCENT.source }],
    },
    read(node: YamlNode, name: string, report: Report) {
      const value = node.kind === "scalar" ? node.value : undefined;
      const percent = typeof value === "string" ? PERCENT.exec(value)?.[1] : undefined;
      const number = percent === undefined ? value : Number(percent) / 100;
      if (typeof number === "number" && number > 0 && Number.isFinite(number)) {
        return { value: number, isRelative: percent !== undefined };
      }
      const hint = "For example 0.01, or 1% of the mean.";
      return mustBe(node, name, "a number above zero, or a percentage", report, hint);
    },
  };
}
