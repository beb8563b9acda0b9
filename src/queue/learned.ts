/**
 * What history teaches of a model, and what is made of it: when to save, when to call a run hung. No result depends
 * on it. Pure.
 */
import { type CheckpointLesson, PRIOR_MTBF_MS } from "../job/checkpoint_interval.ts";
import type { ModelIdentity } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { Experience, ModelFacts } from "./experience.ts";
import type { History } from "./history.ts";
import { Rates } from "./rates.ts";

/** How often work was lost. */
export interface Losses {
  readonly mtbfMs: number;
  /** Of all simruns of the tree: those that ended without a word. */
  readonly crashes: number;
  readonly workedMs: number;
  /** Of runs of the model: attempts that ended with their slots. */
  readonly slots: number;
  readonly computedMs: number;
}

export interface KnownCheckpoints {
  readonly count: number;
  readonly ms: number;
  readonly rawBytes: number;
  /** They are of the job itself: its next ones will be as large. */
  readonly isOwn: boolean;
}

/** A run may stand still so many times as long as others of its model did, or as their steps took on average. */
const HANG_FACTOR = 3;

export class Learned {
  readonly rates: Rates;
  readonly #experience: Experience;
  readonly #isWorking: boolean;

  private constructor(rates: Rates, experience: Experience, isWorking: boolean) {
    this.rates = rates;
    this.#experience = experience;
    this.#isWorking = isWorking;
  }

  /** `isWorking`: the last simrun has not ended, because it is at work. */
  static of(history: History, isWorking = false): Learned {
    return new Learned(Rates.of(history), history.experience, isWorking);
  }

  /**
   * What a checkpoint costs on average, its stall included, and of how large a state: of this job, else of any other of
   * the model.
   */
  checkpoint(model: ModelIdentity, job: string): KnownCheckpoints | undefined {
    const own = this.#experience.checkpointsOf(job, model.digest);
    const facts = own ?? this.#factsOf(model)?.checkpoints;
    if (facts === undefined || facts.count === 0) return undefined;
    const { count, ms, rawBytes } = facts;
    return { count, ms: ms / count, rawBytes: rawBytes / count, isOwn: own !== undefined };
  }

  /** The most memory that a slot was seen with while it computed a run of this model. */
  peakMemoryBytes(model: ModelIdentity): number | undefined {
    return this.#factsOf(model)?.memoryBytesMax || undefined;
  }

  /** The largest slot in which a run of this model was out of memory. */
  outOfMemoryAt(model: ModelIdentity): number | undefined {
    return this.#factsOf(model)?.outOfMemoryAt || undefined;
  }

  /**
   * Before anything is known one loss a day, or one in `limitMs` when all ends sooner: it counts as one loss that was
   * seen, and weighs less the more is known.
   */
  losses(model: ModelIdentity, limitMs = Infinity): Losses {
    const { last } = this.#experience;
    const isLost = last !== undefined && !last.hasEnded && !this.#isWorking;
    const crashes = this.#experience.crashes + (isLost ? 1 : 0);
    const workedMs = this.#experience.workedMs + (last?.workedMs ?? 0);
    const slots = this.#factsOf(model)?.losses ?? 0;
    const computedMs = this.rates.computedMs(model);
    const priorMs = Math.max(1, Math.min(PRIOR_MTBF_MS, limitMs));
    const rate = (crashes + 1) / (workedMs + priorMs) + slots / (computedMs + priorMs);
    return { mtbfMs: 1 / rate, crashes, workedMs, slots, computedMs };
  }

  /** How long a run may make no step: never less than its job says. */
  hangMs(model: ModelIdentity, floorMs: number): number {
    const longestMs = this.#factsOf(model)?.longestStepMs ?? 0;
    return Math.max(floorMs, HANG_FACTOR * Math.max(longestMs, this.rates.stepMs(model) ?? 0));
  }

  checkpointLesson(model: ModelIdentity, job: string, limitMs?: number): CheckpointLesson {
    const cost = this.checkpoint(model, job);
    const { mtbfMs } = this.losses(model, limitMs);
    return cost === undefined
      ? { mtbfMs }
      : { mtbfMs, cost: { ms: cost.ms, rawBytes: cost.rawBytes } };
  }

  /** The job as its slots are told of it: with what was learned of its model. */
  teach(job: Job, model: ModelIdentity, limitMs?: number): Job {
    const hangMs = this.hangMs(model, job.hangMs);
    if (job.checkpoint.every.kind !== "auto") return { ...job, hangMs };
    const learned = this.checkpointLesson(model, job.id, limitMs);
    return { ...job, hangMs, checkpoint: { ...job.checkpoint, every: { kind: "auto", learned } } };
  }

  #factsOf(model: ModelIdentity): ModelFacts | undefined {
    return this.#experience.factsOf(model);
  }
}
