/** What of a point is a number and no parameter: those of its sample, its trial and its repeat. Pure. */
import { REPEAT_NUMBER, SAMPLE_NUMBER, type Sweep, TRIAL_NUMBER } from "../job/sweep.ts";
import { type Point, sweepNames } from "./sweep.ts";

/** Names of the sweep that are no parameters. */
export function numbersOf(sweep: Sweep | undefined): string[] {
  return (sweep?.parts ?? []).flatMap(({ kind }) => NUMBERS[kind] ?? []);
}

const NUMBERS: { readonly [kind: string]: string } = {
  sample: SAMPLE_NUMBER,
  search: TRIAL_NUMBER,
  repeat: REPEAT_NUMBER,
};
/** The number of a point's repeat, 1 where nothing is repeated; that of its sample where there is one. */
export function pointNumbers(
  sweep: Sweep | undefined,
  point: Point,
): { readonly repeat: number; readonly sample: number | undefined } {
  const hasSample = numbersOf(sweep).includes(SAMPLE_NUMBER);
  const { repeat } = takeRepeat(sweep, point);
  return { repeat, sample: hasSample ? Number(point[SAMPLE_NUMBER]) : undefined };
}

/** The names of the sweep that are: what a model is handed. */
export function sweptParameterNames(sweep: Sweep | undefined): string[] {
  if (sweep === undefined) return [];
  const numbers = numbersOf(sweep);
  return sweepNames(sweep).filter((name) => !numbers.includes(name));
}

/** The parameters of a point: what a model sees of it. */
export function sweptParameters(sweep: Sweep | undefined, point: Point): Point {
  const numbers = numbersOf(sweep);
  if (numbers.length === 0) return point;
  return Object.fromEntries(Object.entries(point).filter(([name]) => !numbers.includes(name)));
}

/**
 * A point without the number of its repeat, and that number. The first repeat is what the point would be without
 * repeats, so that asking for more of them keeps it.
 */
export function takeRepeat(
  sweep: Sweep | undefined,
  point: Point,
): { readonly once: Point; readonly repeat: number } {
  const isRepeated = sweep?.parts.some(({ kind }) => kind === "repeat") ?? false;
  if (!isRepeated) return { once: point, repeat: 1 };
  const { [REPEAT_NUMBER]: repeat = 1, ...once } = point;
  return { once, repeat: Number(repeat) };
}
