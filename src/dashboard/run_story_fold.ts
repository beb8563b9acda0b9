/** What the journal tells of one run beside its story: checkpoints, series and log where they stand in its lines. Pure. */
import type { JournalEntry } from "../job/event.ts";
import { type Provenance, ProvenanceFold } from "../report/provenance.ts";
import { StoryFold } from "../report/run_story.ts";

export interface SavedCheckpoint {
  readonly step: number;
  readonly at: string;
  readonly bytes: number;
  /** How long the run stood still for it. */
  readonly stallMs: number;
}

/** The newest ones; a run may have written a hundred thousand. */
const CHECKPOINTS_MAX = 200;

export class RunStoryFold {
  readonly story: StoryFold;
  readonly #job: string;
  readonly #run: string;
  #checkpoints: SavedCheckpoint[] = [];
  /** Of the last attempt that ended. */
  series: string | undefined;
  log: string | undefined;
  result: unknown;
  /** The run whose result it took; undefined when it was computed. */
  reusedFrom: { readonly job: string; readonly run: string } | undefined;
  /** Its own spec digest, where it took a result. */
  reusedSpec: string | undefined;
  readonly #sources = new ProvenanceFold();

  constructor(job: string, run: string) {
    this.#job = job;
    this.#run = run;
    this.story = new StoryFold(job, run);
  }

  get checkpoints(): readonly SavedCheckpoint[] {
    return this.#checkpoints.slice(-CHECKPOINTS_MAX);
  }

  /** With what it was computed. Of a result that was taken over that of the other run tells it. */
  get provenance(): Provenance | undefined {
    return this.#sources.find(this.#job, this.#run);
  }

  apply(entry: JournalEntry): void {
    this.story.apply(entry);
    if (entry.type.startsWith("campaign.")) this.#sources.apply(entry);
    if (entry.type === "job.planned" && entry.job.id === this.#job) this.#sources.apply(entry);
    if (!("job" in entry) || entry.job !== this.#job) return;
    switch (entry.type) {
      case "runs.started":
        this.#start(entry);
        return;
      case "run.checkpointed": {
        if (entry.run !== this.#run) return;
        const { step, at, bytes, stallMs = 0 } = entry;
        this.#checkpoints.push({ step, at, bytes, stallMs });
        if (this.#checkpoints.length > 2 * CHECKPOINTS_MAX) {
          this.#checkpoints = this.#checkpoints.slice(-CHECKPOINTS_MAX);
        }
        return;
      }
      case "runs.completed":
      case "run.reused": {
        const records = entry.type === "run.reused" ? [entry.run] : entry.runs;
        const record = records.find(({ run }) => run === this.#run);
        if (record === undefined) return;
        this.series = record.series;
        this.log = record.log;
        this.result = record.result;
        this.reusedFrom = entry.type === "run.reused" ? entry.from : undefined;
        this.reusedSpec = entry.type === "run.reused" ? record.digest : undefined;
        if (entry.type === "runs.completed") this.#sources.apply({ ...entry, runs: [record] });
        return;
      }
      case "run.failed":
        if (entry.run === this.#run) this.log = entry.log;
        return;
    }
  }

  #start(entry: JournalEntry & { readonly type: "runs.started" }): void {
    // Pairs of run and digest: a run stands at the first places only.
    const at = entry.runs.findIndex((word, i) => i % 2 === 0 && word === this.#run);
    if (at < 0) return;
    this.log = this.series = this.result = undefined;
    this.reusedFrom = this.reusedSpec = undefined;
    this.#sources.apply({ ...entry, runs: entry.runs.slice(at, at + 2) });
  }
}
