/** Turns what a model hands back or throws into records: results as plain values, exceptions with their place. */
import type { ModelProblem } from "../campaign/slot_messages.ts";
import { Fault } from "../job/fault.ts";
import { encodePlain, isMarked } from "../job/plain.ts";
import type { Failure, SourcePlace } from "../job/run.ts";
import { BadState } from "./state.ts";

/** A result as plain values; typed arrays become lists of numbers. Throws BadState for the rest. */
export function plainResult(value: unknown, path = "result", depth = 0): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new BadState(`${path} is a ${typeof value}, which cannot be written down`);
  }
  if (typeof value !== "object" || value === null) return encodePlain(value);
  if (depth > 100) throw new BadState(`${path} is nested deeper than 100 levels, or in a circle`);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number | bigint>, encodePlain);
  }
  if (Array.isArray(value)) {
    return value.map((item, i) => plainResult(item, `${path}.${i}`, depth + 1));
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const name = value instanceof Promise ? "a promise" : `a ${value.constructor?.name}`;
    throw new BadState(
      `${path} is ${name}; a result holds numbers, strings, lists and plain objects`,
    );
  }
  const fields = Object.entries(value)
    .map(([key, item]) => [key, plainResult(item, `${path}.${key}`, depth + 1)]);
  const record = Object.fromEntries(fields);
  return isMarked(value) ? { $object: record } : record;
}

/** What was thrown, in the user's words, with the place in the user's own file. */
export function describeThrown(thrown: unknown, modelUrl: string): ModelProblem {
  if (!(thrown instanceof Error)) return { message: `threw ${Deno.inspect(thrown)}` };
  const plainName = thrown.name === "Error" || thrown instanceof BadState ||
    thrown instanceof Fault;
  const hint = thrown instanceof Fault && thrown.hint !== undefined ? ` ${thrown.hint}` : "";
  const message = (plainName ? thrown.message : `${thrown.name}: ${thrown.message}`) + hint;
  const place = placeOf(thrown, modelUrl);
  return place === undefined
    ? { message: firstLines(message) }
    : { message: firstLines(message), place };
}

/** The failure of a run from what its model threw. */
export function failureOf(thrown: unknown, step: number, modelUrl: string): Failure {
  const problem = describeThrown(thrown, modelUrl);
  return { class: thrown instanceof BadState ? "bad-state" : "model-error", step, ...problem };
}

/** The innermost frame that lies in the model's folder; for a syntax error, the place in its message. */
function placeOf(error: Error, modelUrl: string): SourcePlace | undefined {
  const folder = modelUrl.slice(0, modelUrl.lastIndexOf("/") + 1);
  const text = `${error.stack ?? ""}\n${error.message}`;
  for (const match of text.matchAll(/(file:\/\/[^\s()]+?):(\d+):(\d+)/g)) {
    if (!match[1]!.startsWith(folder)) continue;
    const file = decodeURIComponent(new URL(match[1]!).pathname);
    return { file, line: Number(match[2]), column: Number(match[3]) };
  }
  return undefined;
}

/** The parser of modules shows source and caret in its message; the first lines say it all. */
function firstLines(message: string): string {
  return message.split("\n\n")[0]!.replace(/\s+at file:\/\/\S+$/, "").slice(0, 2000);
}
