/** A measured line: both sides, their ratio, the goal; and the table of them. Measures nothing itself. */

export type Unit =
  | "s"
  | "ms"
  | "µs"
  | "ns"
  | "runs/s"
  | "MB/s"
  | "MB"
  | "frames/s"
  | "messages/s"
  | "files"
  | "×"
  | "above";

export interface Figure {
  readonly value: number;
  readonly unit: Unit;
}

/** What a line must reach: a bound on the ratio of both sides, or on simrun's own figure. */
export type Goal =
  | { readonly of: "ratio" | "figure"; readonly atMost: number }
  | { readonly of: "ratio" | "figure"; readonly atLeast: number };

export interface Line {
  readonly what: string;
  readonly simrun: Figure;
  readonly baseline: Figure & { readonly name: string };
  readonly goal?: Goal;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
  /** How it was measured, and what else was seen. */
  readonly notes: readonly string[];
}

export function ratioOf({ simrun, baseline }: Line): number {
  return simrun.value / baseline.value;
}

/** True when the line has no goal: nothing was missed. */
export function isReached(line: Line): boolean {
  const { goal } = line;
  if (goal === undefined) return true;
  const value = goal.of === "ratio" ? ratioOf(line) : line.simrun.value;
  return "atMost" in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** The section as aligned text, readable in a terminal and in a document alike. */
export function renderSection({ title, lines, notes }: Section): string {
  const head = ["", "simrun", "baseline", "", "ratio", "goal", ""];
  const rows = lines.map((line) => [
    line.what,
    formatFigure(line.simrun),
    formatFigure(line.baseline),
    line.baseline.name,
    formatRatio(ratioOf(line)),
    formatGoal(line),
    line.goal === undefined ? "" : isReached(line) ? "reached" : "MISSED",
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]!.length))
  );
  const toTheRight = [false, true, true, false, true, false, false];
  const text = [head, ...rows].map((row) =>
    row.map((cell, i) => toTheRight[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))
      .join("  ").trimEnd()
  );
  return [title, "", ...text, ...notes.map((note) => `  ${note}`), ""].join("\n");
}

export function formatFigure({ value, unit }: Figure): string {
  if (!Number.isFinite(value)) return "not there";
  if (unit === "files") return `${value} files`;
  // Of a search: from a millionth to a thousand.
  if (unit === "above") return value.toPrecision(2);
  return `${threeDigits(value)} ${unit}`;
}

function formatRatio(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio < 10 ? ratio.toFixed(3) : threeDigits(ratio)} ×` : "";
}

function formatGoal({ goal, simrun }: Line): string {
  if (goal === undefined) return "";
  const bound = "atMost" in goal ? goal.atMost : goal.atLeast;
  const sign = "atMost" in goal ? "≤" : "≥";
  return `${sign} ${bound.toLocaleString("en")} ${goal.of === "ratio" ? "×" : simrun.unit}`;
}

function threeDigits(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.995 ? 2 : 3);
}
