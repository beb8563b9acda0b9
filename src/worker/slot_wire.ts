/** The wire between orchestrator and slot: which pipes it is, and the check of what a slot says. */
import type { FromSlot } from "../campaign/slot_messages.ts";

/** File descriptors in a slot's process. Not stdin and stdout: those are within a model's reach. */
export const WIRE = { answers: 3, orders: 4 } as const;

type Kind = "count" | "number" | "text" | "flag" | "record" | "list" | "results";

/** What each message must have; the campaign counts on no more than that. */
const SHAPES: { readonly [type in FromSlot["type"]]: { readonly [field: string]: Kind } } = {
  ready: {},
  inspected: { model: "text", inspection: "record" },
  uninspectable: { model: "text", problem: "record" },
  resumed: { batch: "count", index: "count", step: "count", rejected: "list" },
  progress: { batch: "count", index: "count", step: "count", memoryBytes: "number" },
  saved: {
    batch: "count",
    index: "count",
    step: "count",
    file: "text",
    bytes: "count",
    rawBytes: "count",
    ms: "number",
  },
  unsaved: { batch: "count", index: "count", reason: "text", noSpace: "flag" },
  results: { batch: "count", runs: "results" },
  failed: { batch: "count", index: "count", failure: "record" },
  yielded: { batch: "count", indices: "list" },
  hung: { batch: "count", index: "count", step: "count", afterMs: "number" },
};

/** A line of a slot as the message it is; undefined when it is none. */
export function parseFromSlot(line: string): FromSlot | undefined {
  let message: unknown;
  try {
    message = JSON.parse(line);
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
    case "text":
      return typeof value === "string";
    case "flag":
      return typeof value === "boolean";
    case "record":
      return isRecord(value);
    case "list":
      return Array.isArray(value);
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
