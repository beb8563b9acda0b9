/** A template with its values in their places. All else stays, byte for byte: its encoding, its line ends, its mark. Pure. */
import type { CommandTemplate } from "../job/command.ts";
import { fillPlaceholders, findPlaceholders } from "../job/placeholder.ts";

export function fillTemplate(
  bytes: Uint8Array,
  marks: CommandTemplate["marks"],
  valueOf: (name: string) => string,
): Uint8Array<ArrayBuffer> {
  const text = utf8Of(bytes);
  const encoder = new TextEncoder();
  if (text !== undefined) {
    return encoder.encode(fillPlaceholders(findPlaceholders(text, marks), valueOf));
  }
  // In another encoding: a character a byte loses none of them, and placeholders are ASCII in all that count.
  const parts = findPlaceholders(latin1Of(bytes), marks).map((part) =>
    typeof part === "string"
      ? Uint8Array.from(part, (one) => one.charCodeAt(0))
      : encoder.encode(valueOf(part.name))
  );
  const filled = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    filled.set(part, at);
    at += part.length;
  }
  return filled;
}

function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const PIECE = 1 << 15;

/** Not by TextDecoder, whose "latin1" is windows-1252. */
function latin1Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return text;
}
