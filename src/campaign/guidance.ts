/**
 * Jobs whose runs are led by results: tells each guide what has ended, and does what follows from it. A guide heeds
 * runs in their order only, so it does not matter in which they end, nor when it is told.
 */
import type { RunEvent } from "../job/event.ts";
import { decodePlain } from "../job/plain.ts";
import type { Guide } from "../plan/guide.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { NEEDS_CHARACTERS_MAX, type ResultPort } from "./handout.ts";
import type { RunTable, TableState } from "./run_table.ts";
import type { RunResult } from "./slot_messages.ts";

export interface GuidanceParts {
  readonly table: RunTable;
  readonly results: ResultPort | undefined;
  append(event: RunEvent): void;
  /** The run will never begin. */
  giveUp(number: number, why: string): void;
  /** What was read of a result has come; as long as it has not, nothing may end. */
  hold(): void;
  release(): void;
}

/** States of runs that are begun no more when their job has come to its end. */
const SPARED: readonly TableState[] = ["ready", "blocked", "delayed", "held", "paused-before"];
const WITHOUT_RESULT: readonly TableState[] = ["failed", "cancelled", "cancelled-before"];

interface LedJob {
  readonly job: PlannedJob;
  readonly guide: Guide;
}

export class Guidance {
  readonly #parts: GuidanceParts;
  /** Jobs of which it was told that they have come to their end. */
  readonly #told = new Set<PlannedJob>();
  /** Runs that are not needed and that slots had at the last look, by the first number of their range. */
  readonly #underWay = new Map<number, number>();

  readonly #led: LedJob[] = [];
  /** So many jobs were looked at for a guide. */
  #seen = 0;

  constructor(parts: GuidanceParts) {
    this.#parts = parts;
  }

  /** These have come to their end, and that is durable. */
  completed(job: PlannedJob, results: readonly RunResult[]): void {
    if (job.guide === undefined) return;
    for (const result of results) {
      if (isInFile(result.result)) this.#read(job, job.guide, result);
      else this.#tell(job, job.guide, result.index, decodePlain(result.result), result.step);
    }
  }

  /** Heeds what has ended otherwise, and spares what is not needed any more. */
  review(): void {
    for (const { job, guide } of this.#ledJobs()) {
      this.#heedEnds(job, guide);
      for (const range of guide.needless) this.#spare(job, range);
      if (guide.stopped !== undefined) this.#tellStopped(job, guide.stopped);
      else if (guide.hopeless !== undefined) {
        this.#giveUp(job, `${guide.hopeless} (optimize.metric)`);
      }
    }
  }

  /** Mostly none: looked for again only when jobs were added. */
  #ledJobs(): readonly LedJob[] {
    const { jobs } = this.#parts.table;
    for (; this.#seen < jobs.length; this.#seen++) {
      const job = jobs[this.#seen]!;
      if (job.guide !== undefined) this.#led.push({ job, guide: job.guide });
    }
    return this.#led;
  }

  /** What has ended without a result. */
  #heedEnds(job: PlannedJob, guide: Guide): void {
    for (let ended = -1; guide.ended > ended;) {
      ended = guide.ended;
      for (const index of guide.fronts) {
        const state = this.#parts.table.stateOf(job.offset + index);
        if (WITHOUT_RESULT.includes(state)) guide.tell(index, undefined);
      }
    }
  }

  #tell(job: PlannedJob, guide: Guide, index: number, result: unknown, steps: number): void {
    const warning = guide.tell(index, { result, steps });
    if (warning === undefined) return;
    const { run } = job.identify(index);
    const { append } = this.#parts;
    append({ type: "run.warned", job: job.job.id, run, step: steps, message: warning });
  }

  /** A large result is a file. */
  #read(job: PlannedJob, guide: Guide, { index, step }: RunResult): void {
    const { results, hold, release } = this.#parts;
    const read = results?.read(job, [index], NEEDS_CHARACTERS_MAX) ?? Promise.reject();
    hold();
    read.then(([text]) => {
      const { result } = decodePlain(JSON.parse(text!)) as { result: unknown };
      this.#tell(job, guide, index, result, step);
    }).catch(() => guide.tell(index, undefined)).then(release);
  }

  /** What a slot has may yet be given back: then it is not needed either. */
  #spare(job: PlannedJob, { from, to }: Guide["needless"][number]): void {
    const { table } = this.#parts;
    const key = job.offset + from;
    if (this.#underWay.get(key) === 0) return;
    let underWay = 0;
    for (let number = key; number < job.offset + to; number++) {
      const state = table.stateOf(number);
      if (state === "assigned") underWay++;
      if (!SPARED.includes(state)) continue;
      table.become(number, "unneeded");
      job.spared++;
    }
    this.#underWay.set(key, underWay);
  }

  #tellStopped(job: PlannedJob, { after, why }: NonNullable<Guide["stopped"]>): void {
    if (this.#told.has(job)) return;
    this.#told.add(job);
    const before = job.stoppedBefore;
    if (before?.after === after && before.of === job.count && before.why === why) return;
    this.#parts.append({ type: "job.stopped", job: job.job.id, after, of: job.count, why });
  }

  #giveUp(job: PlannedJob, why: string): void {
    const { table, giveUp } = this.#parts;
    for (let number = job.offset; number < job.offset + job.count; number++) {
      if (table.stateOf(number) === "blocked") giveUp(number, why);
    }
  }
}

function isInFile(result: unknown): boolean {
  return typeof result === "object" && result !== null && "$file" in result;
}
