/** Arrays of numbers in results: stacked over the runs where they are alike, else one for each run. Pure. */
import type { ResultColumn } from "./result_frame.ts";

/** Numbers in rows of a shape, the first dimension the slowest, as NumPy has them. */
export interface NumberArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface ArrayColumn {
  readonly column: ResultColumn;
  /** One with the runs as first dimension; or, where shapes differ, one a run, in their order, with gaps. */
  readonly arrays: { readonly stacked: NumberArray } | {
    readonly single: readonly (NumberArray | undefined)[];
  };
}

/** Columns that hold nothing but arrays of numbers, nested ones of even length among them. */
export function arrayColumns(
  columns: readonly ResultColumn[],
  indices: readonly number[],
): ArrayColumn[] {
  return columns.flatMap((column) => {
    const cells = indices.map((index) => column.cell(index));
    const found = cells.map((cell) => toArray(column.name, cell));
    const isArrays = found.every((one, i) => one !== undefined || isMissing(cells[i]));
    if (!isArrays || found.every((one) => one === undefined)) return [];
    return [{ column, arrays: stack(column.name, found) ?? { single: found } }];
  });
}

function stack(
  name: string,
  found: readonly (NumberArray | undefined)[],
): { readonly stacked: NumberArray } | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const data = new Float64Array(first.data.length * found.length);
  for (const [i, one] of found.entries()) {
    if (one === undefined || one.shape.join() !== first.shape.join()) return undefined;
    data.set(one.data, i * first.data.length);
  }
  return { stacked: { name, shape: [found.length, ...first.shape], data } };
}

function isMissing(cell: unknown): boolean {
  return cell === undefined || cell === null;
}

function toArray(name: string, cell: unknown): NumberArray | undefined {
  if (!Array.isArray(cell)) return undefined;
  const shape: number[] = [];
  for (let level: unknown = cell; Array.isArray(level); level = level[0]) shape.push(level.length);
  const numbers: number[] = [];
  const fill = (level: unknown, depth: number): boolean => {
    if (depth === shape.length) {
      if (typeof level !== "number") return false;
      numbers.push(level);
      return true;
    }
    return Array.isArray(level) && level.length === shape[depth] &&
      level.every((item) => fill(item, depth + 1));
  };
  return fill(cell, 0) ? { name, shape, data: Float64Array.from(numbers) } : undefined;
}
