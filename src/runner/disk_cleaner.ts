/** Makes room in a tree at work: older checkpoints of runs that no slot has, files of finished runs, looser packing. */
import { load } from "../job/load.ts";
import type { RunTable } from "../campaign/run_table.ts";
import type { RunEvent } from "../job/event.ts";
import { runName } from "../job/run.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";
import { packRecent } from "../store/archive.ts";
import type { Layout } from "../store/layout.ts";
import { join } from "../job/path.ts";
import { subfolders } from "../store/tree.ts";

/** What one pass came to. */
export interface Cleaned {
  readonly freedBytes: number;
  /** Runs of which older checkpoints went. */
  readonly thinned: number;
  readonly repacked: number;
  /** Finished runs whose files went into a pack. */
  readonly packed: number;
}

export interface CleanerParts {
  readonly layout: Layout;
  readonly table: RunTable;
  readonly history: History;
  /** Does something while no run is started. */
  readonly withoutStarts: <T>(work: () => Promise<T>) => Promise<T>;
  readonly freed: (bytes: number) => void;
}

/** After so many identities everybody else has his turn. */
const AT_ONCE = 500;
/** Small: it is put together in one go, in the thread that steers the campaign. */
const PACK_BYTES_MAX = 4 << 20;
const PACKS_MAX = 8;

interface Known {
  readonly job: PlannedJob;
  readonly number: number;
}

export class DiskCleaner {
  readonly #parts: CleanerParts;
  /** Runs that completed under this simrun and left files: their folders may be packed. */
  readonly #withFiles = new Set<string>();
  /** Checkpoints that were packed as hard as they can be, or are not worth it. */
  readonly #repacked = new Set<string>();
  /** Where each run with checkpoints stands in the table; of the jobs of one moment. */
  #known = new Map<string, Known[]>();
  #jobsKnown = 0;
  #isClosed = false;

  constructor(parts: CleanerParts) {
    this.#parts = parts;
  }

  heard(event: RunEvent): void {
    if (event.type === "runs.completed") {
      for (const { run, files } of event.runs) {
        if (files !== undefined) this.#withFiles.add(runName(event.job, run));
      }
    } else if (event.type === "runs.started" && this.#withFiles.size > 0) {
      // Submitted once more, with more steps: its files may grow.
      for (const run of event.runs) this.#withFiles.delete(runName(event.job, run));
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  /** One pass over what there is, until so many bytes are free; what costs least to give up goes first. */
  async clean(wantedBytes: number): Promise<Cleaned> {
    const done = { freedBytes: 0, thinned: 0, repacked: 0, packed: 0 };
    const isEnough = () => this.#isClosed || done.freedBytes >= wantedBytes;
    const count = (bytes: number): boolean => {
      done.freedBytes += bytes;
      if (bytes > 0) this.#parts.freed(bytes);
      return bytes > 0;
    };
    const { repackNewest, thinCheckpoints } = await load<typeof import("../store/thin.ts")>(
      import.meta.resolve("../store/thin.ts"),
    );
    const { layout } = this.#parts;
    const runs = await this.#idleRuns(isEnough);
    const { keptStates } = await load<typeof import("./kept_states.ts")>(
      import.meta.resolve("./kept_states.ts"),
    );
    const stays = keptStates(this.#parts.table, this.#parts.history);
    for (const { job, run, expected } of runs) {
      if (isEnough()) return done;
      const work = this.#exclusively(job, run);
      if (count(await thinCheckpoints(layout, { job, run, expected }, work, stays(job)))) {
        done.thinned++;
      }
    }
    for (let packs = 0; packs < PACKS_MAX && this.#withFiles.size > 0 && !isEnough(); packs++) {
      const packed = await this.#pack();
      done.packed += packed;
      if (packed === 0) break;
    }
    for (const { job, run } of runs) {
      if (isEnough()) return done;
      const work = this.#exclusively(job, run);
      const repack = await repackNewest(layout, { job, run }, work, this.#repacked);
      if (count(repack)) done.repacked++;
    }
    return done;
  }

  /** Runs with checkpoints that no slot has, those that are done first. */
  async #idleRuns(isEnough: () => boolean) {
    const { layout, table, history } = this.#parts;
    const found: {
      readonly job: string;
      readonly run: string;
      readonly expected: { readonly digest: string; readonly steps?: number };
      readonly isDone: boolean;
    }[] = [];
    this.#known = new Map();
    this.#jobsKnown = table.jobs.length;
    const saved = new Map<string, Set<string>>();
    for (const job of await subfolders(layout.checkpointRoot)) {
      saved.set(job, new Set(await subfolders(join(layout.checkpointRoot, job))));
    }
    for (const job of table.jobs) await this.#locate(job, saved.get(job.job.id), isEnough);
    if (isEnough()) return [];
    for (const [job, names] of saved) {
      for (const run of names) {
        if (!this.#isIdle(job, run)) continue;
        const last = this.#known.get(runName(job, run))?.at(-1);
        const digest = last === undefined
          ? history.jobs.get(job)?.find(run)?.digest
          : last.job.identify(last.number - last.job.offset).digest;
        // Of a run that nobody knows nobody can say what it would go on from.
        if (digest === undefined || digest === "") continue;
        const steps = last?.job.job.steps;
        const expected = { digest, ...(steps === undefined ? {} : { steps }) };
        const isDone = last !== undefined && table.stateOf(last.number) === "settled";
        found.push({ job, run, expected, isDone });
      }
    }
    return found.toSorted((a, b) => Number(b.isDone) - Number(a.isDone));
  }

  /** Finds out where the runs that left files stand in the table, a few at a time. */
  async #locate(
    job: PlannedJob,
    saved: ReadonlySet<string> | undefined,
    isEnough: () => boolean,
  ): Promise<void> {
    if (saved === undefined && this.#withFiles.size === 0) return;
    for (let index = 0; index < job.count; index++) {
      if (index % AT_ONCE === AT_ONCE - 1) await new Promise((done) => setTimeout(done, 0));
      if (isEnough()) return;
      const { run } = job.identify(index);
      const name = runName(job.job.id, run);
      if (saved?.has(run) !== true && !this.#withFiles.has(name)) continue;
      const known = this.#known.get(name);
      if (known === undefined) this.#known.set(name, [{ job, number: job.offset + index }]);
      else known.push({ job, number: job.offset + index });
    }
  }

  /** No slot has it, and what it has saved will not be cleared away in any case. */
  #isIdle(job: string, run: string): boolean {
    const { table } = this.#parts;
    // Jobs that came meanwhile may be these runs as well.
    if (table.jobs.length !== this.#jobsKnown) return false;
    return (this.#known.get(runName(job, run)) ?? []).every(({ job, number }) => {
      const state = table.stateOf(number);
      const isAnew = job.decisionAt(number - job.offset) === "asked";
      return state !== "assigned" && (!isAnew || state === "settled");
    });
  }

  /**
   * A run could be taken up while its files are looked at. So what changes them is done while none is started, and only
   * when no slot has it by then.
   */
  #exclusively(job: string, run: string) {
    return (work: () => Promise<void>): Promise<boolean> =>
      this.#parts.withoutStarts(async () => {
        if (this.#isClosed || !this.#isIdle(job, run)) return false;
        await work();
        return true;
      });
  }

  async #pack(): Promise<number> {
    const mayGo = (job: string, run: string) =>
      this.#withFiles.has(runName(job, run)) && this.#isIdle(job, run);
    return await this.#parts.withoutStarts(async () => {
      const { runs } = await packRecent(this.#parts.layout, {
        keep: 0,
        finished: mayGo,
        mayGo: (job, run) => mayGo(job, run) && this.#withFiles.delete(runName(job, run)),
        bytesMax: PACK_BYTES_MAX,
        packsMax: 1,
      });
      return runs;
    });
  }
}
