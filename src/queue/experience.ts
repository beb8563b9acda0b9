/** What the journal tells beside the states of runs: what models cost, and how often work was lost. Never reads a file. */
import type { ModelIdentity } from "../job/event.ts";
import type { FailureClass } from "../job/run.ts";

export interface CheckpointFacts {
  count: number;
  /** Stalls and writing together. */
  ms: number;
  rawBytes: number;
}

/** Sums over all runs of a model. */
export interface ModelFacts {
  readonly checkpoints: CheckpointFacts;
  /** The most that a slot's process was seen with; 0 when nobody looked. */
  memoryBytesMax: number;
  /** The most that a slot had in which one ran out of memory. */
  outOfMemoryAt: number;
  /** Attempts that ended with their slot: what was computed since the last checkpoint was lost. */
  losses: number;
  /** The longest time between two signs of life of a run that completed. */
  longestStepMs: number;
}

/** Failures with which the slot's process ends, and with it what was not saved. */
const LOSING: readonly string[] = [
  "slot-lost",
  "hang",
  "out-of-memory",
] satisfies readonly FailureClass[];

export class Experience {
  /** Simruns that ended without a word. The last one is not among them: it may be at work. */
  crashes = 0;
  /** How long the ended ones worked, together. */
  workedMs = 0;
  readonly #byDigest = new Map<string, ModelFacts>();
  /** By digest of the model and id of the job: other parameters make another size. */
  readonly #checkpoints = new Map<string, CheckpointFacts>();
  readonly #names = new Map<string, string>();
  #session:
    | { readonly beganAt: string; readonly shard: string | undefined; hasEnded: boolean }
    | undefined;
  #lastAt = "";

  /** The time of each line, in order. */
  heard(at: string): void {
    this.#lastAt = at;
  }

  /** That another shard begins says nothing of the one before it, which may be at work still. */
  began(at: string, shard?: string): void {
    if (this.#session !== undefined && this.#session.shard !== shard) this.#session.hasEnded = true;
    this.#endSession();
    this.#session = { beganAt: at, shard, hasEnded: false };
    this.#lastAt = at;
  }

  /** The simrun at work said that it ends. */
  ended(): void {
    if (this.#session !== undefined) this.#session.hasEnded = true;
  }

  /** How long the last simrun has worked, and whether it said that it ended. */
  get last(): { readonly workedMs: number; readonly hasEnded: boolean } | undefined {
    if (this.#session === undefined) return undefined;
    const { beganAt, hasEnded } = this.#session;
    return { workedMs: spanMs(beganAt, this.#lastAt), hasEnded };
  }

  planned({ digest, name }: ModelIdentity): void {
    this.#names.set(digest, name);
  }

  /** The file name that a model had when it had this digest. */
  nameOf(digest: string): string | undefined {
    return this.#names.get(digest);
  }

  checkpointed(job: string, digest: string, ms: number, rawBytes: number): void {
    const key = `${digest} ${job}`;
    let ofJob = this.#checkpoints.get(key);
    if (ofJob === undefined) this.#checkpoints.set(key, ofJob = { count: 0, ms: 0, rawBytes: 0 });
    for (const facts of [ofJob, this.#of(digest).checkpoints]) {
      facts.count++;
      facts.ms += ms;
      facts.rawBytes += rawBytes;
    }
  }

  /** Of a job's own runs with this model. */
  checkpointsOf(job: string, digest: string): CheckpointFacts | undefined {
    return this.#checkpoints.get(`${digest} ${job}`);
  }

  completed(digest: string, memoryBytes = 0, longestStepMs = 0): void {
    const facts = this.#of(digest);
    facts.memoryBytesMax = larger(facts.memoryBytesMax, memoryBytes);
    facts.longestStepMs = larger(facts.longestStepMs, longestStepMs);
  }

  /** An attempt came to nothing. `memoryBytes`: what its slot had, if it ran out of it. */
  failed(digest: string, why: string, memoryBytes = 0): void {
    if (!LOSING.includes(why)) return;
    const facts = this.#of(digest);
    facts.losses++;
    facts.outOfMemoryAt = larger(facts.outOfMemoryAt, memoryBytes);
  }

  /** Of this model; of its earlier versions together when this one was never run. */
  factsOf({ digest, name }: ModelIdentity): ModelFacts | undefined {
    const own = this.#byDigest.get(digest);
    if (own !== undefined) return own;
    const facts = [...this.#byDigest].filter(([of]) => this.#names.get(of) === name);
    return facts.length === 0 ? undefined : facts.map(([, one]) => one).reduce(together);
  }

  #endSession(): void {
    const { last } = this;
    if (last === undefined) return;
    this.workedMs += last.workedMs;
    if (!last.hasEnded) this.crashes++;
  }

  #of(digest: string): ModelFacts {
    let facts = this.#byDigest.get(digest);
    if (facts === undefined) {
      facts = {
        checkpoints: { count: 0, ms: 0, rawBytes: 0 },
        memoryBytesMax: 0,
        outOfMemoryAt: 0,
        losses: 0,
        longestStepMs: 0,
      };
      this.#byDigest.set(digest, facts);
    }
    return facts;
  }
}

function together(a: ModelFacts, b: ModelFacts): ModelFacts {
  return {
    checkpoints: {
      count: a.checkpoints.count + b.checkpoints.count,
      ms: a.checkpoints.ms + b.checkpoints.ms,
      rawBytes: a.checkpoints.rawBytes + b.checkpoints.rawBytes,
    },
    memoryBytesMax: Math.max(a.memoryBytesMax, b.memoryBytesMax),
    outOfMemoryAt: Math.max(a.outOfMemoryAt, b.outOfMemoryAt),
    losses: a.losses + b.losses,
    longestStepMs: Math.max(a.longestStepMs, b.longestStepMs),
  };
}

/** The record of a run is in part what its model made it: a figure may be anything. */
function larger(known: number, figure: unknown): number {
  return typeof figure === "number" && Number.isFinite(figure) ? Math.max(known, figure) : known;
}

/** A clock may have been set back, or stand in the journal of a machine that had none. */
function spanMs(from: string, to: string): number {
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
