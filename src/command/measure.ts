/** Finds rows of measurements in the lines that a program writes. Pure. */
import type { CommandMeasure } from "../job/command.ts";
import { parseNumber } from "./number.ts";

export interface Row {
  /** Undefined where the line does not tell it. */
  readonly step: number | undefined;
  readonly values: { readonly [name: string]: number };
}

/** Feed it every line; it answers the row that stands there. */
export type RowFinder = (line: string) => Row | undefined;

export function rowFinder(measure: CommandMeasure): RowFinder {
  return measure.kind === "pattern"
    ? findByPattern(new RegExp(measure.pattern))
    : findInTable(measure.head);
}

function findByPattern(pattern: RegExp): RowFinder {
  return (line) => {
    const groups = pattern.exec(line)?.groups;
    if (groups === undefined) return undefined;
    const { step, ...others } = groups;
    const values: Record<string, number> = {};
    for (const [name, text] of Object.entries(others)) values[name] = numberOf(text);
    return { step: step === undefined ? undefined : parseNumber(step), values };
  };
}

/** What stands in the place of a number and is none is NaN: a row is not lost over it. */
function numberOf(text: string | undefined): number {
  return text === undefined ? NaN : parseNumber(text) ?? NaN;
}

/** A head begins a table, numbers are its rows, and anything else ends it. */
function findInTable(head: string): RowFinder {
  let names: readonly string[] | undefined;
  return (line) => {
    const words = splitRow(line);
    if (words[0] === head && words.some((word) => parseNumber(word) === undefined)) {
      names = words;
      return undefined;
    }
    if (names === undefined) return undefined;
    const numbers = words.map(parseNumber);
    if (words.length !== names.length || numbers.includes(undefined)) {
      names = undefined;
      return undefined;
    }
    const values: Record<string, number> = {};
    for (let i = 1; i < names.length; i++) values[names[i]!] = numbers[i]!;
    return { step: numbers[0], values };
  };
}

/** Columns between commas or semicolons, or else between blanks. */
export function splitRow(line: string): string[] {
  const text = line.trim();
  const mark = /[,;\t]/.exec(text)?.[0];
  if (mark === undefined) return text === "" ? [] : text.split(/\s+/);
  return text.split(mark).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}
