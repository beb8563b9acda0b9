/** The words, templates and environment of a command, as a manifest writes them. */
import { type CommandTemplate, DEFAULT_MARKS, type Word } from "../job/command.ts";
import { oneOrMore } from "./command_output_shape.ts";
import { isRelativePath, manifestPath, ownPath, ownPathShape } from "./command_paths.ts";
import { fieldsSchema, readFields } from "./fields.ts";
import { isNull, type YamlNode } from "./node.ts";
import { quote } from "./quote.ts";
import { mustBe, type Report, type Shape, text } from "./shape.ts";

/** Words are taken as they are written: 3.0 stays 3.0. */
export function wordsShape(): Shape<readonly Word[]> {
  return {
    schema: { type: "array", minItems: 1, items: { type: ["string", "number", "boolean"] } },
    read(node, name, report) {
      if (node.kind === "scalar" && typeof node.value === "string" && node.value.trim() !== "") {
        const words = node.value.trim().split(/\s+/).map((word) =>
          /^[\w./=+-]+$/.test(word) ? word : JSON.stringify(word)
        );
        const hint = `Write ${name}: [${words.join(", ")}], or shell: for a line of a shell.`;
        return mustBe(node, name, "a list of words", report, hint);
      }
      if (node.kind !== "list" || node.items.length === 0) {
        const hint = `For example ${name}: [python3, ./simulate.py, "\${co2}"].`;
        const wanted = node.kind === "list" ? "a list of one word or more" : "a list of words";
        return mustBe(node, name, wanted, report, hint);
      }
      const words = node.items.map((item, i) => readWord(item, `${name}[${i}]`, report));
      return words.includes(undefined) ? undefined : words as Word[];
    },
  };
}

function readWord(node: YamlNode, name: string, report: Report): Word | undefined {
  if (node.kind !== "scalar" || isNull(node)) {
    return mustBe(node, name, "a word", report, 'An empty word is written "".');
  }
  const word = typeof node.value === "string" ? node.value : node.written;
  if (word.includes("\0")) return mustBe(node, name, "a word without NUL", report);
  return isRelativePath(word) ? { file: manifestPath(node, word) } : word;
}

export function templatesShape(): Shape<readonly CommandTemplate[]> {
  const table = {
    file: { shape: text(), about: "The file with placeholders, relative to the manifest." },
    as: {
      shape: ownPathShape(),
      about: "Where it is written in the run's folder; under its own name when absent.",
    },
    marks: {
      shape: marksShape(),
      about: "What a placeholder begins and ends with, where ${name} means something else there.",
      default: DEFAULT_MARKS,
      examples: [["<<", ">>"]],
    },
  };
  const one: Shape<CommandTemplate> = {
    schema: { anyOf: [{ type: "string" }, fieldsSchema(table, ["file"])] },
    read(node, name, report) {
      if (node.kind !== "map") {
        const file = text(undefined, "the path of a file").read(node, name, report);
        return file === undefined
          ? undefined
          : templateOf({ file: manifestPath(node, file), node, name, report });
      }
      const values = readFields(table, node, name, report);
      if (values.file === undefined) {
        return mustBe(node, name, "a file or { file, as, marks }", report);
      }
      return templateOf({
        ...values,
        file: manifestPath(node, values.file),
        node,
        name,
        report,
      });
    },
  };
  return oneOrMore(one);
}

function templateOf(
  { file, as, marks, node, name, report }: Partial<CommandTemplate> & {
    readonly file: string;
    readonly node: YamlNode;
    readonly name: string;
    readonly report: Report;
  },
): CommandTemplate | undefined {
  const own = as ?? ownPath(file.slice(file.lastIndexOf("/") + 1));
  if (own === undefined) return mustBe(node, name, "the path of a file", report);
  return { file, as: own, marks: marks ?? DEFAULT_MARKS };
}

function marksShape(): Shape<readonly [string, string]> {
  return {
    schema: { type: "array", minItems: 2, maxItems: 2, items: { type: "string", minLength: 1 } },
    read(node, name, report) {
      const marks = node.kind === "list"
        ? node.items.map((item) => item.kind === "scalar" ? item.written : "")
        : [];
      if (marks.length === 2 && marks.every((mark) => /^\S+$/.test(mark))) {
        return [marks[0]!, marks[1]!];
      }
      return mustBe(node, name, "two marks", report, `For example ${name}: ["<<", ">>"].`);
    },
  };
}

const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function environmentShape(): Shape<{ readonly [name: string]: string }> {
  return {
    schema: {
      type: ["object", "null"],
      propertyNames: { pattern: ENVIRONMENT_NAME.source },
      additionalProperties: { type: ["string", "number", "boolean"] },
    },
    read(node, name, report) {
      if (isNull(node)) return {};
      if (node.kind !== "map") return mustBe(node, name, "a mapping of names to texts", report);
      const values: Record<string, string> = {};
      for (const { key, keyNode, value } of node.entries) {
        if (!ENVIRONMENT_NAME.test(key)) {
          const message = `${quote(key)} cannot be the name of an environment variable`;
          report.error(keyNode, "value", message, "It has only letters, digits and _.");
        } else if (value.kind !== "scalar" || value.value === null) {
          mustBe(value, `${name}.${key}`, "text", report, 'Empty text is written "".');
        } else values[key] = typeof value.value === "string" ? value.value : value.written;
      }
      return values;
    },
  };
}
