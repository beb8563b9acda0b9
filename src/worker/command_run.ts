/**
 * One run whose model is a command, from its folder to its record: its process, its checkpoints. Tells the same as a
 * simulation thread does, and writes nothing of the tree but its own folder. What comes before its program and after it
 * may be done while another one runs.
 */
import { Child, startWords } from "../command/child.ts";
import { harvest, NoResult } from "../command/harvest.ts";
import { RunFolder } from "../command/run_folder.ts";
import type { ProgramOrders } from "../command/program.ts";
import { judge, type Verdict } from "../command/verdict.ts";
import { type CommandModel, NEEDS_FILE } from "../job/command.ts";
import type { Job } from "../job/job.ts";
import { encodePlain } from "../job/plain.ts";
import type { Failure, FailureClass } from "../job/run.ts";
import { CheckpointSets } from "./checkpoint_sets.ts";
import { CommandOutput } from "./command_output.ts";
import { failedForRoom } from "./command_disk.ts";
import { doubtsOf } from "./command_doubts.ts";
import type { CommandParts, CommandPlace, Saved } from "./command_parts.ts";
import {
  commandEnvironment,
  commandValues,
  commandWords,
  plainParameters,
} from "./command_values.ts";
import { FailedRestart } from "./failed_restart.ts";
import { LOG_TO_DISK_AFTER_MS, RESULT_INLINE_CHARACTERS_MAX } from "./inline_limits.ts";
import { LeftFiles } from "./left_files.ts";
import { makeNice } from "./niceness.ts";
import { plainResult } from "./outcome.ts";
import { ACTIVITY, CONTROL, type Resume } from "./protocol.ts";
import { mayBeTriedAgain, RunFailure, timeoutWords } from "./run_failure.ts";
import { mustYield } from "./stepping.ts";

/** Looking at memory reads files of every process. */
const MEMORY_EVERY_LOOKS = 10;

/** Its result and its record, when its program has ended well. Throws {@linkcode RunFailure}. */
export type Conclude = () => string;

type Prepared = Pick<ProgramOrders, "words" | "environment">;

/** It was asked to end: the failure is absent when it is only given back. */
interface Stop {
  readonly atMs: number;
  readonly failure: RunFailure | undefined;
}

const FAILURES: { readonly [kind in Exclude<Verdict["kind"], "done">]: FailureClass } = {
  failed: "command-failed",
  transient: "transient",
  killed: "slot-lost",
};

export class CommandRun {
  readonly #job: Job;
  readonly #model: CommandModel;
  readonly #place: CommandPlace;
  readonly #parts: CommandParts;
  readonly #resume: Resume | undefined;
  readonly #saved: Saved | undefined;
  readonly #folder: RunFolder;
  readonly #output: CommandOutput;
  readonly #sets: CheckpointSets;
  readonly #left: LeftFiles;
  #prepared: Promise<Prepared> | undefined;
  #child: Child | undefined;
  #stop: Stop | undefined;
  #startedAt = performance.now();
  /** What it took, and how far it was, when its program has ended. */
  #ended: { readonly ms: number; readonly step: number } | undefined;
  #looks = 0;
  #memoryBytes = 0;

  constructor(
    job: Job,
    model: CommandModel,
    place: CommandPlace,
    parts: CommandParts,
    resume: Resume | undefined,
  ) {
    this.#job = job;
    this.#model = model;
    this.#place = place;
    this.#parts = parts;
    this.#resume = resume;
    this.#saved = resume && JSON.parse(resume.snapshot.plain) as Saved;
    this.#folder = new RunFolder(place.folder);
    const from = resume && { step: resume.step, saved: this.#saved! };
    this.#output = new CommandOutput(job, model, this.#folder, place, parts, from);
    const ownParts = { ...parts, place };
    this.#left = new LeftFiles(this.#folder, place, parts, job.steps);
    this.#sets = new CheckpointSets(job, model, this.#folder, ownParts, resume?.step ?? 0);
  }

  /** Of the program and all that it has started, when it was looked at last. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Its folder is there, with nothing in it, at the end of all. */
  readonly leftEmpty = () => this.#left.areNone;

  /** Ends it at once: whoever asks does not wait. */
  kill(): void {
    this.#child?.kill();
  }

  /** How far it is, or was in the end. */
  get step(): number {
    return this.#ended?.step ?? this.#parts.progress[CONTROL.step]!;
  }

  /** Begins to make all ready for its program: at once, where nothing has to be waited for. */
  prepare(): void {
    this.#prepared = this.#prepare();
    // Whoever computes it hears of it.
    this.#prepared.catch(() => {});
  }

  /** It is prepared, and is not to be computed after all. */
  async discard(): Promise<void> {
    // What cannot be removed now goes with all such folders.
    await this.#prepared?.then(() => this.#folder.remove()).catch(() => {});
  }

  /**
   * Runs its program; `whenStarted` does what is to be done meanwhile, and throws nothing. Undefined when the run was given
   * back. Throws {@linkcode RunFailure}.
   */
  async compute(whenStarted: () => void): Promise<Conclude | undefined> {
    const { orders } = this.#parts;
    const prepared = await (this.#prepared ?? this.#prepare());
    if (mustYield(orders)) return this.#giveBack();
    this.#startedAt = performance.now();
    Atomics.store(orders, CONTROL.activity, ACTIVITY.computing);
    const verdict = await this.#runProgram(prepared, whenStarted);
    this.#ended = { ms: this.#elapsedMs(), step: this.step };
    const failure = this.#stop?.failure ?? this.#notFinite();
    if (failure !== undefined) return this.#fail(failure);
    if (this.#stop !== undefined) return this.#giveBack();
    if (verdict.kind === "failed") await this.#failForRoom(verdict.why);
    if (verdict.kind === "done") return () => this.#conclude();
    return this.#fail(new RunFailure(FAILURES[verdict.kind], verdict.why));
  }

  logOfFailed(failure: Failure): { log?: string } {
    return this.#output.logAtEnd(mayBeTriedAgain(failure, this.#place.attempt, this.#job));
  }

  async #prepare(): Promise<Prepared> {
    const { run, attempt, index, isMade } = this.#place;
    if (!isMade) this.#folder.make();
    this.#folder.linkInputs(this.#job.inputs);
    if (this.#resume !== undefined) await this.#folder.putBack(this.#resume.snapshot.tensors);
    const step = this.#resume?.step ?? 0;
    const checkpoint = this.#saved?.newest ?? "";
    const values = commandValues(this.#job, index, { run, attempt, step, checkpoint });
    if (this.#model.templates.length > 0) {
      await this.#folder.fillTemplates(this.#model, (name) => values.of(name));
    }
    if (this.#model.pass.includes("file")) {
      await this.#folder.writeParameters(plainParameters(values.parameters));
    }
    if (this.#job.needs !== undefined && this.#job.needs.length > 0) {
      const needs = JSON.stringify(encodePlain(this.#parts.needs()), undefined, 2);
      await this.#folder.write(NEEDS_FILE, `${needs}\n`);
    }
    const words = commandWords(this.#model, values, this.#resume !== undefined);
    return { words, environment: commandEnvironment(this.#model, values, this.#parts.environment) };
  }

  async #runProgram(prepared: Prepared, whenStarted: () => void): Promise<Verdict> {
    const child = this.#child = this.#start(prepared);
    try {
      whenStarted();
      const end = await child.ended;
      this.#output.end();
      const askedMsAgo = this.#stop && performance.now() - this.#stop.atMs;
      this.#sets.takeAtEnd(this.#output, this.#elapsedMs(), end, askedMsAgo);
      const { words } = this.#output;
      return judge(this.#model, end, (condition) => this.#output.isFound(condition), words);
    } finally {
      this.#child = undefined;
    }
  }

  #start(prepared: Prepared): Child {
    try {
      const child = new Child({
        ...prepared,
        folder: this.#folder.path,
        onOutput: (bytes, isError) => this.#output.hear(bytes, isError),
      });
      makeNice(child.pid);
      return child;
    } catch (error) {
      return this.#fail(new RunFailure("command-failed", startWords(prepared.words[0]!, error)));
    }
  }

  /** To be called a few times a second: looks for orders, at its time, its memory, and the files it writes. */
  look(): void {
    const child = this.#child;
    if (child === undefined) return;
    try {
      this.#lookAt(child);
    } catch (error) {
      // Whatever is wrong with what it wrote, its slot goes on.
      const why = error instanceof Error ? error.message : String(error);
      this.#end(child, new RunFailure("command-failed", why));
    }
  }

  #lookAt(child: Child): void {
    const now = performance.now();
    if (this.#stop !== undefined) {
      if (now - this.#stop.atMs > this.#model.graceMs) child.kill();
      return;
    }
    const ms = this.#elapsedMs();
    if (++this.#looks % MEMORY_EVERY_LOOKS === 1) this.#memoryBytes = child.memoryBytes;
    this.#output.readOn();
    const failure = this.#timeout(ms) ?? this.#outOfMemory() ?? this.#notFinite();
    if (failure !== undefined || mustYield(this.#parts.orders)) return this.#end(child, failure);
    if (now - this.#startedAt > LOG_TO_DISK_AFTER_MS) this.#output.logToDisk();
    this.#sets.look(this.#output, ms);
  }

  #end(child: Child, failure: RunFailure | undefined): void {
    // What it saves when it is asked to end is not cut off by a time limit.
    Atomics.store(this.#parts.orders, CONTROL.activity, ACTIVITY.saving);
    this.#stop = { atMs: performance.now(), failure };
    if (failure?.failureClass === "out-of-memory") child.kill();
    else child.ask();
  }

  #timeout(ms: number): RunFailure | undefined {
    const { timeoutMs } = this.#job;
    if (timeoutMs === undefined || ms < timeoutMs) return undefined;
    const step = this.#parts.progress[CONTROL.step]!;
    return new RunFailure("timeout", timeoutWords(this.#job, step, ms));
  }

  #outOfMemory(): RunFailure | undefined {
    const { memoryBytesMax } = this.#parts;
    if (this.#memoryBytes <= memoryBytesMax) return undefined;
    const [has, most] = [this.#memoryBytes, memoryBytesMax].map(mebibytes);
    return new RunFailure("out-of-memory", `it uses ${has}; its slot has ${most}`);
  }

  #notFinite(): RunFailure | undefined {
    const { notFinite } = this.#output;
    return notFinite === undefined ? undefined : new RunFailure("not-finite", notFinite);
  }

  async #failForRoom(why: string): Promise<void> {
    const { path: folder } = this.#folder;
    const clear = () => this.#folder.remove();
    const failure = await failedForRoom(why, { folder, words: this.#output.words, clear });
    if (failure !== undefined) this.#fail(failure);
  }

  #giveBack(): undefined {
    this.#folder.remove();
    return undefined;
  }

  #conclude(): string {
    const { results, keep } = this.#model;
    let result: unknown;
    try {
      result = harvest(results, this.#output.printed, (file) => this.#folder.readText(file));
    } catch (error) {
      if (!(error instanceof NoResult)) throw error;
      return this.#fail(new RunFailure("command-failed", error.message));
    }
    if (this.#resume === undefined) this.#left.warnOnce(doubtsOf(this.#model, this.#output.seen));
    this.#left.keep(keep, true);
    return this.#record(plainResult(result ?? null));
  }

  #record(value: unknown): string {
    const { index, batch } = this.#place;
    const text = JSON.stringify(value);
    const isFile = text.length > RESULT_INLINE_CHARACTERS_MAX;
    if (isFile) this.#parts.tell({ type: "file", batch, index, name: "result.json", text });
    return JSON.stringify({
      index,
      step: this.#job.steps,
      ms: Math.round((this.#ended?.ms ?? 0) * 1000) / 1000,
      result: isFile ? { $file: "result.json" } : value,
      ...this.#output.seriesAtEnd(),
      ...this.#output.logAtEnd(),
    });
  }

  /** What a failed run wrote is for people to look at. */
  #fail(failure: RunFailure): never {
    const keep = () => this.#left.keep(undefined, false);
    const { failureClass, message } = failure;
    const resume = this.#resume;
    const isOwn = resume !== undefined && resume.branch === undefined;
    // A program that fails as soon as it goes on may have a bad checkpoint: one before may be better.
    if (failureClass === "command-failed" && isOwn && !this.#sets.hasSaved) {
      throw new FailedRestart(resume.step, message, keep);
    }
    keep();
    throw failure;
  }

  #elapsedMs(): number {
    return (this.#resume?.ms ?? 0) + performance.now() - this.#startedAt;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
