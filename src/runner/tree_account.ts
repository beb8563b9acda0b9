/** What the tree takes on the disk: counted in one walk, kept up to date by what is told, and counted again now and then. */
import type { DiskSight } from "../campaign/disk_policy.ts";
import type { HeldRun } from "../campaign/slot.ts";
import type { RunEvent } from "../job/event.ts";
import { runName } from "../job/run.ts";
import { BLOCK_BYTES, bytesBelow } from "../store/room.ts";

/** To walk through the tree costs no more than this part of the time. */
const LOAD_MAX = 0.02;
const WALK_EVERY_MS = 10_000;
/** Of each run, before one has written more: with `keep: all` nobody can say how many it will be. */
const CHECKPOINTS_EXPECTED = 3;

export class TreeAccount {
  readonly #root: string;
  readonly #keepOf: (job: string) => number;
  /** The checkpoints of runs at work, oldest first, as far as a slot keeps them. */
  readonly #kept = new Map<string, number[]>();
  /** The largest checkpoint of each job. */
  readonly #largest = new Map<string, number>();
  /** By job, how many one run has come to hold, at most: of those that go on, and of those that have completed. */
  readonly #most = new Map<string, number>();
  readonly #mostAtEnd = new Map<string, number>();
  #bytes: number | undefined;
  /** What came and went since the walk that goes on began. */
  #sinceWalk = 0;
  #nextWalkMs = 0;
  #walking: Promise<void> | undefined;
  #isClosed = false;

  constructor(root: string, keepOf: (job: string) => number) {
    this.#root = root;
    this.#keepOf = keepOf;
  }

  /** Undefined before the first walk is done. */
  get bytes(): number | undefined {
    return this.#bytes;
  }

  heard(event: RunEvent): void {
    if (event.type === "run.checkpointed") {
      const bytes = Math.ceil(event.bytes / BLOCK_BYTES) * BLOCK_BYTES;
      const name = runName(event.job, event.run);
      const kept = this.#kept.get(name) ?? [];
      kept.push(bytes);
      this.#kept.set(name, kept);
      this.#largest.set(event.job, Math.max(bytes, this.#largest.get(event.job) ?? 0));
      this.#add(bytes - (kept.length > this.#keepOf(event.job) ? kept.shift()! : 0));
      raise(this.#most, event.job, kept.length);
    } else if (event.type === "runs.completed" && this.#kept.size > 0) {
      for (const { run } of event.runs) {
        const name = runName(event.job, run);
        raise(this.#mostAtEnd, event.job, this.#kept.get(name)?.length ?? 0);
        this.#kept.delete(name);
      }
    }
  }

  /** No run of the others will be started: what theirs came to hold is in the tree, and says nothing of the next. */
  forgetAllBut(jobs: ReadonlySet<string>): void {
    for (const known of [this.#largest, this.#most, this.#mostAtEnd]) {
      for (const job of known.keys()) if (!jobs.has(job)) known.delete(job);
    }
  }

  freed(bytes: number): void {
    this.#add(-bytes);
  }

  /** What it takes when each of these runs writes one more checkpoint, and one that is started writes its first. */
  roundBytes(running: readonly HeldRun[]): number {
    const first = Math.max(0, ...this.#largest.values());
    return running.reduce((sum, run) => sum + this.#sizeOf(run), first);
  }

  /** What it takes, and what these runs, and more that are started, will yet come to hold. */
  sight(held: readonly HeldRun[]): Pick<DiskSight, "treeBytes" | "claimedBytes" | "startBytes"> {
    let startBytes = 0;
    for (const [job, largest] of this.#largest) {
      startBytes = Math.max(startBytes, largest * this.#countOf(job));
    }
    let claimedBytes = startBytes;
    // While nothing has been saved nobody knows what will be.
    for (const run of startBytes === 0 ? [] : held) {
      const kept = this.#kept.get(runName(run.job, run.run))?.length ?? 0;
      // A new one stands beside the old ones for a moment.
      claimedBytes += this.#sizeOf(run) * Math.max(1, this.#countOf(run.job) - kept);
    }
    return { treeBytes: this.#bytes, claimedBytes, startBytes };
  }

  /** How many checkpoints a run is likely to hold: it may keep more than it will ever write. */
  #countOf(job: string): number {
    const most = this.#most.get(job) ?? 0;
    const mostAtEnd = this.#mostAtEnd.get(job) ?? 0;
    const expected = mostAtEnd > 0 && most <= mostAtEnd ? mostAtEnd : 2 * most;
    return Math.min(this.#keepOf(job), Math.max(CHECKPOINTS_EXPECTED, expected));
  }

  #sizeOf({ job, run }: HeldRun): number {
    return this.#kept.get(runName(job, run))?.at(-1) ?? this.#largest.get(job) ?? 0;
  }

  /** Begins to count anew when it is time to. Nothing waits for it. */
  refresh(nowMs: number): void {
    if (this.#walking !== undefined || nowMs < this.#nextWalkMs || this.#isClosed) return;
    this.#walking = this.#walk(nowMs).finally(() => this.#walking = undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#walking;
  }

  async #walk(beganMs: number): Promise<void> {
    this.#sinceWalk = 0;
    const bytes = await bytesBelow(this.#root, () => !this.#isClosed);
    if (this.#isClosed) return;
    this.#bytes = bytes + this.#sinceWalk;
    const tookMs = performance.now() - beganMs;
    this.#nextWalkMs = performance.now() + Math.max(WALK_EVERY_MS, tookMs / LOAD_MAX);
  }

  #add(bytes: number): void {
    this.#sinceWalk += bytes;
    if (this.#bytes !== undefined) this.#bytes = Math.max(0, this.#bytes + bytes);
  }
}

function raise(most: Map<string, number>, job: string, count: number): void {
  most.set(job, Math.max(count, most.get(job) ?? 0));
}
