/** The result of a run, from the files that its program left and from what it printed. Pure: files are a port. */
import type { CommandResults, ResultField } from "../job/command.ts";
import { splitRow } from "./measure.ts";
import { parseNumber } from "./number.ts";

/** What is not there or is no number, in the user's words. */
export class NoResult extends Error {}

/** Text of a file of the run's folder; throws {@linkcode NoResult} where there is none. */
export type ReadText = (file: string) => string;

/** Remembers, line by line, what patterns on a program's output find. */
export class PrintedResults {
  readonly #patterns: readonly { readonly name: string; readonly pattern: RegExp }[];
  readonly found = new Map<string, string>();

  constructor(results: CommandResults | undefined) {
    const fields = results?.kind === "fields" ? Object.entries(results.fields) : [];
    this.#patterns = fields.flatMap(([name, { pattern, file }]) =>
      pattern === undefined || file !== undefined ? [] : [{ name, pattern: new RegExp(pattern) }]
    );
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  line(text: string): void {
    for (const { name, pattern } of this.#patterns) {
      const match = pattern.exec(text);
      if (match !== null) this.found.set(name, match[1] ?? match[0]);
    }
  }
}

/** Undefined when nothing is asked for. */
export function harvest(
  results: CommandResults | undefined,
  printed: PrintedResults,
  read: ReadText,
): unknown {
  if (results === undefined) return undefined;
  if (results.kind === "file") {
    return inManifest("results", () => wholeFile(results.file, read(results.file)));
  }
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(results.fields)) {
    values[name] = inManifest(`results.${name}`, () => valueOf(name, field, printed, read));
  }
  return values;
}

/** Which entry of the model asks for what is missing. */
function inManifest<T>(key: string, find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof NoResult)) throw error;
    throw new NoResult(`${error.message} (model.${key})`);
  }
}

function valueOf(name: string, field: ResultField, printed: PrintedResults, read: ReadText) {
  const { file, pattern, column, at } = field;
  if (at !== undefined) return valueAt(name, at, file!, parseJson(file!, read(file!)));
  if (column !== undefined) {
    return lastInColumn(name, column, file, file === undefined ? "" : read(file));
  }
  if (file === undefined) {
    const text = printed.found.get(name);
    if (text === undefined) {
      throw new NoResult(`it printed no line for the result "${name}": nothing matches ${pattern}`);
    }
    return asNumber(name, text, "what it printed");
  }
  const matches = [...read(file).matchAll(new RegExp(pattern!, "gm"))];
  // A pattern that may be empty is so behind each of its matches.
  const last = matches.findLast(([found]) => found !== "") ?? matches.at(-1);
  if (last === undefined) {
    throw new NoResult(`${file} has nothing for the result "${name}": nothing matches ${pattern}`);
  }
  return asNumber(name, last[1] ?? last[0], file);
}

function asNumber(name: string, text: string, where: string): number {
  const value = parseNumber(text);
  if (value !== undefined) return value;
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  throw new NoResult(`the result "${name}" is ${shown} in ${where}, not a number`);
}

function lastInColumn(name: string, column: string, file: string | undefined, text: string) {
  const table = readTable(text);
  if (table === undefined) throw new NoResult(`${file} has no row for the result "${name}"`);
  const at = table.names.indexOf(column);
  if (at === -1) {
    throw new NoResult(`${file} has no column "${column}"; it has ${table.names.join(", ")}`);
  }
  return asNumber(name, table.last[at] ?? "", file!);
}

function wholeFile(file: string, text: string): unknown {
  if (/\.json$/i.test(file)) return parseJson(file, text);
  if (!/\.(csv|tsv|dat)$/i.test(file)) return text.trimEnd();
  const table = readTable(text);
  if (table === undefined) throw new NoResult(`${file} has no row below its head`);
  const { names, last } = table;
  return Object.fromEntries(names.map((name, i) => [name, parseNumber(last[i] ?? "") ?? last[i]]));
}

function readTable(
  text: string,
): { readonly names: readonly string[]; readonly last: readonly string[] } | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length < 2) return undefined;
  const names = splitRow(lines[0]!.replace(/^\uFEFF/, "").replace(/^\s*#/, ""));
  return { names, last: splitRow(lines.at(-1)!) };
}

/** As Python and others write it: NaN and infinities are numbers. */
function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const marked = text.replace(
      /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g,
      (word) => word.startsWith('"') ? word : JSON.stringify(NOT_FINITE + word),
    );
    try {
      return JSON.parse(
        marked,
        (_key, value) =>
          typeof value === "string" && value.startsWith(NOT_FINITE)
            ? Number(value.slice(NOT_FINITE.length))
            : value,
      );
    } catch {
      const why = error instanceof Error ? error.message : String(error);
      throw new NoResult(text.trim() === "" ? `${file} is empty` : `${file} is no JSON: ${why}`);
    }
  }
}

/** No text of a file begins so by chance. */
const NOT_FINITE = "\0simrun ";

function valueAt(name: string, at: string, file: string, json: unknown): unknown {
  let value = json;
  for (const key of at.split(".")) {
    const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, key);
    if (!isThere) throw new NoResult(`${file} has no "${at}" for the result "${name}"`);
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
