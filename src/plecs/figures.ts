/**
 * Mean, ripple and the like of a signal over a window of time, summed up piece by piece: a simulation that comes in
 * segments gives the same numbers however often it was interrupted between them. Pure.
 */
import type { SignalResult } from "../job/plecs.ts";

/** Plain data, so that a checkpoint can hold it. */
export interface FigureSum {
  readonly last: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Over time: of the signal, of its square, and of time itself. */
  readonly integral: number;
  readonly square: number;
  readonly seconds: number;
}

export const EMPTY_SUM: FigureSum = {
  last: null,
  min: null,
  max: null,
  integral: 0,
  square: 0,
  seconds: 0,
};

/**
 * Adds what of a piece lies in the window. Between two samples the signal is a straight line: at the window's ends it
 * is cut, and the integrals are those of the line. Two samples at one time are a jump.
 */
export function addPiece(
  sum: FigureSum,
  { from = -Infinity, to = Infinity }: Pick<SignalResult, "from" | "to">,
  time: Float64Array,
  values: Float64Array,
): FigureSum {
  let { last, min, max, integral, square, seconds } = sum;
  const see = (value: number) => {
    last = value;
    // One that is no number makes them none.
    min = min === null ? value : Math.min(min, value);
    max = max === null ? value : Math.max(max, value);
  };
  for (let i = 0; i < time.length; i++) {
    const [t, v] = [time[i]!, values[i]!];
    const isFirst = i === 0;
    const [t0, v0] = isFirst ? [t, v] : [time[i - 1]!, values[i - 1]!];
    const at = (when: number) => v0 + (v - v0) * (when - t0) / (t - t0);
    if (t > t0 && t > from && t0 < to) {
      const [a, b] = [Math.max(t0, from), Math.min(t, to)];
      const [va, vb] = [a === t0 ? v0 : at(a), b === t ? v : at(b)];
      integral += (b - a) * (va + vb) / 2;
      square += (b - a) * (va * va + va * vb + vb * vb) / 3;
      seconds += b - a;
      if (a > t0) see(va);
      if (b < t) see(vb);
    }
    if (t >= from && t <= to) see(v);
  }
  return { last, min, max, integral, square, seconds };
}

/** Undefined when nothing lay in the window. */
export function figureOf(sum: FigureSum, of: SignalResult["of"]): number | undefined {
  const { last, min, max, integral, square, seconds } = sum;
  if (last === null || min === null || max === null) return undefined;
  switch (of) {
    case "last":
      return last;
    case "min":
      return min;
    case "max":
      return max;
    case "pp":
      return max - min;
    case "mean":
      return seconds === 0 ? last : integral / seconds;
    case "rms":
      return seconds === 0 ? Math.abs(last) : Math.sqrt(square / seconds);
  }
}

/** Places of at most so many samples, spread over time; the first and the last are among them. */
export function thinned(time: Float64Array, most: number): number[] {
  if (time.length <= most) return Array.from(time, (_, i) => i);
  const [first, end] = [time[0]!, time[time.length - 1]!];
  const places: number[] = [];
  let at = 0;
  for (let row = 0; row < most; row++) {
    const wanted = most === 1 ? end : first + (end - first) * row / (most - 1);
    while (at < time.length - 1 && time[at + 1]! <= wanted) at++;
    if (row === most - 1) at = time.length - 1;
    if (at !== places.at(-1)) places.push(at);
  }
  return places;
}
