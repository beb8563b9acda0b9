/** Reads `optimize`: a search over the values of some parameters; and its JSON Schema. */
import { type Search, SEARCH_METHODS, type SearchMethod, TRIAL_NUMBER } from "../job/sweep.ts";
import { choice } from "./choice_shape.ts";
import { fieldsSchema, type ForeignWords, readFields } from "./fields.ts";
import { findEntry, type YamlMap } from "./node.ts";
import { overShape } from "./sample_shape.ts";
import { count, mustBe, type Report, type Shape, text } from "./shape.ts";

const DEFAULT_METHOD: SearchMethod = "bayesian";
const DEFAULT_PARALLEL = 4;

/** What a proposal costs grows with the results that a method looks at. */
const BUDGET_MAX: { readonly [method in SearchMethod]: number } = {
  "bayesian": 1000,
  "cma-es": 1e6,
  "nelder-mead": 1e6,
  "sobol": 1e6,
  "random": 1e6,
};

const METHODS = Object.fromEntries(SEARCH_METHODS.map((method) => [method, method])) as {
  readonly [method in SearchMethod]: method;
};

const FIELDS = {
  metric: {
    shape: text(),
    about: "A number of the results, named as simrun results --columns names it.",
    examples: ["loss"],
  },
  goal: {
    shape: choice<Search["goal"]>({ minimize: "minimize", maximize: "maximize" }, {
      min: "minimize",
      minimise: "minimize",
      minimum: "minimize",
      least: "minimize",
      max: "maximize",
      maximise: "maximize",
      maximum: "maximize",
      most: "maximize",
    }),
    about: "Whether it is to be as small or as large as can be.",
    default: "minimize",
  },
  budget: {
    shape: count({ max: 1e6 }),
    about: "At most so many runs. More of them later go on where the search ended.",
    examples: [200],
  },
  method: {
    shape: choice<SearchMethod>(METHODS, {
      bayes: "bayesian",
      bo: "bayesian",
      gp: "bayesian",
      gaussian_process: "bayesian",
      tpe: "bayesian",
      cmaes: "cma-es",
      cma: "cma-es",
      cma_es: "cma-es",
      evolution: "cma-es",
      genetic: "cma-es",
      nelder_mead: "nelder-mead",
      neldermead: "nelder-mead",
      simplex: "nelder-mead",
      qmc: "sobol",
      grid: "sobol",
      monte_carlo: "random",
    }),
    about: "bayesian: few, costly runs; cma-es, nelder-mead: many, cheap ones; sobol, random: " +
      "points that follow from no results.",
    default: DEFAULT_METHOD,
  },
  parallel: {
    shape: count({ max: 1000 }),
    about: "How many of its runs may be under way at once. It is part of the search, so that its " +
      "points do not depend on the machine.",
    default: DEFAULT_PARALLEL,
  },
  seed: {
    shape: count({ min: 0 }),
    about: "Another seed gives another search.",
    default: 0,
  },
  over: {
    shape: overShape([TRIAL_NUMBER]),
    about: "The parameters that are searched, each with its distribution.",
    examples: [{ x: { uniform: [-5, 5] }, rate: { log_uniform: [1e-5, 1] } }],
  },
} as const;

const FOREIGN: ForeignWords = {
  synonyms: {
    objective: "metric",
    target: "metric",
    minimize: "goal: minimize",
    maximize: "goal: maximize",
    direction: "goal",
    runs: "budget",
    trials: "budget",
    n_trials: "budget",
    count: "budget",
    max_runs: "budget",
    evaluations: "budget",
    algorithm: "method",
    optimizer: "method",
    sampler: "method",
    workers: "parallel",
    batch: "parallel",
    jobs: "parallel",
    random_seed: "seed",
    parameters: "over",
    params: "over",
    space: "over",
    bounds: "over",
    until: "until, beside optimize",
  },
};

const REQUIRED = ["metric", "budget", "over"] as const;
const EXAMPLE = "{ metric: loss, budget: 200, over: { x: { uniform: [-5, 5] } } }";

export function optimizeShape(): Shape<Search> {
  return {
    schema: fieldsSchema(FIELDS, REQUIRED),
    read(node, name, report) {
      if (node.kind !== "map") {
        const wanted = `a mapping with "metric", "budget" and "over"`;
        return mustBe(node, name, wanted, report, `For example ${name}: ${EXAMPLE}.`);
      }
      return readSearch(node, name, report);
    },
  };
}

function readSearch(node: YamlMap, name: string, report: Report): Search | undefined {
  const before = report.failures;
  const { metric, budget, over, ...values } = readFields(FIELDS, node, name, report, FOREIGN);
  for (const key of REQUIRED) {
    if (findEntry(node, key) !== undefined) continue;
    report.error(node, "missing-key", `"${name}" has no "${key}"`, `For example ${EXAMPLE}.`);
  }
  if (report.failures > before || metric === undefined || budget === undefined) return undefined;
  const { method = DEFAULT_METHOD, goal = "minimize", seed = 0 } = values;
  const most = BUDGET_MAX[method];
  if (budget > most) {
    const message = `The method ${method} takes at most ${most.toLocaleString("en")} runs`;
    const hint = "Write method: cma-es for more, or a smaller budget.";
    return report.error(findEntry(node, "budget")!.value, "value", message, hint);
  }
  return {
    kind: "search",
    method,
    metric,
    goal,
    count: budget,
    seed,
    parallel: values.parallel ?? DEFAULT_PARALLEL,
    over: over!,
  };
}
