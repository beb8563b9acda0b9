/** What searches are tried on: landscapes over the unit cube, and a search played without a campaign. */
import type { Distribution, Search } from "../../src/job/sweep.ts";
import { searcherOf } from "../../src/search/methods.ts";
import type { Place } from "../../src/search/searcher.ts";

const UNIT: Distribution = { kind: "uniform", min: 0, max: 1 };

export function aSearch(over: Partial<Search> = {}, dimensions = 2): Search {
  return {
    kind: "search",
    method: "bayesian",
    metric: "loss",
    goal: "minimize",
    count: 50,
    seed: 0,
    parallel: 4,
    over: Array.from({ length: dimensions }, (_, i) => ({ name: `x${i}`, distribution: UNIT })),
    ...over,
  };
}

/** Least at 0.3, 0.3, …. */
export function bowl(place: Place): number {
  return place.reduce((sum, x) => sum + (x - 0.3) ** 2, 0);
}

/** A bent valley, least at 0.75, 0.5. */
export function rosenbrock([u, v]: Place): number {
  const [x, y] = [4 * u! - 2, 4 * v! - 1];
  return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
}

/** The places that are proposed, when each search waits for just as many results as it must. */
export function play(search: Search, loss: (place: Place) => number): Place[] {
  const searcher = searcherOf(search);
  const places: Place[] = [];
  for (let told = 0; places.length < search.count;) {
    const number = places.length;
    const needed = Math.max(number - search.parallel + 1, searcher.waitsFor(number));
    if (told < needed) searcher.tell(places[told]!, loss(places[told++]!));
    else places.push(searcher.propose(number, places.slice(told)));
  }
  return places;
}

export function bestOf(places: readonly Place[], loss: (place: Place) => number): number {
  return Math.min(...places.map(loss));
}
