/** How a manifest says what is read from a command's output: progress, measurements, results. */
import type { CommandMeasure, CommandModel, CommandResults, ResultField } from "../job/command.ts";
import { ownPathShape } from "./command_paths.ts";
import { fieldsSchema, readFields } from "./fields.ts";
import { findEntry, isNull, type YamlMap } from "./node.ts";
import { checkName, mustBe, NAME, type Report, type Shape, text } from "./shape.ts";

/** One value, or a list of them. */
export function oneOrMore<T>(one: Shape<T>): Shape<readonly T[]> {
  return {
    schema: { anyOf: [one.schema, { type: "array", items: one.schema }] },
    read(node, name, report) {
      if (node.kind === "list") return listOf(one).read(node, name, report);
      const value = one.read(node, name, report);
      return value === undefined ? undefined : [value];
    },
  };
}

function listOf<T>(one: Shape<T>): Shape<readonly T[]> {
  return {
    schema: { type: ["array", "null"], items: one.schema },
    read(node, name, report) {
      if (isNull(node)) return [];
      if (node.kind !== "list") return mustBe(node, name, "a list", report);
      const items = node.items.map((item, i) => one.read(item, `${name}[${i}]`, report));
      return items.includes(undefined) ? undefined : items as T[];
    },
  };
}

/** A regular expression as JavaScript has them, with so many groups at least. */
export function regularExpression(groups = 0): Shape<string> {
  const anyText = text(undefined, "a regular expression");
  return {
    schema: { type: "string" },
    read(node, name, report) {
      const pattern = anyText.read(node, name, report);
      if (pattern === undefined) return undefined;
      try {
        // Its own alternative beside it matches nothing, and shows how many groups there are.
        const found = new RegExp(`${pattern}|`, "m").exec("")!.length - 1;
        new RegExp(pattern, "m");
        if (found >= groups) return pattern;
        const hint = `Put what is to be taken between brackets, for example 'step (\\d+)'.`;
        return mustBe(node, name, "a regular expression with a group", report, hint);
      } catch (error) {
        const why = error instanceof Error ? error.message.replace(/^.*?: \/.*\/m?: /s, "") : "";
        const message = `"${name}" is no regular expression: ${why}`;
        return report.error(
          node,
          "value",
          message,
          "A backslash before a sign takes it literally.",
        );
      }
    },
  };
}

const FILE = {
  shape: ownPathShape(),
  about: "A file of the run's folder; what the program prints when it is absent.",
};

export function progressShape(): Shape<CommandModel["progress"] & object> {
  const table = {
    pattern: { shape: regularExpression(1), about: "Its first group is the step." },
    file: FILE,
  };
  const pattern = regularExpression(1);
  return {
    schema: { anyOf: [{ type: "string" }, fieldsSchema(table, ["pattern"])] },
    read(node, name, report) {
      if (node.kind !== "map") {
        const read = pattern.read(node, name, report);
        return read === undefined ? undefined : { pattern: read };
      }
      const { pattern: read, file } = readFields(table, node, name, report);
      if (read === undefined) return mustBe(node, name, "a pattern, or { pattern, file }", report);
      return { pattern: read, ...(file !== undefined && { file }) };
    },
  };
}

export function measureShape(): Shape<CommandMeasure> {
  const table = {
    pattern: {
      shape: regularExpression(),
      about: "Named groups are columns; (?<step>…) the step.",
    },
    table: { shape: text(), about: "The first name in the table's head; it counts the steps." },
    file: FILE,
  };
  return {
    schema: fieldsSchema(table),
    read(node, name, report) {
      const wanted = "{ pattern } or { table }";
      if (node.kind !== "map") return mustBe(node, name, wanted, report);
      const { pattern, table: head, file } = readFields(table, node, name, report);
      if ((pattern === undefined) === (head === undefined)) {
        const hint = "For example measure: { table: Step }.";
        return mustBe(node, name, wanted, report, hint);
      }
      const source = file === undefined ? {} : { file };
      if (pattern === undefined) return { kind: "table", head: head!, ...source };
      const names = Object.keys(new RegExp(`${pattern}|`).exec("")?.groups ?? {});
      if (names.filter((one) => one !== "step").length > 0) {
        return { kind: "pattern", pattern, ...source };
      }
      const hint = "Name what is measured: (?<step>\\d+) +(?<energy>\\S+).";
      const { value } = findEntry(node, "pattern")!;
      return mustBe(value, `${name}.pattern`, "a pattern with named groups", report, hint);
    },
  };
}

const RESULT_TABLE = {
  pattern: {
    shape: regularExpression(),
    about: "A regular expression: its last match, and of that its first group.",
  },
  column: { shape: text(), about: "A column of the file; the value in its last row." },
  at: { shape: text(), about: "Of a JSON file: keys and indices with dots between." },
  file: FILE,
} as const;

const FOREIGN = { synonyms: { regex: "pattern", json: "file, with at", csv: "file, with column" } };

export function resultsShape(): Shape<CommandResults> {
  const file = ownPathShape("a file of the run's folder, or a mapping of names");
  const field = fieldsSchema(RESULT_TABLE);
  return {
    schema: {
      anyOf: [file.schema, {
        type: "object",
        propertyNames: { pattern: NAME.source },
        additionalProperties: { anyOf: [{ type: "string" }, field] },
      }],
    },
    read(node, name, report) {
      if (node.kind !== "map") {
        const read = file.read(node, name, report);
        return read === undefined ? undefined : { kind: "file", file: read };
      }
      const read: Record<string, ResultField> = {};
      for (const entry of node.entries) {
        const path = `${name}.${entry.key}`;
        if (!checkName(entry, report, "result")) continue;
        const value = entry.value.kind === "map"
          ? readResult(entry.value, path, report)
          : readBrief(entry.value, path, report);
        if (value !== undefined) read[entry.key] = value;
      }
      return { kind: "fields", fields: read };
    },
  };
}

/** Text alone is a pattern on what the program prints. */
function readBrief(
  node: Parameters<Shape<string>["read"]>[0],
  name: string,
  report: Report,
): ResultField | undefined {
  const pattern = RESULT_TABLE.pattern.shape.read(node, name, report);
  return pattern === undefined ? undefined : { pattern };
}

function readResult(map: YamlMap, name: string, report: Report): ResultField | undefined {
  const before = report.failures;
  const values = readFields(RESULT_TABLE, map, name, report, FOREIGN);
  if (report.failures > before) return undefined;
  const ways = (["pattern", "column", "at"] as const).filter((way) => values[way] !== undefined);
  const wanted = "one of pattern, column and at";
  const hint = "For example { file: out.json, at: energy.total }.";
  if (ways.length !== 1) return mustBe(map, name, wanted, report, hint);
  if (ways[0] === "at" && values.file === undefined) {
    return mustBe(map, name, "a value of a JSON file", report, hint);
  }
  return values;
}
