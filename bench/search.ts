/** How near methods of search come to the least value of known functions, beside random points of the same number. */
import { searcherOf } from "../src/search/methods.ts";
import { Chance } from "../src/search/chance.ts";
import { type Search, SEARCH_METHODS, type SearchMethod } from "../src/job/sweep.ts";
import type { Place } from "../src/search/searcher.ts";
import type { Line, Section } from "./report.ts";
import { TEST_FUNCTIONS, type TestFunction } from "./search_functions.ts";
import type { Sizes } from "./sizes.ts";
import { median } from "./statistics.ts";

const PARALLEL = 4;

interface Played {
  /** Above the least value, without noise. */
  readonly regret: number;
  /** What each proposal took. */
  readonly ms: readonly number[];
}

export function measureSearch(sizes: Sizes): Promise<Section> {
  const { searchBudgets: budgets, searchSeeds } = sizes;
  const seeds = Array.from({ length: searchSeeds }, (_, i) => i + 1);
  const lines: Line[] = [];
  const costs = new Map<SearchMethod, Played[]>();
  for (const one of TEST_FUNCTIONS) {
    for (const budget of budgets) {
      const of = (method: SearchMethod) => {
        const played = seeds.map((seed) => play(one, method, budget, seed));
        costs.set(method, [...costs.get(method) ?? [], ...played]);
        return median(played.map(({ regret }) => regret));
      };
      const random = of("random");
      for (const method of SEARCH_METHODS) {
        if (method === "random") continue;
        lines.push({
          what: `${one.name}, ${budget} runs, ${method}`,
          simrun: { value: of(method), unit: "above" },
          baseline: { value: random, unit: "above", name: "random points" },
          ...(method === "bayesian" && { goal: { of: "ratio", atMost: 0.5 } }),
        });
      }
    }
  }
  const notes = [
    `Above the least value there is, median of ${seeds.length} seeds; ${PARALLEL} points under way at any time.`,
    ...[...costs].map(([method, played]) => {
      const ms = played.flatMap((one) => one.ms).sort((a, b) => a - b);
      const mean = ms.reduce((sum, one) => sum + one, 0) / ms.length;
      const most = ms[Math.floor(0.99 * (ms.length - 1))]!;
      return `${method}: a proposal in ${mean.toFixed(3)} ms, 99 of 100 in less than ${
        most.toFixed(1)
      } ms.`;
    }),
  ];
  return Promise.resolve({ title: "Search", lines, notes });
}

/** A search as a campaign leads it that always has as many runs under way as it may. */
function play(
  { dimensions, least, at }: TestFunction,
  method: SearchMethod,
  budget: number,
  seed: number,
): Played {
  const over: Search["over"] = Array.from({ length: dimensions }, (_, i) => ({
    name: `x${i}`,
    distribution: { kind: "uniform", min: 0, max: 1 },
  }));
  const searcher = searcherOf({
    kind: "search",
    method,
    metric: "value",
    goal: "minimize",
    count: budget,
    seed,
    parallel: PARALLEL,
    over,
  });
  const chance = new Chance(seed);
  const places: Place[] = [];
  const values: number[] = [];
  const ms: number[] = [];
  let [told, best] = [0, Infinity];
  while (places.length < budget) {
    const number = places.length;
    const needed = Math.max(number - PARALLEL + 1, searcher.waitsFor(number));
    if (told < needed) {
      searcher.tell(places[told]!, values[told]!);
      told++;
      continue;
    }
    const began = performance.now();
    const place = searcher.propose(number, places.slice(told));
    ms.push(performance.now() - began);
    places.push(place);
    values.push(at(place, () => chance.normal(number, NOISE)));
    best = Math.min(best, at(place, () => 0));
  }
  return { regret: best - least, ms };
}

const NOISE = 7;
