/** How long runs take in a slot and how sure that is: from those that ended, and from what history knows of the model. Pure. */
import type { PlannedJob } from "../plan/plan.ts";
import { LogTimes } from "../queue/log_times.ts";
import type { Rates } from "../queue/rates.ts";

/** A run's time as a log-normal one, in milliseconds; and how sure its middle is, as a factor's logarithm. */
export interface Belief {
  readonly logMs: number;
  /** Spread from run to run. */
  readonly sigma: number;
  /** How far the middle itself may be off. */
  readonly doubt: number;
  /** What a run takes beside its computing: its start, its messages. */
  readonly overheadMs: number;
}

/** Where only one run or none was seen: their times differ by a factor of 1.6 or so. */
const SIGMA_UNKNOWN = 0.5;
/** That weighs as much as so many runs; what is known of the model's other runs, as many as this at most. */
const PRIOR_RUNS = 2;
const MODEL_RUNS_MAX = 10;
/** Another day, other parameters: the same model is off by a tenth. */
const MODEL_DOUBT = 0.1;

interface Known {
  /** Milliseconds a step. */
  readonly times: LogTimes;
  computedMs: number;
  runs: number;
  slotMs: number;
  slotRuns: number;
}

export class RunTimes {
  readonly #rates: Rates | undefined;
  readonly #jobs = new Map<number, Known>();
  /** Milliseconds a step, by the model's path. */
  readonly #models = new Map<string, LogTimes>();

  constructor(rates?: Rates) {
    this.#rates = rates;
  }

  /** A run has ended; `ms` of computing. */
  computed(job: PlannedJob, ms: number): void {
    const time = Math.max(ms, 1e-3) / job.job.steps;
    const known = this.#of(job);
    known.times.add(time);
    known.computedMs += ms;
    known.runs++;
    const { path } = job.job.model;
    let model = this.#models.get(path);
    if (model === undefined) this.#models.set(path, model = new LogTimes());
    model.add(time);
  }

  /** So many runs that all came to their end took a slot so long. */
  occupied(job: PlannedJob, runs: number, ms: number): void {
    const known = this.#of(job);
    known.slotMs += ms;
    known.slotRuns += runs;
  }

  /** What a step of the job takes on average; undefined when nothing like it was ever run. */
  stepMs(job: PlannedJob): number | undefined {
    const belief = this.belief(job);
    return belief && Math.exp(belief.logMs + belief.sigma ** 2 / 2) / job.job.steps;
  }

  /**
   * Undefined when nothing like it was ever run. `underWayMs`: what those under way will take by their own speed. Without
   * them the short ones would be believed typical: they are the first to end.
   */
  belief(job: PlannedJob, underWayMs: readonly number[] = []): Belief | undefined {
    const known = this.#jobs.get(job.number);
    const prior = this.#ofOthers(job, known?.times);
    const overheadMs = known === undefined || known.slotRuns === 0 || known.runs === 0
      ? 0
      : Math.max(0, known.slotMs / known.slotRuns - known.computedMs / known.runs);
    const own = new LogTimes();
    if (known !== undefined) own.include(known.times);
    for (const ms of underWayMs) own.add(Math.max(ms, 1e-3) / job.job.steps);
    if (own.count === 0) return prior && { ...prior.belief, overheadMs };
    const ownLogMs = own.mean + Math.log(job.job.steps);
    const weight = Math.min(prior?.runs ?? PRIOR_RUNS, MODEL_RUNS_MAX);
    const variance = (weight * (prior?.belief.sigma ?? SIGMA_UNKNOWN) ** 2 + own.deviance) /
      (weight + own.count - 1);
    const sigma = Math.sqrt(variance);
    const doubt = variance / own.count;
    if (prior === undefined) return { logMs: ownLogMs, sigma, doubt: Math.sqrt(doubt), overheadMs };
    // What is said of the model counts for less, the less it fits what the job's own runs say.
    const { belief } = prior;
    const off = Math.max(belief.doubt ** 2, (belief.logMs - ownLogMs) ** 2);
    const share = off / (off + doubt);
    return {
      logMs: belief.logMs + share * (ownLogMs - belief.logMs),
      sigma,
      doubt: Math.sqrt(share * doubt),
      overheadMs,
    };
  }

  /** By steps, from what runs of the model's other jobs took in this campaign, else in earlier ones. */
  #ofOthers(
    job: PlannedJob,
    own?: LogTimes,
  ): { readonly belief: Belief; readonly runs: number } | undefined {
    const all = this.#models.get(job.job.model.path);
    const others = own === undefined ? all : all?.without(own);
    const times = others !== undefined && others.count > 0
      ? others
      : this.#rates?.stepTimes(job.model);
    if (times === undefined || times.count === 0) return undefined;
    const variance = (PRIOR_RUNS * SIGMA_UNKNOWN ** 2 + times.deviance) /
      (PRIOR_RUNS + times.count - 1);
    const belief = {
      logMs: times.mean + Math.log(job.job.steps),
      sigma: Math.sqrt(variance),
      doubt: Math.sqrt(variance / times.count + MODEL_DOUBT ** 2),
      overheadMs: 0,
    };
    return { belief, runs: times.count };
  }

  #of(job: PlannedJob): Known {
    let known = this.#jobs.get(job.number);
    if (known === undefined) {
      known = { times: new LogTimes(), computedMs: 0, runs: 0, slotMs: 0, slotRuns: 0 };
      this.#jobs.set(job.number, known);
    }
    return known;
  }
}
