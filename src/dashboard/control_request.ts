/** What the page asks for with `--control`: read from a request of limited length, and made anew field by field. */
import { CONTROL_FORMAT, type ControlAction } from "../job/control.ts";
import { readRequest } from "../store/request.ts";

const BODY_BYTES_MAX = 64 << 10;

/** As from the inbox of a tree: made anew field by field, or in words what is wrong with it. */
export function readAction(body: Uint8Array): ControlAction | string {
  let action: unknown;
  try {
    action = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return "The request is no JSON.";
  }
  const id = "page";
  const whole = new TextEncoder().encode(JSON.stringify({ format: CONTROL_FORMAT, id, action }));
  const reading = readRequest(whole, id);
  if (reading.kind !== "request") {
    return reading.kind === "refused" ? reading.why : "The request is no JSON.";
  }
  const { type } = reading.request.action;
  return type === "submit" || type === "slots"
    ? `A dashboard does not ask for ${type}.`
    : reading.request.action;
}

/** Undefined when it is longer than any that is meant. */
export async function bodyOf(request: Request): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > BODY_BYTES_MAX) return undefined;
    parts.push(part);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
