/** Rows as aligned columns: numbers to the right, cut to the width of the terminal. Pure. */
import { cutToWidth, displayWidth, padToWidth } from "./width.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be narrowed, down to this many cells, when the terminal is too small. */
  readonly shrinkTo?: number;
}

export interface TableOptions {
  /** Widest line allowed; unlimited when the output is no terminal. */
  readonly columns?: number | undefined;
  readonly gap?: number;
  readonly indent?: string;
  readonly header?: (text: string) => string;
}

/** The lines of a table. Without any title there is no header line. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const gap = " ".repeat(options.gap ?? 2);
  const indent = options.indent ?? "";
  const widths = columns.map((column, i) =>
    rows.reduce(
      (most, row) => Math.max(most, displayWidth(row[i] ?? "")),
      displayWidth(column.title),
    )
  );
  const limit = options.columns ?? Infinity;
  shrink(widths, columns, limit - indent.length - gap.length * (columns.length - 1));

  const line = (cells: readonly string[]): string => {
    const parts = columns.map((column, i) => {
      const cell = cutToWidth(cells[i] ?? "", widths[i]!);
      return padToWidth(cell, widths[i]!, column.align === "right" ? "start" : "end");
    });
    return cutToWidth((indent + parts.join(gap)).trimEnd(), limit);
  };

  const lines = rows.map(line);
  if (columns.every((column) => column.title === "")) return lines;
  const header = line(columns.map((column) => column.title));
  return [options.header === undefined ? header : options.header(header), ...lines];
}

/** Takes cells from the widest column that may give some, until all fit or none can give more. */
function shrink(widths: number[], columns: readonly Column[], room: number): void {
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    let widest = -1;
    for (let i = 0; i < widths.length; i++) {
      const floor = columns[i]!.shrinkTo;
      if (floor === undefined || widths[i]! <= floor) continue;
      if (widest < 0 || widths[i]! > widths[widest]!) widest = i;
    }
    if (widest < 0) return;
    widths[widest]!--;
    over--;
  }
}

/** How many of the first columns fit whole into a line; all when there is no limit, and never none. */
export function fittingColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  limit: number | undefined,
  gap = 2,
): number {
  if (limit === undefined) return columns.length;
  let used = 0;
  for (let i = 0; i < columns.length; i++) {
    let width = displayWidth(columns[i]!.title);
    for (const row of rows) width = Math.max(width, displayWidth(row[i] ?? ""));
    used += width + (i === 0 ? 0 : gap);
    if (used > limit) return Math.max(1, i);
  }
  return columns.length;
}
