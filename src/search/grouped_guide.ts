/**
 * A sweep over several combinations, each with a mean of its own: each is led by itself, and ends when its own mean is
 * known. Runs of a combination lie beside each other, because repeats and samples vary fastest. Pure.
 */
import type { Job } from "../job/job.ts";
import type { Decision } from "../plan/decision.ts";
import type { Guide, RunOutcome } from "../plan/guide.ts";
import { countPoints } from "../plan/sweep.ts";
import { type GuideOptions, type GuidePast, RunGuide } from "./guide.ts";

export class GroupedGuide implements Guide {
  readonly search: undefined;
  readonly hopeless: undefined;
  readonly best: undefined;
  readonly metric: string;
  readonly #size: number;
  readonly #groups: readonly RunGuide[];

  constructor(job: Job, size: number, past: GuidePast | undefined, options: GuideOptions) {
    this.metric = job.until!.metric;
    this.#size = size;
    const count = Math.floor(countPoints(job.sweep) / size);
    this.#groups = Array.from({ length: count }, (_, group) => {
      const from = group * size;
      const own = past && {
        proposed: () => undefined,
        outcome: (index: number) => past.outcome(from + index),
        hasFailedByChance: (index: number) => past.hasFailedByChance?.(from + index) ?? false,
      };
      return new RunGuide(job, size, own, options);
    });
  }

  get ended(): number {
    return this.#groups.reduce((sum, { ended }) => sum + ended, 0);
  }

  get fronts(): readonly number[] {
    return this.#groups.flatMap(({ fronts }, group) =>
      fronts.map((index) => group * this.#size + index)
    );
  }

  get needless(): Guide["needless"] {
    return this.#groups.flatMap(({ needless }, group) =>
      needless.map(({ from, to }) => ({
        from: group * this.#size + from,
        to: group * this.#size + to,
      }))
    );
  }

  /** When all have come to their end, one or another before its last run. */
  get stopped(): Guide["stopped"] {
    if (this.#known === 0 || this.fronts.length > 0) return undefined;
    return { after: this.ended, why: this.standing };
  }

  get standing(): string {
    return `the mean of ${this.metric} is known well enough in ${this.#known} of ${this.#groups.length} combinations`;
  }

  decideAll(decide: (index: number) => Decision): Decision[] {
    return this.#groups.flatMap((guide, group) =>
      guide.decideAll((index) => decide(group * this.#size + index))
    );
  }

  admits(index: number): boolean {
    return this.#groupOf(index).admits(index % this.#size);
  }

  proposalAt(): undefined {
    return undefined;
  }

  tell(index: number, outcome: RunOutcome | undefined): string | undefined {
    return this.#groupOf(index).tell(index % this.#size, outcome);
  }

  get #known(): number {
    return this.#groups.filter(({ stopped }) => stopped !== undefined).length;
  }

  #groupOf(index: number): RunGuide {
    return this.#groups[Math.floor(index / this.#size)]!;
  }
}

/** Leads the runs of a job, all together or each combination by itself. */
export function guideOfJob(job: Job, past?: GuidePast, options: GuideOptions = {}): Guide {
  const parts = job.sweep?.parts ?? [];
  const drawn = parts.filter(({ kind }) => kind === "sample" || kind === "repeat");
  const isGrouped = job.until?.standardError !== undefined && drawn.length < parts.length;
  if (!isGrouped) return new RunGuide(job, countPoints(job.sweep), past, options);
  return new GroupedGuide(job, countPoints({ parts: drawn }), past, options);
}
