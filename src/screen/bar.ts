/** A progress bar as one line of text. Pure. */
import type { Paint } from "./paint.ts";

/** Which characters the terminal can show. */
export type Glyphs = "unicode" | "ascii";

/**
 * `width` cells of which `fraction` is done. Full only when all is done. The heavy line is coloured;
 * without colour the two parts differ by their strokes.
 */
export function renderBar(
  fraction: number,
  width: number,
  paint: Paint,
  glyphs: Glyphs = "unicode",
  tone: "active" | "good" | "bad" = "active",
): string {
  if (width <= 0) return "";
  const part = Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0));
  // Half cells: the heavy line has a half stroke, so a bar of 20 cells shows 40 positions.
  let halves = Math.floor(part * width * 2);
  if (part > 0 && halves === 0) halves = 1;
  if (part < 1 && halves === width * 2) halves--;
  const whole = halves >> 1;
  const half = halves & 1;
  if (glyphs === "ascii") {
    return `[${"#".repeat(whole)}${".".repeat(width - whole)}]`.slice(0, width + 2);
  }
  const done = "━".repeat(whole) + (half === 1 ? "╸" : "");
  return paint[tone](done) + paint.faint("─".repeat(width - whole - half));
}

/** One of the parts that make up a whole. */
export interface BarPart {
  readonly count: number;
  readonly tone: "good" | "warn" | "bad";
}

/** Each tone has a stroke of its own: without colour the parts are told apart by it. */
const STROKES = {
  unicode: { good: "━", warn: "╍", bad: "╳" },
  ascii: { good: "#", warn: "+", bad: "x" },
} as const;

/** The stroke that a part is drawn with, for a legend. */
export function barStroke(tone: BarPart["tone"], paint: Paint, glyphs: Glyphs = "unicode"): string {
  return paint[tone](STROKES[glyphs][tone]);
}

/** `width` cells shared out by the parts. What is there is seen: no part of something is nothing. */
export function renderParts(
  parts: readonly BarPart[],
  width: number,
  paint: Paint,
  glyphs: Glyphs = "unicode",
): string {
  const seen = parts.filter(({ count }) => count > 0);
  const total = seen.reduce((sum, { count }) => sum + count, 0);
  if (seen.length === 0 || width < seen.length) return "";
  const cells = seen.map(({ count }) => Math.max(1, Math.round(count / total * width)));
  // What rounding gave too much or too little is hardly seen at the largest.
  const largest = cells.indexOf(Math.max(...cells));
  cells[largest]! += width - cells.reduce((sum, one) => sum + one, 0);
  return seen.map(({ tone }, i) => paint[tone](STROKES[glyphs][tone].repeat(cells[i]!))).join("");
}
