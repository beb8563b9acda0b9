/** Turns what a model hands back or throws into records: results as plain values, exceptions with their place. */
import type { ModelProblem } from "../campaign/slot_messages.ts";
import { Fault } from "../job/fault.ts";
import { encodePlain, isMarked } from "../job/plain.ts";
import type { Failure, SourcePlace } from "../job/run.ts";
import { filePath } from "./file_url.ts";
import { RunFailure } from "./run_failure.ts";
import { BadState } from "./state.ts";

const DEPTH_MAX = 100;
const MESSAGE_CHARACTERS_MAX = 2000;

/** A result as plain values; typed arrays become lists of numbers. Throws BadState for the rest. */
export function plainResult(value: unknown, path = "result", depth = 0): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new BadState(`${path} is a ${typeof value}, which cannot be written down`);
  }
  if (typeof value !== "object" || value === null) return encodePlain(value);
  if (depth > DEPTH_MAX) {
    const start = path.split(".").slice(0, 4).join(".");
    throw new BadState(`${start}… is nested deeper than ${DEPTH_MAX} levels, or in a circle`);
  }
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

/** What a function of the model handed back where something else was wanted, in a few words. */
export function describeReturned(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof Promise) return "a promise";
  return Deno.inspect(value, { depth: 0, strAbbreviateSize: 40 });
}

/** What was thrown, in the user's words, with the place in the user's own file. */
export function describeThrown(thrown: unknown, modelUrl: string): ModelProblem {
  try {
    if (!(thrown instanceof Error)) return { message: `threw ${describeReturned(thrown)}` };
    const message = messageOf(thrown);
    const place = placeOf(thrown, modelUrl);
    return place === undefined ? { message } : { message, place };
  } catch {
    return { message: "threw something that throws when it is looked at" };
  }
}

/** The failure of a run from what ended it: mostly what its model threw. */
export function failureOf(thrown: unknown, step: number, modelUrl: string): Failure {
  if (thrown instanceof RunFailure) {
    return { class: thrown.failureClass, message: thrown.message, step };
  }
  const problem = describeThrown(thrown, modelUrl);
  return { class: classOf(thrown, problem.message), step, ...problem };
}

/** What the engine says when the system gives it no more memory for arrays. */
const NO_MEMORY =
  /^RangeError: (Array buffer allocation failed|WebAssembly\.\w+(\.grow)?\(\): .*\b(memory|allocat))/;

function classOf(thrown: unknown, message: string): Failure["class"] {
  if (thrown instanceof BadState) return "bad-state";
  return NO_MEMORY.test(message) ? "out-of-memory" : "model-error";
}

/** The innermost frame that lies in the model's folder; for a syntax error, the place in its message. */
function placeOf(error: Error, modelUrl: string): SourcePlace | undefined {
  const url = modelUrl.slice(0, modelUrl.lastIndexOf("/") + 1);
  const folder = filePath(url);
  const text = `${error.stack ?? ""}\n${error.message}`;
  for (const [, name, line, column] of text.matchAll(/(file:\/\/.*?):(\d+):(\d+)\)?$/gm)) {
    // The runtime shows a path decoded where it can, and else as it stands in the URL.
    const below = [url, `file://${folder}`].find((start) => name!.startsWith(start));
    if (below === undefined) continue;
    const file = folder + decoded(name!.slice(below.length));
    return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

function decoded(name: string): string {
  const isEncoded = /^([\w.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})*$/.test(name);
  return isEncoded ? filePath(`file:///${name}`).slice(1) : name;
}

/** The runtime's advice is about flags and packages of its own; what it says stands in the first line. */
function messageOf(error: Error): string {
  const [first = ""] = error.message.split("\n");
  const parsing = first.match(/^SyntaxError: (.*)$/);
  if (parsing !== null) return `it does not parse: ${parsing[1]}`;
  const denied = first.match(/^Requires (\w+) access to (.*), run again with .*$/);
  if (denied !== null) return refusal(denied[1]!, denied[2]!);
  const bare = first.match(/^Import "([^"]*)" not a dependency/);
  if (bare !== null) {
    return `it imports "${bare[1]}", which names no file: write "./${bare[1]}.ts" or "npm:${
      bare[1]
    }"`;
  }
  const missing = first.match(/^Module not found "(file:[^"]*)"/);
  if (missing !== null) return `it imports ${filePath(missing[1]!)}, which is not there`;
  if (error instanceof Fault) return [error.message, error.hint].filter(Boolean).join(" ");
  const isPlain = error.name === "Error" || error instanceof BadState;
  // A model's own message may have more lines than one.
  const message = error.name === "TypeError" && /^\s+(at|.*hint:) /m.test(error.message)
    ? first
    : error.message;
  return (isPlain ? message : `${error.name}: ${message}`).slice(0, MESSAGE_CHARACTERS_MAX);
}

/** What the sandbox refused, and what a model does instead. */
function refusal(kind: string, what: string): string {
  switch (kind) {
    case "read":
      return `it may not read ${what}: a model reads what lies in its own folder or below, ` +
        "and files declared under inputs:";
    case "write":
      return `it may not write ${what}: results are kept by result() and measure()`;
    case "net":
      return `it may not use the network (${what}): declare the data under inputs:`;
    case "import":
      return `it may not import from ${what}: copy the module beside the model, or use npm:`;
    default:
      return `it may not use ${kind} (${what}): a model reads its folder and inputs, and computes`;
  }
}
