/** A number over two swept parameters as a grid of cells, each the mean of the rows that fall into it. Pure. */
import { kindOf } from "./result_frame.ts";

export interface HeatAxis {
  readonly label: string;
  /** Of the cells from the first on: the value of each, or of its middle. */
  readonly values: readonly number[];
  /** Where cells are ranges: from the beginning of the first one to the end of the last. */
  readonly range:
    | { readonly min: number; readonly max: number; readonly isLog: boolean }
    | undefined;
}

export interface HeatMap {
  readonly x: HeatAxis;
  readonly y: HeatAxis;
  readonly label: string;
  /** Row by row from the lowest, `NaN` where nothing fell. */
  readonly cells: Float64Array;
  readonly least: number;
  readonly most: number;
  /** Rows behind a cell at most. */
  readonly countMax: number;
}

export interface HeatSource {
  readonly count: number;
  readonly x: (index: number) => unknown;
  readonly y: (index: number) => unknown;
  readonly z: (index: number) => unknown;
  readonly labels: { readonly x: string; readonly y: string; readonly z: string };
}

/** With more values than this an axis has ranges instead. */
const CELLS_MAX = 48;

/** Undefined where fewer than half of the cells would be filled, or where all are the same. */
export function heatMapOf(source: HeatSource): HeatMap | undefined {
  const x = axisOf(source, source.x, source.labels.x);
  const y = axisOf(source, source.y, source.labels.y);
  if (x === undefined || y === undefined) return undefined;
  const columns = x.values.length;
  const sums = new Float64Array(columns * y.values.length);
  const counts = new Uint32Array(sums.length);
  for (let i = 0; i < source.count; i++) {
    const z = source.z(i);
    const at = y.place(source.y(i)) * columns + x.place(source.x(i));
    const value = kindOf(z) === "number" ? Number(z) : NaN;
    if (!(at >= 0) || !Number.isFinite(value)) continue;
    sums[at]! += value;
    counts[at]!++;
  }
  const cells = sums.map((sum, i) => counts[i] === 0 ? NaN : sum / counts[i]!);
  let least = Infinity, most = -Infinity, filled = 0;
  for (const value of cells) {
    if (Number.isNaN(value)) continue;
    filled++;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (filled < cells.length / 2 || !(most > least)) return undefined;
  const countMax = counts.reduce((a, b) => Math.max(a, b), 0);
  const bare = ({ label, values, range }: HeatAxis) => ({ label, values, range });
  return { x: bare(x), y: bare(y), label: source.labels.z, cells, least, most, countMax };
}

interface PlacedAxis extends HeatAxis {
  /** Which cell it falls into; NaN for none. */
  readonly place: (value: unknown) => number;
}

function axisOf(
  { count }: HeatSource,
  cell: (index: number) => unknown,
  label: string,
): PlacedAxis | undefined {
  const different = new Set<number>();
  let min = Infinity, max = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = cell(i);
    if (kindOf(value) !== "number" || !Number.isFinite(Number(value))) continue;
    const number = Number(value);
    if (different.size <= CELLS_MAX) different.add(number);
    min = Math.min(min, number);
    max = Math.max(max, number);
  }
  if (different.size < 2) return undefined;
  if (different.size <= CELLS_MAX) {
    const values = [...different].toSorted((a, b) => a - b);
    const places = new Map(values.map((value, i) => [value, i]));
    return { label, values, range: undefined, place: (value) => places.get(Number(value)) ?? NaN };
  }
  const isLog = min > 0 && max / min >= 1000;
  const scaled = isLog ? Math.log : Number;
  const [from, to] = [scaled(min), scaled(max)];
  const cells = Math.min(CELLS_MAX, Math.max(8, Math.round(Math.sqrt(count / 2))));
  const middle = (i: number) => from + (i + 0.5) / cells * (to - from);
  return {
    label,
    values: Array.from({ length: cells }, (_, i) => isLog ? Math.exp(middle(i)) : middle(i)),
    range: { min, max, isLog },
    place: (value) => {
      const at = Math.floor((scaled(Number(value)) - from) / (to - from) * cells);
      return Number.isFinite(at) ? Math.min(cells - 1, Math.max(0, at)) : NaN;
    },
  };
}
