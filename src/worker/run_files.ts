/**
 * What one run writes: checkpoints, series, log, a big result. Lives in the agent.
 * Crash order: rows of the series first, then the checkpoint that counts them, then the word that it is
 * saved, then older checkpoints go (rules R1 and R4).
 */
import { load } from "../job/load.ts";
import { dirname, join } from "node:path";
import type { FileSum } from "../job/event.ts";
import { isKeptState, isModelFile, type Job } from "../job/job.ts";
import type { Parent } from "../job/run.ts";
import type { CheckpointIdentity, Snapshot } from "../job/snapshot.ts";
import { restoreRun } from "../store/archive.ts";
import {
  type Checkpoint,
  checkpointName,
  type Choice,
  listCheckpoints,
  newestGood,
  pruneCheckpoints,
  type Rejected,
  writeCheckpoint,
  type WrittenCheckpoint,
} from "../store/checkpoint.ts";
import { crc32 } from "../store/crc32.ts";
import {
  diskFault,
  makeFolderDurable,
  refuseLinks,
  removeTemporaries,
  syncFolder,
  writeFileDurable,
} from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import { KEPT_FOLDER, type Layout } from "../store/layout.ts";
import { quarantine } from "../store/quarantine.ts";
import { appendVolatile } from "../store/plain_file.ts";
import { cutLog, LOG_BYTES_MAX } from "./log_limits.ts";
import { sumAndSync } from "./kept_sum.ts";
import { AtATime } from "../job/at_a_time.ts";
import { appendSeries, checkSeries, EMPTY_SERIES, truncateSeries } from "../store/series.ts";

export const SERIES_FILE = "series.csv";
export const LOG_FILE = "log.txt";
const RESULT_FILE = "result.json";

/** Who writes, for the identity of its checkpoints. */
export interface Writer {
  readonly layout: Layout;
  readonly job: Job;
  readonly modelDigest: string;
  /** Whether checkpoints of another version of the model will do. */
  readonly anyModel: boolean;
  readonly epoch: number;
}

/** What is kept of a command's folder; `others` lie there that cannot be named. */
export interface KeptFiles {
  readonly folder: string;
  readonly names: readonly string[];
  readonly others: number;
  readonly areResult: boolean;
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
  #result: FileSum | undefined;
  #parent: Parent | undefined;
  readonly #kept: Record<string, FileSum> = {};
  /** Newer checkpoints that a command could not go on from: they are put aside when it can from another one. */
  #suspects: { readonly step: number; readonly reason: string }[] = [];
  /** Rows that could not be written yet; they go with the next ones. */
  #rowsWaiting = "";
  #isLogBegun = false;

  constructor(writer: Writer, run: RunIdentity) {
    this.#writer = writer;
    this.#run = run;
    this.#checkpoints = writer.layout.checkpointFolder(writer.job.id, run.run);
    this.#folder = writer.layout.recentFolder(writer.job.id, run.run);
  }

  /** Finds the newest good checkpoint and cuts the series back to it; with none the run starts over. */
  async resume(): Promise<{ checkpoint?: Checkpoint; rejected: readonly Rejected[] }> {
    await this.#refuseLinks();
    // A slot that was killed in the middle of a write left them; nobody else writes here now.
    for (const folder of [this.#checkpoints, this.#folder]) await removeTemporaries(folder);
    const { checkpoint, rejected } = await this.#newestGood();
    if (checkpoint === undefined) {
      // What earlier attempts of the same have said stays.
      await this.#clearFolder(this.#run.attempt > 1 ? [LOG_FILE] : []);
      return { rejected };
    }
    this.#series = checkpoint.identity.series;
    this.#parent = checkpoint.identity.parent;
    await truncateSeries(this.#seriesPath, this.#series);
    // A crash came between the newest one and the going of the oldest; perhaps no other is written.
    await this.prune();
    return { checkpoint, rejected };
  }

  /**
   * A command could not go on from the checkpoint of `step`: answers the one before. Whether the checkpoint or all around
   * it is to blame is not known yet: so nothing is touched, its series neither.
   */
  async older(
    step: number,
    reason: string,
  ): Promise<{ checkpoint?: Checkpoint; rejected: readonly Rejected[] }> {
    this.#suspects.push({ step, reason });
    const { checkpoint, rejected } = await this.#newestGood(step);
    if (checkpoint !== undefined) {
      this.#series = checkpoint.identity.series;
      this.#parent = checkpoint.identity.parent;
    }
    this.#rowsWaiting = "";
    const all = [{ file: checkpointName(step), reason }, ...rejected];
    return { ...(checkpoint !== undefined && { checkpoint }), rejected: all };
  }

  async #newestGood(below = Infinity): Promise<Choice> {
    const { layout, job, modelDigest, anyModel } = this.#writer;
    const { run, digest } = this.#run;
    return await newestGood(layout, job.id, run, {
      digest,
      ...(anyModel ? {} : { model: modelDigest }),
      steps: job.steps,
      below,
      check: async ({ series, parent }) => {
        if (parent !== undefined && await isOther(layout, parent)) return OTHER_STATE;
        // A finished run that is extended may have been packed away meanwhile.
        if (series.bytes > 0) await restoreRun(layout, job.id, run);
        return await checkSeries(this.#seriesPath, series);
      },
    }, "quarantine");
  }

  /** Removes all that earlier attempts left. */
  async startOver(): Promise<void> {
    await this.#refuseLinks();
    for (const { path } of await listCheckpoints(this.#checkpoints)) {
      await fs.remove(path).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
    await this.#clearFolder();
  }

  /** Makes the state of another run this one's own; durable when it returns. */
  async begin(snapshot: Snapshot, parent: Parent): Promise<WrittenCheckpoint> {
    this.#parent = parent;
    // What a program has saved is good for the steps that it was told of.
    const dependsOnSteps = !isModelFile(this.#writer.job.model);
    return await this.save({ step: parent.step, ms: 0, dependsOnSteps }, snapshot, "");
  }

  /** What a checkpoint says of itself that is written now. */
  identityAt(step: number, ms = 0, dependsOnSteps = false): CheckpointIdentity {
    const { job, modelDigest, epoch } = this.#writer;
    return {
      job: job.id,
      ...this.#run,
      model: modelDigest,
      step,
      epoch,
      series: this.#series,
      ...(dependsOnSteps ? { dependsOnSteps: job.steps } : {}),
      ms,
      ...(this.#parent !== undefined && { parent: this.#parent }),
    };
  }

  /** Durable when it returns. Rule R3: after a failure one new file is written from memory, no more. */
  async save(
    state: { step: number; ms: number; dependsOnSteps: boolean },
    snapshot: Snapshot,
    rows: string,
  ): Promise<WrittenCheckpoint> {
    await this.settleSuspects();
    await this.appendSeries(rows);
    await this.#makeFolder(this.#checkpoints);
    const identity = this.identityAt(state.step, state.ms, state.dependsOnSteps);
    const write = () => writeCheckpoint(this.#checkpoints, identity, snapshot);
    return await write().catch(write);
  }

  /** What cannot go now goes with the next one: too many are no loss, and no word about what was saved. */
  async prune(): Promise<void> {
    const { checkpoint } = this.#writer.job;
    const stays = (step: number) => isKeptState(checkpoint, step);
    const prune = () => pruneCheckpoints(this.#checkpoints, checkpoint.keep, stays);
    await prune().catch(prune).catch(() => {});
  }

  async appendSeries(rows: string): Promise<void> {
    this.#rowsWaiting += rows;
    if (this.#rowsWaiting === "") return;
    await this.settleSuspects();
    await this.#makeFolder(this.#folder);
    this.#series = await appendSeries(this.#seriesPath, this.#rowsWaiting, this.#series);
    this.#rowsWaiting = "";
  }

  async writeResult(name: string, text: string): Promise<void> {
    await this.#makeFolder(this.#folder);
    const bytes = new TextEncoder().encode(text);
    await writeFileDurable(join(this.#folder, name), bytes);
    this.#result = { bytes: bytes.length, crc32: crc32(bytes) };
  }

  /**
   * Takes files of a command's folder over, with all that they hold durable, and removes the folder; it is put aside
   * where there are others. Those that are a result are summed up for the record.
   */
  async keepFiles({ folder, names, others, areResult }: KeptFiles): Promise<void> {
    const target = join(this.#folder, KEPT_FOLDER);
    // What a failed attempt has left there is no part of this one.
    await this.#refuseLinks();
    await fs.remove(target, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    const folders = [...new Set(names.map((name) => dirname(join(target, name))))];
    // What they hold is durable before they have their names, and their names before anybody hears of them.
    const sums = await syncs.all(names, (name) => sumAndSync(join(folder, name)));
    for (const one of folders) await this.#makeFolder(one);
    for (const [i, name] of names.entries()) {
      await fs.rename(join(folder, name), join(target, name));
      if (areResult) this.#kept[`${KEPT_FOLDER}/${name}`] = sums[i]!;
    }
    await syncs.all(folders, syncFolder);
    if (others > 0) await quarantine(this.#writer.layout, folder, `${others} could not be kept`);
    else await fs.remove(folder, { recursive: true });
  }

  /**
   * A program has gone on from an older checkpoint: those newer ones were bad. They are put aside first: without them rows
   * that only they count are too many, and with them too few.
   */
  async settleSuspects(): Promise<void> {
    if (this.#suspects.length === 0) return;
    for (const { step, path } of await listCheckpoints(this.#checkpoints)) {
      const suspect = this.#suspects.find((one) => one.step === step);
      if (suspect !== undefined) await quarantine(this.#writer.layout, path, suspect.reason);
    }
    await truncateSeries(this.#seriesPath, this.#series);
    this.#suspects = [];
  }

  /** What the files of the result must be; undefined when it has none. For the record of the run. */
  get sums(): { readonly [name: string]: FileSum } | undefined {
    const hasKept = Object.keys(this.#kept).length > 0;
    if (this.#series.bytes === 0 && this.#result === undefined && !hasKept) return undefined;
    return {
      ...this.#kept,
      ...(this.#series.bytes > 0 && { [SERIES_FILE]: this.#series }),
      ...(this.#result !== undefined && { [RESULT_FILE]: this.#result }),
    };
  }

  /** A log is not a result: it is appended without a sync and may end early after a power cut. */
  async appendLog(text: string): Promise<void> {
    await this.#makeFolder(this.#folder);
    const path = join(this.#folder, LOG_FILE);
    const { attempt } = this.#run;
    const head = attempt === 1 || this.#isLogBegun ? "" : `--- attempt ${attempt} ---\n`;
    this.#isLogBegun = true;
    const kept = cutLog(head + text, LOG_BYTES_MAX - await sizeOf(path));
    if (kept !== "") await appendVolatile(path, kept, { onNewLine: head !== "" });
  }

  /** Another spec's series, log or result must never pass for this one's. */
  async #clearFolder(stays: readonly string[] = []): Promise<void> {
    try {
      if (stays.length === 0) return await fs.remove(this.#folder, { recursive: true });
      for await (const { name } of fs.readDir(this.#folder)) {
        if (!stays.includes(name)) await fs.remove(join(this.#folder, name), { recursive: true });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, this.#folder);
    }
  }

  get #seriesPath(): string {
    return join(this.#folder, SERIES_FILE);
  }

  /** At every write, not only the first: whoever shares the tree may exchange a folder while the run goes on. */
  async #makeFolder(folder: string): Promise<void> {
    await makeFolderDurable(folder, { within: this.#writer.layout.root });
  }

  /** Before anything is removed: what lies behind a planted link is not this run's. */
  async #refuseLinks(): Promise<void> {
    const { root } = this.#writer.layout;
    for (const folder of [this.#checkpoints, this.#folder]) await refuseLinks(root, folder);
  }
}

const OTHER_STATE = "the state that it has begun from was computed again, to another one";

async function isOther(layout: Layout, parent: Parent): Promise<boolean> {
  return await (await load<typeof import("./parent.ts")>(import.meta.resolve("./parent.ts")))
    .isOtherState(layout, parent);
}

/** Of the whole slot: each has a piece of its file in memory. */
const syncs = new AtATime(16);

async function sizeOf(path: string): Promise<number> {
  return await fs.stat(path).then(({ size }) => size, () => 0);
}
