/** Shapes: what a value of a manifest may be. Each one both checks a node and describes itself as JSON Schema. */
import type { ParameterValue } from "../job/job.ts";
import type { Diagnostic, DiagnosticCode } from "./diagnostic.ts";
import { describe, isNull, placeOf, quote, type YamlEntry, type YamlNode } from "./node.ts";
import { bounded } from "./quote.ts";
import {
  COUNT_PATTERN,
  DURATION_PATTERN,
  parseCount,
  parseDuration,
  parseSize,
  type Quantity,
  SIZE_PATTERN,
} from "./quantity.ts";

export type JsonSchema = { readonly [keyword: string]: unknown };

export interface Shape<T> {
  /** Accepts what `read` accepts, as far as JSON Schema can say it. */
  readonly schema: JsonSchema;
  /** The value, or `undefined` when the node is wrong and the report says why. */
  read(node: YamlNode, name: string, report: Report): T | undefined;
}

/** Collects mistakes, each once: what a default gets wrong is wrong for every job that takes it. */
export class Report {
  readonly diagnostics: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  #failures = 0;

  /** Mistakes met, also those that are known already: it grows whenever something is wrong. */
  get failures(): number {
    return this.#failures;
  }

  error(node: YamlNode, code: DiagnosticCode, message: string, hint?: string): undefined {
    this.#failures++;
    this.#add("error", node, code, message, hint);
  }

  /** Nothing is wrong, but perhaps something else was meant. */
  warning(node: YamlNode, code: DiagnosticCode, message: string, hint?: string): void {
    this.#add("warning", node, code, message, hint);
  }

  #add(
    severity: Diagnostic["severity"],
    node: YamlNode,
    code: DiagnosticCode,
    message: string,
    hint: string | undefined,
  ): void {
    const place = placeOf(node);
    const key = `${place.path}\0${node.start}\0${message}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.diagnostics.push({
      code,
      severity,
      message: bounded(message),
      place,
      ...(hint === undefined ? {} : { hint: bounded(hint) }),
    });
  }
}

/** A whole number; what a person may write for one is in `quantity.ts`. */
export function count(range: { readonly min?: number; readonly max?: number } = {}): Shape<number> {
  const { min = 1, max = Number.MAX_SAFE_INTEGER } = range;
  return {
    schema: {
      anyOf: [
        { type: "integer", minimum: min, maximum: max },
        { type: "string", pattern: COUNT_PATTERN },
      ],
    },
    read: (node, name, report) =>
      quantity(node, name, report, (value) => parseCount(value, { min, max })),
  };
}

/** A duration, in milliseconds; with `zero` also none at all. */
export function duration(options: { readonly zero?: boolean } = {}): Shape<number> {
  const least = options.zero === true ? { minimum: 0 } : { exclusiveMinimum: 0 };
  return {
    schema: {
      anyOf: [{ type: "number", ...least }, { type: "string", pattern: DURATION_PATTERN }],
    },
    read: (node, name, report) =>
      quantity(node, name, report, (value) => parseDuration(value, options)),
  };
}

/** A size in bytes, at least `min`. */
export function size({ min }: { readonly min: number }): Shape<number> {
  return {
    schema: {
      anyOf: [{ type: "number", minimum: min }, { type: "string", pattern: SIZE_PATTERN }],
    },
    read: (node, name, report) =>
      quantity(node, name, report, (value) => {
        const parsed = parseSize(value);
        if (!parsed.ok || parsed.value >= min) return parsed;
        const hint = typeof value === "number" && value < 2 ** 20
          ? `A plain number is bytes; write ${value}GiB or ${value}MiB.`
          : "Write for example 512MiB or 8GiB.";
        return { ok: false, mistake: `must be at least ${min / 2 ** 20} MiB`, hint };
      }),
  };
}

/** Text; a number or a word like `true` must be quoted to be text. */
export function text(pattern?: RegExp, wanted = "text"): Shape<string> {
  return {
    schema: { type: "string", ...(pattern === undefined ? {} : { pattern: pattern.source }) },
    read(node, name, report) {
      if (node.kind === "scalar" && typeof node.value !== "string" && node.written !== "") {
        const hint = `Quote it: "${node.written}".`;
        return report.error(
          node,
          "value",
          `"${name}" must be ${wanted}, but is ${describe(node)}`,
          hint,
        );
      }
      if (node.kind !== "scalar" || typeof node.value !== "string") {
        return mustBe(node, name, wanted, report);
      }
      if (pattern !== undefined && !pattern.test(node.value)) {
        return mustBe(node, name, wanted, report);
      }
      return node.value;
    },
  };
}

/** A list of values of the same shape; nothing written is none. */
export function list<T>(items: Shape<T>, example: string): Shape<readonly T[]> {
  return {
    schema: { type: ["array", "null"], items: items.schema },
    read(node, name, report) {
      if (isNull(node)) return [];
      if (node.kind !== "list") {
        return mustBe(node, name, "a list", report, `For example ${name}: [${example}].`);
      }
      const read = node.items.map((item, index) => items.read(item, `${name}[${index}]`, report));
      return read.filter((value) => value !== undefined);
    },
  };
}

/** Names of parameters and inputs: an identifier, dots and dashes allowed. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;

/** Names, each with a value of the same shape; nothing written is none. */
export function named<T>(values: Shape<T>): Shape<{ readonly [name: string]: T }> {
  return {
    schema: {
      type: ["object", "null"],
      propertyNames: { pattern: NAME.source },
      additionalProperties: values.schema,
    },
    read(node, name, report) {
      if (isNull(node)) return {};
      if (node.kind !== "map") return mustBe(node, name, "a mapping of names to values", report);
      const record: Record<string, T> = {};
      for (const entry of node.entries) {
        const value = values.read(entry.value, `${name}.${entry.key}`, report);
        if (checkName(entry, report) && value !== undefined) record[entry.key] = value;
      }
      return record;
    },
  };
}

/** Anything a parameter may be: JSON, and numbers that are not finite. */
export function parameterValue(): Shape<ParameterValue> {
  return { schema: {}, read: readValue };
}

function readValue(node: YamlNode, name: string, report: Report): ParameterValue | undefined {
  switch (node.kind) {
    case "scalar":
      if (node.doubt !== undefined) {
        return report.error(node, "value", node.doubt.message, node.doubt.hint);
      }
      if (node.value === null && node.written === "") {
        const hint = "Write null if that is what you mean.";
        return report.error(node, "value", `"${name}" has no value`, hint);
      }
      return node.value;
    case "list": {
      const items = node.items.map((item, index) => readValue(item, `${name}[${index}]`, report));
      return items.includes(undefined) ? undefined : items as ParameterValue[];
    }
    case "map": {
      const record: Record<string, ParameterValue> = {};
      for (const { key, value } of node.entries) {
        const item = readValue(value, `${name}.${key}`, report);
        if (item === undefined) return undefined;
        record[key] = item;
      }
      return record;
    }
  }
}

export function checkName(
  { key, keyNode }: YamlEntry,
  report: Report,
  what = "parameter or input",
): boolean {
  if (NAME.test(key)) return true;
  const message = `${quote(key)} cannot be the name of a ${what}`;
  const hint = "A name begins with a letter and has letters, digits, _, - and dots, at most 100.";
  report.error(keyNode, "value", message, hint);
  return false;
}

/** Reports `"name" must be …, but is …`. */
export function mustBe(
  node: YamlNode,
  name: string,
  wanted: string,
  report: Report,
  hint?: string,
): undefined {
  return report.error(
    node,
    "value",
    `"${name}" must be ${wanted}, but is ${describe(node)}`,
    hint,
  );
}

/** Reads a scalar through one of the parsers of `quantity.ts`. */
export function quantity(
  node: YamlNode,
  name: string,
  report: Report,
  parse: (value: unknown) => Quantity,
): number | undefined {
  if (node.kind === "scalar" && node.doubt !== undefined) {
    return report.error(node, "value", node.doubt.message, node.doubt.hint);
  }
  const parsed = parse(node.kind === "scalar" ? node.value : undefined);
  if (parsed.ok) return parsed.value;
  const but = parsed.mistake.startsWith("must") ? `, but is ${describe(node)}` : "";
  return report.error(node, "value", `"${name}" ${parsed.mistake}${but}`, parsed.hint);
}
