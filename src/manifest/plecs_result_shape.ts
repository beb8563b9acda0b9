/** What of the signals of a PLECS model is its result, as a manifest says it: by number, or by the names it gives them. */
import {
  type PlecsModel,
  SIGNAL_FIGURES,
  type SignalFigure,
  type SignalResult,
  TIME_COLUMN,
} from "../job/plecs.ts";
import { choice } from "./choice_shape.ts";
import { fieldsSchema, readFields } from "./fields.ts";
import { findEntry, quote, type YamlMap, type YamlNode } from "./node.ts";
import { checkName, mustBe, NAME, type Report, type Shape } from "./shape.ts";
import { didYouMean } from "./suggest.ts";

const FIGURES = Object.fromEntries(SIGNAL_FIGURES.map((one) => [one, one])) as {
  readonly [figure in SignalFigure]: figure;
};

const RESULT_FIELDS = {
  signal: {
    shape: signalShape(),
    about:
      "A signal by its number, from 1 in the order of the outports, or by its name in signals.",
    examples: [1, "Vout"],
  },
  of: {
    shape: choice<SignalFigure>(FIGURES, {
      ripple: "pp",
      peak_to_peak: "pp",
      average: "mean",
      avg: "mean",
      maximum: "max",
      minimum: "min",
      final: "last",
      end: "last",
    }),
    about: "What of it: last, mean, min, max, rms or pp (peak to peak); mean and rms over time.",
    default: "last",
  },
  from: { shape: secondsShape(), about: "Where the window begins, in seconds of the simulation." },
  to: { shape: secondsShape(), about: "Where it ends." },
} as const;

/** As it is written: which signal a name stands for is settled when all names are known. */
type WrittenResult = Omit<SignalResult, "signal"> & { readonly signal: number | string };

export function signalResultsShape(): Shape<{ readonly [name: string]: WrittenResult }> {
  return {
    schema: {
      type: "object",
      propertyNames: { pattern: NAME.source },
      additionalProperties: fieldsSchema(RESULT_FIELDS, ["signal"]),
    },
    read(node, name, report) {
      const example = "For example results: { ripple: { signal: Vout, of: pp } }.";
      if (node.kind !== "map") return mustBe(node, name, "a mapping of names", report, example);
      const results: Record<string, WrittenResult> = {};
      for (const entry of node.entries) {
        if (!checkName(entry, report)) continue;
        const path = `${name}.${entry.key}`;
        const read = readResult(entry.value, path, report, example);
        if (read !== undefined) results[entry.key] = read;
      }
      return results;
    },
  };
}

function readResult(
  node: YamlNode,
  name: string,
  report: Report,
  example: string,
): WrittenResult | undefined {
  if (node.kind !== "map") {
    return mustBe(node, name, "{ signal, of, from, to }", report, example);
  }
  const values = readFields(RESULT_FIELDS, node, name, report, {
    synonyms: { outport: "signal", name: "signal", figure: "of", start: "from", end: "to" },
  });
  const { signal, of = "last", from, to } = values;
  if (findEntry(node, "signal") === undefined) {
    return report.error(node, "missing-key", `"${name}" has no "signal"`, example);
  }
  if (from !== undefined && to !== undefined && from > to) {
    const hint = "from comes before to, both in seconds of the simulation.";
    return report.error(node, "value", `The window of "${name}" ends before it begins`, hint);
  }
  if (signal === undefined) return undefined;
  return { signal, of, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

export function checkSignals(signals: readonly string[], map: YamlMap, report: Report): void {
  for (const [at, name] of signals.entries()) {
    const isOthers = signals.indexOf(name) !== at || name === TIME_COLUMN ||
      /^y\d+$/.test(name) && name !== `y${at + 1}`;
    if (!isOthers) continue;
    const node = findEntry(map, "signals")!.keyNode;
    const hint = `Give each its own name; ${TIME_COLUMN}, and y1, y2 … of others, are taken.`;
    report.error(node, "conflict", `The signal name ${quote(name)} is taken already`, hint);
  }
}

export function settleSignals(
  written: { readonly [name: string]: WrittenResult } | undefined,
  signals: readonly string[],
  map: YamlMap,
  report: Report,
): PlecsModel["results"] {
  if (written === undefined) return undefined;
  const settled: Record<string, SignalResult> = {};
  for (const [name, result] of Object.entries(written)) {
    const { signal } = result;
    const number = typeof signal === "number" ? signal : signals.indexOf(signal) + 1;
    if (number > 0) {
      settled[name] = { ...result, signal: number };
      continue;
    }
    const message = `There is no signal ${quote(String(signal))}`;
    const hint = didYouMean(String(signal), signals) ??
      (signals.length === 0
        ? `Name the outports in their order, signals: [${signal}, …], or give their number.`
        : `Known here: ${signals.join(", ")}.`);
    report.error(resultNode(map, name), "value", message, hint);
  }
  return settled;
}

function resultNode(map: YamlMap, name: string): YamlNode {
  const results = findEntry(map, "results")!;
  const result = results.value.kind === "map" ? findEntry(results.value, name) : undefined;
  if (result === undefined) return results.keyNode;
  const signal = result.value.kind === "map" ? findEntry(result.value, "signal") : undefined;
  return signal?.value ?? result.value;
}

function signalShape(): Shape<number | string> {
  return {
    schema: { anyOf: [{ type: "integer", minimum: 1 }, { type: "string", minLength: 1 }] },
    read(node, name, report) {
      const value = node.kind === "scalar" ? node.value : undefined;
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
      if (typeof value === "string" && value !== "") return value;
      const hint = "They are counted from 1, in the order of the outports.";
      return mustBe(node, name, "the number or the name of a signal", report, hint);
    },
  };
}

function secondsShape(): Shape<number> {
  return {
    schema: { type: "number" },
    read(node, name, report) {
      const value = node.kind === "scalar" && node.doubt === undefined ? node.value : undefined;
      if (typeof value === "number" && Number.isFinite(value)) return value;
      return mustBe(node, name, "seconds of the simulation", report, "For example 5e-3.");
    },
  };
}
