/** Measurement series as curves: of long ones what the eye can tell apart, peaks kept. Pure. */
import { parseSeries } from "../report/series_table.ts";

export interface Curve {
  readonly name: string;
  readonly x: readonly number[];
  /** Null where a value is no number: the curve has a gap. */
  readonly y: readonly (number | null)[];
}

export interface Curves {
  /** Rows that were measured. */
  readonly rows: number;
  readonly curves: readonly Curve[];
}

/** Of each stretch the least and the most are kept. */
const STRETCHES = 500;
const CURVES_MAX = 24;

export function curvesOf(text: string): Curves {
  const { measured, rows } = parseSeries(text);
  const all = [...rows];
  const names = measured.slice(0, CURVES_MAX);
  const size = Math.max(1, Math.ceil(all.length / STRETCHES));
  const curves = names.map((name, column): Curve => {
    const x: number[] = [];
    const y: (number | null)[] = [];
    for (let from = 0; from < all.length; from += size) {
      for (const row of telling(all, from, Math.min(from + size, all.length), column + 1)) {
        const value = all[row]![column + 1];
        x.push(all[row]![0]!);
        y.push(value !== undefined && Number.isFinite(value) ? value : null);
      }
    }
    return { name, x, y };
  });
  return { rows: all.length, curves };
}

/** Rows of a stretch in their order: those of its least and its most value; all of a short one. */
function telling(
  rows: readonly (readonly number[])[],
  from: number,
  to: number,
  column: number,
): readonly number[] {
  if (to - from <= 2) return to - from === 1 ? [from] : [from, from + 1];
  let least = from;
  let most = from;
  for (let row = from; row < to; row++) {
    const value = rows[row]![column]!;
    if (!(value >= rows[least]![column]!)) least = row;
    if (!(value <= rows[most]![column]!)) most = row;
  }
  return least === most ? [least] : [Math.min(least, most), Math.max(least, most)];
}
