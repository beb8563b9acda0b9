/** Diagnostics as text: place, sentence, the line itself with a caret, and the hint. Pure. */
import { paintFor } from "../screen/paint.ts";
import { safeText } from "../screen/safe_text.ts";
import { displayWidth } from "../screen/width.ts";
import type { Diagnostic, Place } from "./diagnostic.ts";

export interface RenderOptions {
  readonly color?: boolean;
  /** Diagnostics shown before the rest is only counted; 50 unless given. */
  readonly limit?: number;
}

const DEFAULT_LIMIT = 50;
/** Characters of a long line shown before and behind the caret. */
const BEFORE_CARET = 60;
const BEHIND_CARET = 40;

/** All of them, with a blank line between, ending in a newline; empty when there are none. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly { readonly path: string; readonly text: string }[],
  options: RenderOptions = {},
): string {
  const { limit = DEFAULT_LIMIT } = options;
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const blocks = diagnostics.slice(0, limit).map((diagnostic) =>
    renderDiagnostic(diagnostic, texts.get(diagnostic.place?.path ?? ""), options)
  );
  const more = diagnostics.length - limit;
  if (more > 0) blocks.push(`… and ${more.toLocaleString("en")} more like these`);
  return blocks.map((block) => `${block}\n`).join("\n");
}

/** `file:line:column: error: sentence`, the line with a caret under the place, and the hint. */
export function renderDiagnostic(
  { severity, message, place, hint }: Diagnostic,
  sourceText?: string,
  { color = false }: RenderOptions = {},
): string {
  const paint = paintFor(color);
  const label = severity === "error" ? paint.bad("error:") : paint.warn("warning:");
  const where = place === undefined
    ? ""
    : paint.strong(`${safeText(place.path)}:${place.line}:${place.column}:`) + " ";
  const lines = [`${where}${label} ${safeText(message)}`];
  const excerpt = place === undefined || sourceText === undefined
    ? undefined
    : excerptOf(sourceText, place);
  let margin = "  ";
  if (place !== undefined && excerpt !== undefined) {
    const number = String(place.line).padStart(4);
    margin = " ".repeat(number.length);
    lines.push(`${paint.faint(`${number} |`)} ${excerpt.line}`.trimEnd());
    const caret = severity === "error" ? paint.bad(excerpt.caret) : paint.warn(excerpt.caret);
    lines.push(`${paint.faint(`${margin} |`)} ${" ".repeat(excerpt.indent)}${caret}`);
  }
  if (hint !== undefined) lines.push(`${margin} ${paint.faint("=")} ${safeText(hint)}`);
  return lines.join("\n");
}

interface Excerpt {
  readonly line: string;
  /** Cells before the caret. */
  readonly indent: number;
  readonly caret: string;
}

/** The line, cut around the place where it is long, and a caret as wide as what is meant. */
function excerptOf(text: string, { line, column, length = 1 }: Place): Excerpt | undefined {
  const whole = lineOf(text, line);
  if (whole === undefined) return undefined;
  const at = Math.min(column - 1, whole.length);
  const first = at > BEFORE_CARET * 1.5 ? wholeCharacter(whole, at - BEFORE_CARET) : 0;
  const last = wholeCharacter(whole, Math.min(whole.length, at + length + BEHIND_CARET, at + 120));
  const end = Math.min(at + length, last);
  const before = (first > 0 ? "…" : "") + printable(whole.slice(first, at));
  const meant = printable(whole.slice(at, end));
  const behind = printable(whole.slice(end, last)) + (last < whole.length ? "…" : "");
  return {
    line: before + meant + behind,
    indent: displayWidth(before),
    caret: "^".repeat(Math.max(1, displayWidth(meant))),
  };
}

function lineOf(text: string, line: number): string | undefined {
  let start = 0;
  for (let before = 1; before < line; before++) {
    start = text.indexOf("\n", start) + 1;
    if (start === 0) return undefined;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? text.length : end).replace(/\r$/, "");
}

// Tabs are as wide as the terminal likes; four spaces are as wide here as there.
function printable(text: string): string {
  return safeText(text.replaceAll("\t", "    "));
}

/** Moves a cut out of the middle of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
