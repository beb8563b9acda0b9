/** The order that `--sort` asks for: by one column, then the next. Rows that are equal stay as they were. Pure. */
import { type CellKind, kindOf } from "./result_frame.ts";

export interface SortKey {
  readonly cell: (index: number) => unknown;
  readonly isDescending: boolean;
}

/** Indices of the rows in their new order. What is missing or NaN comes last, up or down. */
export function orderRows(indices: readonly number[], keys: readonly SortKey[]): number[] {
  return indices.toSorted((a, b) => {
    for (const { cell, isDescending } of keys) {
      const order = compareCells(cell(a), cell(b), isDescending ? -1 : 1);
      if (order !== 0) return order;
    }
    return a - b;
  });
}

/** Kinds in a fixed order, whichever way is sorted: a column may hold several. */
const RANK: { readonly [kind in CellKind]: number } = {
  number: 0,
  text: 1,
  boolean: 2,
  list: 3,
  record: 3,
  none: 5,
};

export function compareCells(a: unknown, b: unknown, direction: 1 | -1 = 1): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (a === b || rankOf(a) >= RANK.list) return 0;
  return (a as number) < (b as number) ? -direction : (a as number) > (b as number) ? direction : 0;
}

function rankOf(cell: unknown): number {
  return Number.isNaN(cell) ? RANK.none - 1 : RANK[kindOf(cell)];
}
