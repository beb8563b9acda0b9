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
