/** The methods by their names, and what each can be asked for. Pure. */
import type { Search } from "../job/sweep.ts";
import { Bayesian } from "./bayesian.ts";
import { RandomSearch, SobolSearch } from "./blind_search.ts";
import { CmaEs } from "./cma_es.ts";
import { NelderMead } from "./nelder_mead.ts";
import type { Searcher } from "./searcher.ts";
import { Space } from "./space.ts";

export function searcherOf({ method, over, seed, parallel }: Search): Searcher {
  const space = new Space(over);
  switch (method) {
    case "bayesian":
      return new Bayesian(space, seed);
    case "cma-es":
      return new CmaEs(space.dimensions, seed, parallel);
    case "nelder-mead":
      return new NelderMead(space.dimensions, seed, parallel);
    case "sobol":
      return new SobolSearch(space.dimensions, seed);
    case "random":
      return new RandomSearch(space.dimensions, seed);
  }
}
