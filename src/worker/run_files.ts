/**
 * What one run writes: checkpoints, series, log, a big result. Lives in the agent.
 * Crash order: rows of the series first, then the checkpoint that counts them, then the word that it is
 * saved, then older checkpoints go (rules R1 and R4).
 */
import { join } from "node:path";
import type { Job } from "../job/job.ts";
import type { CheckpointIdentity, Snapshot } from "../job/snapshot.ts";
import { restoreRun } from "../store/archive.ts";
import {
  type Checkpoint,
  listCheckpoints,
  newestGood,
  pruneCheckpoints,
  type Rejected,
  writeCheckpoint,
  type WrittenCheckpoint,
} from "../store/checkpoint.ts";
import {
  diskFault,
  makeFolderDurable,
  removeTemporaries,
  writeFileDurable,
} from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import type { Layout } from "../store/layout.ts";
import { appendSeries, checkSeries, EMPTY_SERIES, truncateSeries } from "../store/series.ts";

export const SERIES_FILE = "series.csv";
export const LOG_FILE = "log.txt";

/** Who writes, for the identity of its checkpoints. */
export interface Writer {
  readonly layout: Layout;
  readonly job: Job;
  readonly modelDigest: string;
  /** Whether checkpoints of another version of the model will do. */
  readonly anyModel: boolean;
  readonly epoch: number;
}

export interface RunIdentity {
  readonly run: string;
  readonly digest: string;
  readonly attempt: number;
}

export class RunFiles {
  readonly #writer: Writer;
  readonly #run: RunIdentity;
  readonly #checkpoints: string;
  readonly #folder: string;
  #series: CheckpointIdentity["series"] = EMPTY_SERIES;
  #ready = { checkpoints: false, folder: false };
  /** Rows that could not be written yet; they go with the next ones. */
  #rowsWaiting = "";

  constructor(writer: Writer, run: RunIdentity) {
    this.#writer = writer;
    this.#run = run;
    this.#checkpoints = writer.layout.checkpointFolder(writer.job.id, run.run);
    this.#folder = writer.layout.recentFolder(writer.job.id, run.run);
  }

  /** Finds the newest good checkpoint and cuts the series back to it; with none the run starts over. */
  async resume(): Promise<{ checkpoint?: Checkpoint; rejected: readonly Rejected[] }> {
    const { layout, job, modelDigest, anyModel } = this.#writer;
    const { run, digest } = this.#run;
    // A slot that was killed in the middle of a write left them; nobody else writes here now.
    for (const folder of [this.#checkpoints, this.#folder]) await removeTemporaries(folder);
    const { checkpoint, rejected } = await newestGood(layout, job.id, run, {
      digest,
      ...(anyModel ? {} : { model: modelDigest }),
      steps: job.steps,
      check: async ({ series }) => {
        // A finished run that is extended may have been packed away meanwhile.
        if (series.bytes > 0) await restoreRun(layout, job.id, run);
        return await checkSeries(this.#seriesPath, series);
      },
    }, "quarantine");
    if (checkpoint === undefined) {
      await this.#clearFolder();
      return { rejected };
    }
    this.#series = checkpoint.identity.series;
    await truncateSeries(this.#seriesPath, this.#series);
    return { checkpoint, rejected };
  }

  /** Removes all that earlier attempts left. */
  async startOver(): Promise<void> {
    for (const { path } of await listCheckpoints(this.#checkpoints)) await fs.remove(path);
    await this.#clearFolder();
  }

  /** Durable when it returns. Rule R3: after a failure one new file is written from memory, no more. */
  async save(
    state: { step: number; ms: number; dependsOnSteps: boolean },
    snapshot: Snapshot,
    rows: string,
  ): Promise<WrittenCheckpoint> {
    const { job, modelDigest, epoch } = this.#writer;
    await this.appendSeries(rows);
    if (!this.#ready.checkpoints) await makeFolderDurable(this.#checkpoints);
    this.#ready.checkpoints = true;
    const identity: CheckpointIdentity = {
      job: job.id,
      ...this.#run,
      model: modelDigest,
      step: state.step,
      epoch,
      series: this.#series,
      ...(state.dependsOnSteps ? { dependsOnSteps: job.steps } : {}),
      ms: state.ms,
    };
    const write = () => writeCheckpoint(this.#checkpoints, identity, snapshot);
    return await write().catch(write);
  }

  async prune(): Promise<void> {
    await pruneCheckpoints(this.#checkpoints, this.#writer.job.checkpoint.keep);
  }

  async appendSeries(rows: string): Promise<void> {
    this.#rowsWaiting += rows;
    if (this.#rowsWaiting === "") return;
    await this.#makeFolder();
    this.#series = await appendSeries(this.#seriesPath, this.#rowsWaiting, this.#series);
    this.#rowsWaiting = "";
  }

  async writeResult(name: string, text: string): Promise<void> {
    await this.#makeFolder();
    await writeFileDurable(join(this.#folder, name), text);
  }

  /** A log is not a result: it is appended without a sync and may end early after a power cut. */
  async appendLog(text: string): Promise<void> {
    await this.#makeFolder();
    await fs.writeTextFile(join(this.#folder, LOG_FILE), text, { append: true });
  }

  /** Another spec's series, log or result must never pass for this one's. */
  async #clearFolder(): Promise<void> {
    try {
      await fs.remove(this.#folder, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, this.#folder);
    }
  }

  get #seriesPath(): string {
    return join(this.#folder, SERIES_FILE);
  }

  async #makeFolder(): Promise<void> {
    if (!this.#ready.folder) await makeFolderDurable(this.#folder);
    this.#ready.folder = true;
  }
}
