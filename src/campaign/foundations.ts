/**
 * What runs rest on at the moment they are handed out: what they need has ended by then, perhaps otherwise than was
 * planned. Asked of the table each time, and a picture of it: what happens later changes no answer that was given.
 */
import { ownDigest, restingDigest } from "../job/run_digest.ts";
import { Foundation } from "../plan/foundation.ts";
import { matesOf, originsOf } from "../plan/mates.ts";
import { digestOfRuns, indicesBelow, type NeededJob, type NeededRun } from "../plan/needed_job.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { RunTable } from "./run_table.ts";
import type { SlotBatch } from "./slot.ts";

export interface Identified {
  readonly identities: SlotBatch["identities"];
  /** Absent when they rest on nothing. */
  readonly foundation?: Foundation;
}

export class Foundations {
  readonly #table: RunTable;
  /** Digests of runs that were handed out on another foundation than was planned, by number. */
  readonly #late = new Map<number, string>();
  /** By job: the digest of all its runs when these ended otherwise than planned. */
  readonly #digests = new Map<number, { readonly odd: string; readonly digest: string }>();

  constructor(table: RunTable) {
    this.#table = table;
  }

  /** Who these runs are, now that what they need has ended. */
  identify(job: PlannedJob, numbers: readonly number[]): Identified {
    const identities = new Map<number, { readonly run: string; readonly digest: string }>();
    for (const number of numbers) identities.set(number, job.identify(number - job.offset));
    if (job.foundation === undefined) return { identities };
    const foundation = new Foundation(job.job, (id) => this.#find(job, id, numbers));
    for (const [number, { run, digest: planned }] of identities) {
      const digest = restingDigest(ownDigest(planned), foundation.digestAt(number - job.offset));
      identities.set(number, { run, digest });
      if (digest !== planned) this.#late.set(number, digest);
      else if (this.#late.size > 0) this.#late.delete(number);
    }
    return { identities, foundation };
  }

  /** The last job of that name, as those of its runs have ended that these need; else as the tree tells of it. */
  #find(job: PlannedJob, id: string, numbers: readonly number[]): NeededJob | undefined {
    const needed = this.#table.jobs.findLast((one) => one.job.id === id);
    if (needed === undefined) return job.foundation!.find(id);
    const odd = this.#oddOf(needed, indicesOf(job, numbers, needed));
    return odd.size === 0 ? needed : new EndedJob(needed, odd, this.#digests);
  }

  /** Runs that are not what was planned. */
  #oddOf(needed: PlannedJob, indices: Iterable<number>): Map<number, Odd> {
    const odd = new Map<number, Odd>();
    const { failed, cancelled, unneeded } = this.#table.counts;
    if (failed + cancelled + unneeded + this.#late.size === 0) return odd;
    for (const index of indices) {
      const state = this.#table.stateOf(needed.offset + index);
      const digest = this.#late.get(needed.offset + index);
      if (state === "failed" || state === "cancelled") odd.set(index, { state });
      else if (state === "unneeded") odd.set(index, { state: "unfinished", isSpared: true });
      else if (digest !== undefined) odd.set(index, { digest });
    }
    return odd;
  }
}

/** The runs of a needed job that these rest on. */
function indicesOf(
  { job, offset }: PlannedJob,
  numbers: readonly number[],
  needed: PlannedJob,
): Iterable<number> {
  const { id } = needed.job;
  const need = job.needs?.find((one) => one.job === id);
  if (need?.runs === "all") return indicesBelow(needed.count);
  const indices = numbers.map((number) => number - offset);
  return [
    ...need === undefined ? [] : indices.flatMap((index) => matesOf(job, index, needed.job)),
    ...job.from?.job !== id ? [] : indices.flatMap((index) => originsOf(job, index, needed.job)),
  ];
}

type Odd = Partial<Pick<NeededRun, "state" | "digest" | "isSpared">>;

/** A planned job of which some runs have ended otherwise. */
class EndedJob implements NeededJob {
  readonly #planned: PlannedJob;
  readonly #odd: ReadonlyMap<number, Odd>;
  readonly #digests: Map<number, { readonly odd: string; readonly digest: string }>;

  constructor(
    planned: PlannedJob,
    odd: ReadonlyMap<number, Odd>,
    digests: Map<number, { readonly odd: string; readonly digest: string }>,
  ) {
    this.#planned = planned;
    this.#odd = odd;
    this.#digests = digests;
  }

  get job(): PlannedJob["job"] {
    return this.#planned.job;
  }

  get count(): number {
    return this.#planned.count;
  }

  pointAt(index: number) {
    return this.#planned.pointAt(index);
  }

  runAt(index: number): NeededRun {
    return { ...this.#planned.runAt(index), ...this.#odd.get(index) };
  }

  /** Kept as long as the same runs are odd: each batch asks, and a needed job may be large. */
  digestOfAll(): string {
    const odd = JSON.stringify([...this.#odd]);
    const known = this.#digests.get(this.#planned.number);
    if (known?.odd === odd) return known.digest;
    const digest = digestOfRuns(this, indicesBelow(this.count));
    this.#digests.set(this.#planned.number, { odd, digest });
    return digest;
  }
}
