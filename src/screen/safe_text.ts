/** Text of unknown origin made safe to print: nothing in it can move the cursor, colour or split a line. Pure. */
import { UNSAFE } from "../job/unsafe_text.ts";

const ALL_UNSAFE = new RegExp(UNSAFE, "g");

/** Those of them that JSON leaves as they are. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** One line: line breaks become `⏎`, every other unsafe character its escape, e.g. `\x1b`. */
export function safeText(text: string): string {
  return text.replace(ALL_UNSAFE, escapeCharacter);
}

/** Several lines: keeps line feeds and tabs, escapes the rest. */
export function safeLines(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(
    ALL_UNSAFE,
    (char) => char === "\n" || char === "\t" ? char : escapeCharacter(char),
  );
}

/** JSON in which every such character is escaped: the same value to a program, harmless to a terminal. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    UNSAFE_IN_JSON,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function escapeCharacter(char: string): string {
  if (char === "\n") return "⏎";
  if (char === "\t") return " ";
  if (char === "\r") return "";
  const code = char.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
