/**
 * One run whose model is a command, from its start to its verdict: its folder, its process, its checkpoints. Tells the
 * same as a simulation thread does, and writes nothing of the tree but its own folder.
 */
import { Child, startWords } from "../command/child.ts";
import { harvest, NoResult } from "../command/harvest.ts";
import { RunFolder } from "../command/run_folder.ts";
import { judge, type Verdict } from "../command/verdict.ts";
import { type CommandModel, NEEDS_FILE } from "../job/command.ts";
import type { Job } from "../job/job.ts";
import { encodePlain } from "../job/plain.ts";
import type { FailureClass } from "../job/run.ts";
import { CheckpointSets } from "./checkpoint_sets.ts";
import { CommandOutput } from "./command_output.ts";
import { failedForRoom } from "./command_disk.ts";
import { doubtsOf, notKept, othersText } from "./command_doubts.ts";
import type { CommandParts, CommandPlace, Saved } from "./command_parts.ts";
import {
  commandEnvironment,
  type CommandValues,
  commandValues,
  commandWords,
  plainParameters,
} from "./command_values.ts";
import { FailedRestart } from "./failed_restart.ts";
import { LOG_TO_DISK_AFTER_MS, RESULT_INLINE_CHARACTERS_MAX } from "./inline_limits.ts";
import { makeNice } from "./niceness.ts";
import { plainResult } from "./outcome.ts";
import { ACTIVITY, CONTROL, type Resume } from "./protocol.ts";
import { RunFailure, timeoutWords } from "./run_failure.ts";
import { mustYield } from "./stepping.ts";

/** Looking at memory reads files of every process. */
const MEMORY_EVERY_LOOKS = 10;

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
  /** Its folder is there, with nothing in it. */
  leftEmpty = false;
  #child: Child | undefined;
  #stop: Stop | undefined;
  #startedAt = performance.now();
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
    this.#sets = new CheckpointSets(job, model, this.#folder, ownParts, resume?.step ?? 0);
  }

  /** Of the program and all that it has started, when it was looked at last. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Ends it at once: whoever asks does not wait. */
  kill(): void {
    this.#child?.kill();
  }

  /** The record of the result as JSON, or undefined when the run was given back. Throws {@linkcode RunFailure}. */
  async compute(): Promise<string | undefined> {
    const { orders } = this.#parts;
    if (!this.#place.isMade) this.#folder.make();
    const values = await this.#fillFolder();
    if (mustYield(orders)) return this.#giveBack();
    this.#startedAt = performance.now();
    Atomics.store(orders, CONTROL.activity, ACTIVITY.computing);
    const verdict = await this.#runProgram(values);
    const failure = this.#stop?.failure ?? this.#notFinite();
    if (failure !== undefined) return this.#fail(failure);
    if (this.#stop !== undefined) return this.#giveBack();
    if (verdict.kind === "failed") await this.#failForRoom(verdict.why);
    return this.#conclude(verdict);
  }

  logAtEnd(): { log?: string } {
    return this.#output.logAtEnd();
  }

  async #fillFolder(): Promise<CommandValues> {
    const { run, attempt, index } = this.#place;
    await this.#folder.linkInputs(this.#job.inputs);
    if (this.#resume !== undefined) await this.#folder.putBack(this.#resume.snapshot.tensors);
    const step = this.#resume?.step ?? 0;
    const checkpoint = this.#saved?.newest ?? "";
    const values = commandValues(this.#job, index, { run, attempt, step, checkpoint });
    await this.#folder.fillTemplates(this.#model, (name) => values.of(name));
    if (this.#model.pass.includes("file")) {
      await this.#folder.writeParameters(plainParameters(values.parameters));
    }
    if (this.#job.needs !== undefined && this.#job.needs.length > 0) {
      const needs = JSON.stringify(encodePlain(this.#parts.needs()), undefined, 2);
      await this.#folder.write(NEEDS_FILE, `${needs}\n`);
    }
    return values;
  }

  async #runProgram(values: CommandValues): Promise<Verdict> {
    const child = this.#child = this.#start(values);
    try {
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

  #start(values: CommandValues): Child {
    const words = commandWords(this.#model, values, this.#resume !== undefined);
    try {
      const child = new Child({
        words,
        folder: this.#folder.path,
        environment: commandEnvironment(this.#model, values, this.#parts.environment),
        onOutput: (bytes, isError) => this.#output.hear(bytes, isError),
      });
      makeNice(child.pid);
      return child;
    } catch (error) {
      return this.#fail(new RunFailure("command-failed", startWords(words[0]!, error)));
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

  #conclude(verdict: Verdict): string {
    if (verdict.kind !== "done") {
      return this.#fail(new RunFailure(FAILURES[verdict.kind], verdict.why));
    }
    const { results, keep } = this.#model;
    let result: unknown;
    try {
      result = harvest(results, this.#output.printed, (file) => this.#folder.readText(file));
    } catch (error) {
      if (!(error instanceof NoResult)) throw error;
      return this.#fail(new RunFailure("command-failed", error.message));
    }
    this.#parts.progress[CONTROL.step] = this.#job.steps;
    if (this.#resume === undefined) this.#warnOnce(doubtsOf(this.#model, this.#output.seen));
    this.#keepFiles(keep, true);
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
      ms: Math.round(this.#elapsedMs() * 1000) / 1000,
      result: isFile ? { $file: "result.json" } : value,
      ...this.#output.seriesAtEnd(),
      ...this.#output.logAtEnd(),
    });
  }

  /** Without globs all that lies there. */
  #keepFiles(globs: readonly string[] | undefined, areResult: boolean): void {
    if (!this.#folder.remains()) return;
    if (this.#folder.empties()) {
      this.leftEmpty = true;
      return this.#warnOnce(notKept(globs));
    }
    const { batch, index } = this.#place;
    const found = this.#folder.findAll(globs);
    const { files, others } = found;
    const names = files.map(({ name }) => name);
    const { path: folder } = this.#folder;
    this.#parts.tell({ type: "keep", batch, index, folder, names, others, areResult });
    if (others > 0) this.#warn(othersText(others));
    this.#warnOnce(notKept(globs, found));
  }

  #warnOnce(messages: readonly string[]): void {
    for (const message of messages) {
      if (this.#parts.told.has(message)) continue;
      this.#parts.told.add(message);
      this.#warn(message);
    }
  }

  #warn(message: string): void {
    const { batch, index } = this.#place;
    this.#parts.tell({ type: "warned", batch, index, step: this.#job.steps, message });
  }

  /** What a failed run wrote is for people to look at. */
  #fail(failure: RunFailure): never {
    const keep = () => this.#keepFiles(undefined, false);
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
