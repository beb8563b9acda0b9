/**
 * The texts of requests and answers: how they are written, and how they are read again from files that anybody may
 * have written. What is read is made anew, field by field: nothing that was not asked for comes along. Pure.
 */
import {
  CONTROL_FORMAT,
  type ControlAction,
  type ControlAnswer,
  type ControlRequest,
} from "../job/control.ts";
import type { Priority } from "../job/job.ts";
import { VERSION } from "../job/version.ts";

/** A request that carries no manifests is short. */
export const REQUEST_BYTES_MAX = 1 << 20;
/** One that does holds as much as a few of the largest. */
export const SUBMIT_BYTES_MAX = 64 << 20;
/** More processes than this no machine has a use for. */
const SLOTS_MAX = 4096;
const SELECTORS_MAX = 10_000;
const SELECTOR_LENGTH_MAX = 1000;
const MANIFESTS_MAX = 10_000;
const PATH_LENGTH_MAX = 4096;
/** Brackets, commas and colons beside the texts of manifests; each costs memory when it is parsed. */
const MARKS_MAX = 200_000;
/** An answer is read by people. */
const MESSAGE_LENGTH_MAX = 64 << 10;

/** What came of reading a request. */
export type RequestReading =
  | { readonly kind: "request"; readonly request: ControlRequest }
  /** Perhaps somebody is still writing it. */
  | { readonly kind: "no-json" }
  | { readonly kind: "refused"; readonly why: string };

/** What is said of one performed, beside the names of the two. */
export type Answer = Pick<ControlAnswer, "ok" | "message" | "runs">;

/** `id` is that of the file's name: under that name it will be answered. */
export function readRequest(bytes: Uint8Array, id: string): RequestReading {
  if (bytes.length > REQUEST_BYTES_MAX && hasMoreMarks(bytes, MARKS_MAX)) return refused(TOO_LARGE);
  const value = parseJson(bytes);
  if (value === undefined) return { kind: "no-json" };
  const { format, id: named, at, host, pid, version, action } = fieldsOf(value);
  if (format !== CONTROL_FORMAT) {
    const what = typeof format === "number" ? `requests of format ${format}` : "what has no format";
    return refused(`${notUnderstood(what)} It knows format ${CONTROL_FORMAT}.`);
  }
  if (named !== id) return refused(`The id in the request is not ${id}, as its file is called.`);
  const read = readAction(action);
  if (typeof read === "string") return refused(read);
  if (bytes.length > REQUEST_BYTES_MAX && read.type !== "submit") return refused(TOO_LARGE);
  const request: ControlRequest = {
    format: CONTROL_FORMAT,
    id,
    at: typeof at === "string" ? at : "",
    host: typeof host === "string" ? host : "",
    pid: typeof pid === "number" ? pid : 0,
    version: typeof version === "string" ? version : "",
    action: read,
  };
  return { kind: "request", request };
}

/** An answer, or undefined when it is none that can be understood. */
export function readAnswer(bytes: Uint8Array, id: string): ControlAnswer | undefined {
  const { format, id: named, ok, message, runs } = fieldsOf(parseJson(bytes));
  if (format !== CONTROL_FORMAT || named !== id) return undefined;
  if (typeof ok !== "boolean" || typeof message !== "string") return undefined;
  const count = Number.isSafeInteger(runs) ? { runs: runs as number } : {};
  return { format: CONTROL_FORMAT, id, ok, message, ...count };
}

export function requestText(request: ControlRequest): string {
  return `${JSON.stringify(request)}\n`;
}

export function answerText(id: string, { ok, message, runs }: Answer): string {
  const short = message.length > MESSAGE_LENGTH_MAX
    ? `${message.slice(0, MESSAGE_LENGTH_MAX)} …`
    : message;
  const answer: ControlAnswer = {
    format: CONTROL_FORMAT,
    id,
    ok,
    message: short,
    ...(runs === undefined ? {} : { runs }),
  };
  return `${JSON.stringify(answer)}\n`;
}

export const TOO_LARGE = "The request is too large: it may have 1 MiB, and 64 MiB with manifests.";

/** Names of requests and answers: letters, digits, `.`, `_` and `-`. */
export function isRequestId(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);
}

function refused(why: string): RequestReading {
  return { kind: "refused", why };
}

function notUnderstood(what: string): string {
  return `This simrun (${VERSION}) does not understand ${what}.`;
}

type Fields = { readonly [name: string]: unknown };

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** The action, or in words what is wrong with it. */
function readAction(value: unknown): ControlAction | string {
  const { type, selectors, priority, slots, manifests } = fieldsOf(value);
  switch (type) {
    case "cancel":
    case "pause":
    case "continue":
    case "retry":
      if (!areSelectors(selectors)) return notUnderstood(`${type} without selectors`);
      return { type, selectors: [...selectors] };
    case "priority":
      if (!areSelectors(selectors)) return notUnderstood("priority without selectors");
      if (!isWhole(priority, 0, 3)) return notUnderstood("a priority that is none of 0 to 3");
      return { type, selectors: [...selectors], priority: priority as Priority };
    case "slots":
      if (!isWhole(slots, 1, SLOTS_MAX)) {
        return notUnderstood(`a number of slots that is not from 1 to ${SLOTS_MAX}`);
      }
      return { type, slots };
    case "submit": {
      const read = readTexts(manifests);
      return read ?? notUnderstood("submit without absolute paths and texts of manifests");
    }
    default:
      return notUnderstood(typeof type === "string" ? `"${type.slice(0, 40)}"` : "the request");
  }
}

function areSelectors(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.length <= SELECTORS_MAX &&
    value.every((one) =>
      typeof one === "string" && one !== "" && one.length <= SELECTOR_LENGTH_MAX
    );
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && value as number >= least && value as number <= most;
}

function readTexts(value: unknown): ControlAction | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MANIFESTS_MAX) return undefined;
  const manifests: { path: string; text: string }[] = [];
  for (const one of value) {
    const { path, text } = fieldsOf(one);
    if (typeof path !== "string" || typeof text !== "string") return undefined;
    if (!path.startsWith("/") || path.length > PATH_LENGTH_MAX || path.includes("\0")) {
      return undefined;
    }
    manifests.push({ path, text });
  }
  return { type: "submit", manifests };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether more than `most` brackets, commas and colons stand outside of texts. Sixty megabytes of brackets are
 * gigabytes once they are parsed; whoever parses them to see that may be killed for it.
 */
function hasMoreMarks(bytes: Uint8Array, most: number): boolean {
  let marks = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfText(bytes, at + 1);
    } else if (byte === 0x2c || byte === 0x3a || byte === 0x5b || byte === 0x7b) {
      if (++marks > most) return true;
    }
  }
  return false;
}

/** Where the quote is that ends the text which begins there. */
function endOfText(bytes: Uint8Array, from: number): number {
  for (let at = from;;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return bytes.length;
    let slashes = 0;
    while (quote - slashes > from && bytes[quote - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote;
    at = quote + 1;
  }
}
