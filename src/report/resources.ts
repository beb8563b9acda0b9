/** What runs took, job by job: computing time, memory, checkpoints with their bytes and stalls. A fold of the journal. Pure. */
import type { JournalEntry } from "../job/event.ts";

/** The spread of numbers; undefined where there are none. */
export interface Spread {
  readonly count: number;
  readonly sum: number;
  readonly least: number;
  readonly median: number;
  /** 95 of 100 are not above it. */
  readonly p95: number;
  readonly most: number;
}

export interface Resources {
  readonly job: string;
  readonly completed: number;
  /** Computing time of completed runs. */
  readonly ms: Spread | undefined;
  /** Of runs that lasted long enough to be looked at: the most that their slots were seen with. */
  readonly memoryBytes: Spread | undefined;
  readonly checkpoints: CheckpointFigures;
}

export interface CheckpointFigures {
  readonly count: number;
  readonly bytes: number;
  /** Before they were compressed. */
  readonly rawBytes: number;
  /** Written while the run went on. */
  readonly writeMs: number;
  /** For which runs stood still. */
  readonly stallMs: number;
  readonly largestBytes: number;
  /** Runs that went on from one, and checkpoints that could not be used. */
  readonly resumed: number;
  readonly rejected: number;
  /** Runs that could not be saved, and went on without. */
  readonly degraded: number;
}

type Mutable<T> = { -readonly [name in keyof T]: T[name] };

class JobResources {
  completed = 0;
  readonly ms = new Numbers();
  readonly memory = new Numbers();
  readonly checkpoints: Mutable<CheckpointFigures> = noCheckpoints();
}

/** Feed it every entry in order. */
export class ResourceFold {
  readonly #jobs = new Map<string, JobResources>();

  apply(entry: JournalEntry): void {
    switch (entry.type) {
      case "runs.completed": {
        const job = this.#job(entry.job);
        job.completed += entry.runs.length;
        for (const { ms, memoryBytes } of entry.runs) {
          job.ms.push(ms);
          if (memoryBytes !== undefined) job.memory.push(memoryBytes);
        }
        return;
      }
      case "run.checkpointed": {
        const { checkpoints } = this.#job(entry.job);
        checkpoints.count++;
        checkpoints.bytes += entry.bytes;
        checkpoints.rawBytes += entry.rawBytes;
        checkpoints.writeMs += entry.ms;
        checkpoints.stallMs += entry.stallMs ?? 0;
        checkpoints.largestBytes = Math.max(checkpoints.largestBytes, entry.bytes);
        return;
      }
      case "run.resumed": {
        const { checkpoints } = this.#job(entry.job);
        if (entry.step > 0) checkpoints.resumed++;
        checkpoints.rejected += entry.rejected.length;
        return;
      }
      case "run.degraded":
        this.#job(entry.job).checkpoints.degraded++;
        return;
    }
  }

  /** A row each of those that computed or saved anything. */
  read(): Resources[] {
    return [...this.#jobs].map(([job, { completed, ms, memory, checkpoints }]) => ({
      job,
      completed,
      ms: ms.spread(),
      memoryBytes: memory.spread(),
      checkpoints: { ...checkpoints },
    }));
  }

  #job(id: string): JobResources {
    let job = this.#jobs.get(id);
    if (job === undefined) this.#jobs.set(id, job = new JobResources());
    return job;
  }
}

/** Of several jobs together. */
export function sumCheckpoints(all: readonly CheckpointFigures[]): CheckpointFigures {
  const sum: Mutable<CheckpointFigures> = noCheckpoints();
  for (const one of all) {
    for (const name of Object.keys(sum) as (keyof CheckpointFigures)[]) {
      sum[name] = name === "largestBytes" ? Math.max(sum[name], one[name]) : sum[name] + one[name];
    }
  }
  return sum;
}

function noCheckpoints(): Mutable<CheckpointFigures> {
  return {
    count: 0,
    bytes: 0,
    rawBytes: 0,
    writeMs: 0,
    stallMs: 0,
    largestBytes: 0,
    resumed: 0,
    rejected: 0,
    degraded: 0,
  };
}

/** Eight bytes a number, however many there are. */
class Numbers {
  #values = new Float64Array(16);
  #count = 0;

  push(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = value;
  }

  spread(): Spread | undefined {
    const count = this.#count;
    if (count === 0) return undefined;
    const sorted = this.#values.slice(0, count).sort();
    const at = (share: number) => sorted[Math.min(count - 1, Math.ceil(share * count) - 1)]!;
    return {
      count,
      sum: sorted.reduce((sum, value) => sum + value, 0),
      least: sorted[0]!,
      median: at(0.5),
      p95: at(0.95),
      most: sorted[count - 1]!,
    };
  }
}
