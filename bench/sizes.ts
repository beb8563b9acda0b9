/** How much is measured: everything, less of it, or just enough to see that the benches work. */

export interface Sizes {
  /** Pairs of runs of about so long: simrun, then the baseline, and again. */
  readonly stepRounds: number;
  readonly stepComputeMs: number;
  readonly fieldBytes: number;
  readonly fieldRounds: number;
  readonly fieldComputeMs: number;
  readonly checkpointEveryMs: number;
  readonly autoBytes: number;
  readonly autoComputeMs: number;
  readonly autoRounds: number;
  readonly autoKills: number;
  readonly tinyRuns: number;
  readonly tinyRounds: number;
  readonly startRounds: number;
  readonly verifyBytes: number;
  readonly verifyFiles: number;
  readonly verifyRuns: number;
  readonly verifyRounds: number;
  readonly steerRounds: number;
  readonly programs: number;
  readonly programsDone: number;
  readonly programRounds: number;
  readonly dashboardRounds: number;
  readonly dashboardListenMs: number;
  readonly searchBudgets: readonly number[];
  readonly searchSeeds: number;
  readonly scaleShards: number;
  readonly scaleRuns: readonly number[];
  /** With a line for each run up to so many: they take twice as much room. */
  readonly scaleLongRunsMax: number;
  readonly scaleRounds: number;
}

export const FULL: Sizes = {
  stepRounds: 5,
  stepComputeMs: 3500,
  fieldBytes: 16 * 2 ** 20,
  fieldRounds: 9,
  fieldComputeMs: 4500,
  checkpointEveryMs: 1000,
  autoBytes: 16 * 2 ** 20,
  autoComputeMs: 25_000,
  autoRounds: 3,
  autoKills: 5,
  tinyRuns: 100_000,
  tinyRounds: 5,
  startRounds: 20,
  verifyBytes: 16 * 2 ** 20,
  verifyFiles: 40,
  verifyRuns: 1000,
  verifyRounds: 7,
  steerRounds: 20,
  programs: 1000,
  programsDone: 10_000,
  programRounds: 5,
  dashboardRounds: 5,
  dashboardListenMs: 20_000,
  searchBudgets: [50, 200],
  searchSeeds: 9,
  scaleShards: 1000,
  scaleRuns: [100_000, 1_000_000, 10_000_000],
  scaleLongRunsMax: 1_000_000,
  scaleRounds: 3,
};

export const QUICK: Sizes = {
  ...FULL,
  stepRounds: 3,
  stepComputeMs: 1000,
  fieldRounds: 2,
  fieldComputeMs: 3500,
  autoRounds: 1,
  autoKills: 2,
  tinyRounds: 1,
  startRounds: 7,
  verifyRounds: 3,
  steerRounds: 7,
  programRounds: 2,
  dashboardRounds: 3,
  searchBudgets: [50],
  searchSeeds: 5,
  scaleRuns: [100_000, 1_000_000],
  scaleRounds: 1,
};

/** For the test: the figures mean nothing. */
export const SMOKE: Sizes = {
  stepRounds: 1,
  stepComputeMs: 20,
  fieldBytes: 2 ** 20,
  fieldRounds: 1,
  fieldComputeMs: 300,
  checkpointEveryMs: 50,
  autoBytes: 2 ** 16,
  autoComputeMs: 2_000,
  autoRounds: 1,
  autoKills: 1,
  tinyRuns: 500,
  tinyRounds: 1,
  startRounds: 1,
  verifyBytes: 2 ** 20,
  verifyFiles: 2,
  verifyRuns: 20,
  verifyRounds: 1,
  steerRounds: 1,
  programs: 10,
  programsDone: 20,
  programRounds: 1,
  dashboardRounds: 1,
  dashboardListenMs: 2_000,
  searchBudgets: [12],
  searchSeeds: 1,
  scaleShards: 10,
  scaleRuns: [1_000],
  scaleLongRunsMax: 1_000,
  scaleRounds: 1,
};
