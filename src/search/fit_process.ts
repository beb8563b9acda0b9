/** Lengths and noise that explain some results best, with a mild preference for what is usual. Pure. */
import { exp, log } from "../plan/elementary.ts";
import { GaussianProcess, type Hyperparameters, type Unordered } from "./gaussian_process.ts";
import type { Place } from "./searcher.ts";
import { Simplex } from "./simplex.ts";

/** More results than this make it slow, and tell little more of lengths. */
const POINTS_MAX = 48;
const LENGTHS = { least: 0.02, most: 4, usual: 0.4, spread: 1 };
const NOISE = { least: 1e-8, most: 1, usual: 1e-5, spread: 3 };

export function fitHyperparameters(
  places: readonly Place[],
  values: readonly number[],
  unordered: Unordered,
): Hyperparameters {
  const chosen = choose(values);
  const parametersAt = (place: Place): Hyperparameters => ({
    lengths: place.slice(0, -1).map((share) => between(LENGTHS, share)),
    noise: between(NOISE, place.at(-1)!),
  });
  const cost = (place: Place): number => {
    const surrogate = new GaussianProcess(parametersAt(place), unordered);
    for (const i of chosen) surrogate.add(places[i]!, values[i]!);
    const { lengths, noise } = parametersAt(place);
    const unusual = lengths.reduce((sum, length) => sum + unusualness(LENGTHS, length), 0) +
      unusualness(NOISE, noise);
    return unusual - surrogate.logLikelihood;
  };
  const dimensions = places[0]!.length;
  let best: { readonly place: Place; readonly cost: number } | undefined;
  // Noise that is large and noise that is none explain the same results: both are tried.
  for (const noise of [0.35, 0.8]) {
    const simplex = new Simplex([...new Array<number>(dimensions).fill(0.55), noise], 0.15);
    for (let i = 0; i < 20 + 10 * dimensions && !simplex.hasArrived; i++) {
      const place = simplex.next();
      const found = { place, cost: cost(place) };
      simplex.tell(place, found.cost);
      if (best === undefined || found.cost < best.cost) best = found;
    }
  }
  return parametersAt(best!.place);
}

/** The better half of them, and of the others as many as there is room for. */
function choose(values: readonly number[]): readonly number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  if (order.length <= POINTS_MAX) return order;
  const best = order.slice(0, POINTS_MAX / 2);
  const others = order.slice(POINTS_MAX / 2);
  const each = others.length / (POINTS_MAX / 2);
  return [...best, ...best.map((_, i) => others[Math.floor(i * each)]!)];
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly usual: number;
  readonly spread: number;
}

function between({ least, most }: Range, share: number): number {
  return exp(log(least) + share * (log(most) - log(least)));
}

function unusualness({ usual, spread }: Range, value: number): number {
  return (log(value / usual) / spread) ** 2 / 2;
}
