/** Axes of a plot in text: their ends, round ticks, and where a value lies between. Pure. */
import type { PlotAxis } from "../report/plot_data.ts";

export interface Tick {
  /** From 0, the beginning of the axis, to 1. */
  readonly at: number;
  readonly value: number;
  readonly text: string;
}

export interface Scale {
  /** The values at both ends. */
  readonly domain: readonly [from: number, to: number];
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Ends at round numbers, a little outside of the values. */
export function scaleOf(axis: PlotAxis, ticksMax: number): Scale {
  if (axis.categories !== undefined) return categoryScale(axis.categories);
  return axis.isLog ? logScale(axis, ticksMax) : linearScale(axis, ticksMax);
}

function categoryScale(names: readonly string[]): Scale {
  const at = (index: number) => (index + 0.5) / names.length;
  return {
    domain: [0, names.length],
    at,
    ticks: names.map((text, i) => ({ at: at(i), value: i, text })),
  };
}

function linearScale({ min, max }: PlotAxis, ticksMax: number): Scale {
  const span = max - min;
  const pad = span > 0 ? span * 0.03 : Math.abs(max) * 0.1 || 1;
  const from = min - pad;
  const to = max + pad;
  const at = (value: number) => (value - from) / (to - from);
  return { domain: [from, to], at, ticks: linearTicks(from, to, ticksMax, at) };
}

function logScale({ min, max }: PlotAxis, ticksMax: number): Scale {
  const low = Math.log10(min);
  const high = Math.log10(max);
  const pad = (high - low) * 0.03 || 0.3;
  const from = low - pad;
  const to = high + pad;
  const domain = [10 ** from, 10 ** to] as const;
  const at = (value: number) => (Math.log10(value) - from) / (to - from);
  // Whole decades; where there are few, their parts as well.
  for (const parts of [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5], [1, 2, 5], [1, 3], [1]]) {
    const values: number[] = [];
    for (let decade = Math.floor(from); decade <= Math.ceil(to); decade++) {
      for (const part of parts) {
        const value = part * 10 ** decade;
        if (at(value) >= 0 && at(value) <= 1) values.push(value);
      }
    }
    if (values.length > ticksMax && parts.length > 1) continue;
    if (values.length < 2) return { domain, at, ticks: linearTicks(...domain, ticksMax, at) };
    const every = Math.ceil(values.length / Math.max(1, ticksMax));
    return {
      domain,
      at,
      ticks: values.filter((_, i) => i % every === 0)
        .map((value) => ({ at: at(value), value, text: tickText(value, value) })),
    };
  }
  return { domain, at, ticks: [] };
}

/** The most round numbers that there is room for. On a logarithmic axis they are unevenly far from each other. */
function linearTicks(
  from: number,
  to: number,
  ticksMax: number,
  at: (value: number) => number,
): Tick[] {
  const step = roundSteps((to - from) / (ticksMax + 1)).find((one) =>
    Math.floor(to / one) - Math.ceil(from / one) < ticksMax + 1
  )!;
  const ticks: Tick[] = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) {
    ticks.push({ at: at(i * step), value: i * step, text: tickText(i * step, step) });
  }
  return ticks;
}

/** 1, 2 and 5 times powers of ten, from the one just below on. */
function roundSteps(least: number): number[] {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10, 20, 50, 100].map((part) => part * power);
}

/** As many digits as the step between ticks is worth. */
function tickText(value: number, step: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const wanted = Math.floor(Math.log10(size) + 1e-9) - Math.floor(Math.log10(step) + 1e-9);
  if (size >= 1e6 || size < 1e-4) {
    return value.toExponential(Math.min(12, Math.max(0, wanted)))
      .replace(/\.?0+e/, "e").replace("e+", "e");
  }
  return value.toFixed(Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));
}
