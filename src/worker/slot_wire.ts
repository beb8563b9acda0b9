/** The wire between orchestrator and slot: which pipes it is, and the check of what a slot says. */
import type { FromSlot } from "../campaign/slot_messages.ts";

/** File descriptors in a slot's process. Not stdin and stdout: those are within a model's reach. */
export const WIRE = { answers: 3, orders: 4 } as const;

/** Where the agent finds the word that begins each of its lines. A model reads neither environment nor memory of it. */
export const PASSWORD_VARIABLE = "SIMRUN_SLOT_PASSWORD";

type Kind =
  | "count"
  | "number"
  | "number if any"
  | "text"
  | "flag"
  | "record"
  | "list"
  | "results"
  | "sums";

/** What each message must have; the campaign counts on no more than that. */
const SHAPES: { readonly [type in FromSlot["type"]]: { readonly [field: string]: Kind } } = {
  ready: {},
  inspected: { model: "text", inspection: "record" },
  uninspectable: { model: "text", problem: "record" },
  resumed: { batch: "count", index: "count", step: "count", rejected: "list" },
  progress: {
    batch: "count",
    index: "count",
    step: "count",
    memoryBytes: "number",
    longestMs: "number if any",
  },
  saved: {
    batch: "count",
    index: "count",
    step: "count",
    file: "text",
    bytes: "count",
    rawBytes: "count",
    ms: "number",
    stallMs: "number",
  },
  unsaved: { batch: "count", index: "count", reason: "text", noSpace: "flag" },
  filed: { batch: "count", index: "count", files: "sums" },
  results: { batch: "count", runs: "results" },
  failed: { batch: "count", index: "count", failure: "record" },
  warned: { batch: "count", index: "count", step: "count", message: "text" },
  yielded: { batch: "count", indices: "list" },
  hung: { batch: "count", index: "count", step: "count", afterMs: "number" },
};

/** What the agent said in a line; undefined when the line is somebody else's. */
export function ownWords(line: string, password: string): string | undefined {
  return line.startsWith(`${password} `) ? line.slice(password.length + 1) : undefined;
}

/** A sign of life, between the processes only: how many orders the agent has had. */
export function pulseText(orders: number): string {
  return `pulse ${orders}`;
}

/** How many orders the agent has had, or undefined when this is no sign of life. */
export function parsePulse(text: string): number | undefined {
  const orders = /^pulse (\d+)$/.exec(text)?.[1];
  return orders === undefined ? undefined : Number(orders);
}

/** What a slot said as the message it is; undefined when it is none. */
export function parseFromSlot(text: string): FromSlot | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(message) || typeof message.type !== "string") return undefined;
  if (!Object.hasOwn(SHAPES, message.type)) return undefined;
  const shape = SHAPES[message.type as FromSlot["type"]];
  for (const field in shape) if (!is(message[field], shape[field]!)) return undefined;
  return message as unknown as FromSlot;
}

function is(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "count":
      return Number.isSafeInteger(value) && value as number >= 0;
    case "number":
      return typeof value === "number";
    case "number if any":
      return value === undefined || typeof value === "number";
    case "text":
      return typeof value === "string";
    case "flag":
      return typeof value === "boolean";
    case "record":
      return isRecord(value);
    case "list":
      return Array.isArray(value);
    case "sums":
      return isRecord(value) &&
        Object.values(value).every((sum) =>
          isRecord(sum) && is(sum.bytes, "count") && is(sum.crc32, "count")
        );
    case "results":
      return Array.isArray(value) && value.every(isResult);
  }
}

function isResult(value: unknown): boolean {
  return isRecord(value) && is(value.index, "count") && is(value.step, "count") &&
    typeof value.ms === "number" && "result" in value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
