/** Runs of a job that have begun and not completed: all that statistics keep of completed ones are the numbers. */
import { DigestMap } from "../queue/digest_map.ts";
import { type Cause, type Counts, zeroCounts } from "./statistics_counts.ts";

export interface Row {
  counts: Counts;
  /** Empty until it is begun. */
  digest: string;
  /** Which of the numbers it is in; `unneeded`, in none: its job has come to its end without it. */
  state: "firstAttempt" | "afterRetry" | "failed" | "cancelled" | "unfinished" | "unneeded";
  /** When it was last heard of. */
  atMs: number;
  /** Failed attempts by what they failed of. */
  failures: Map<Cause["cause"], number> | undefined;
}

/** Runs that have begun together. Of almost all the next that is heard is that they completed: none has a row till then. */
export class Begun {
  readonly counts: Counts;
  readonly atMs: number;
  /** Each id with its digest behind it. */
  readonly #runs: readonly string[];
  #likely = 0;

  constructor(runs: readonly string[], counts: Counts, atMs: number) {
    this.counts = counts;
    this.atMs = atMs;
    this.#runs = runs;
  }

  rowOf(run: string): Row {
    // Mostly they are heard of in their order.
    const at = this.#runs[this.#likely] === run ? this.#likely : this.#runs.indexOf(run);
    this.#likely = at + 2;
    const { counts, atMs } = this;
    return { counts, digest: this.#runs[at + 1]!, state: "unfinished", atMs, failures: undefined };
  }
}

/** Those of one job, and the numbers of all of its runs. */
export class JobRows {
  readonly #rows = new DigestMap<Row | Begun>();
  /** By the model's file name. */
  readonly counts = new Map<string, Counts>();
  readonly names = new Map<string, string>();
  /** Digest of the model of its last plan. */
  model = "";
  isStopped = false;

  countsOf(model: string): Counts {
    const name = this.names.get(model) ?? model;
    let counts = this.counts.get(name);
    if (counts === undefined) this.counts.set(name, counts = zeroCounts());
    return counts;
  }

  get(run: string): Row | undefined {
    const row = this.#rows.get(run);
    if (!(row instanceof Begun)) return row;
    const own = row.rowOf(run);
    this.#rows.set(run, own);
    return own;
  }

  /** Puts a run that is not known among those that have begun; answers false when it is known. */
  begin(run: string, begun: Begun): boolean {
    return this.#rows.add(run, begun);
  }

  add(run: string, row: Row): void {
    this.#rows.set(run, row);
  }

  /** Takes a run out; what it began with is all there is of one that has not been heard of since. */
  take(run: string): Row | Begun | undefined {
    return this.#rows.take(run);
  }

  all(): readonly Row[] {
    const rows: Row[] = [];
    this.#rows.forEach((run) => rows.push(this.get(run)!));
    return rows;
  }
}
