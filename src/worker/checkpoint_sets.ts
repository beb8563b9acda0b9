/**
 * The files of a command's folder that together are a checkpoint: watched while the program runs, and copied as one
 * set when nobody has written to them for a while.
 */
import { join } from "../job/path.ts";
import { type FoundFile, isAnyNamed, type RunFolder } from "../command/run_folder.ts";
import type { CommandEnd } from "../command/verdict.ts";
import type { CommandModel } from "../job/command.ts";
import type { Job } from "../job/job.ts";
import type { CommandParts, CommandPlace, Saved, SavedSeries } from "./command_parts.ts";
import { CONTROL, type TensorPlace } from "./protocol.ts";

/** Without another word: writing them takes no more than a fiftieth of the time, nor goes on all the time. */
const COST_SHARE = 50;
const LEAST_EVERY_MS = 1_000;
/** Statuses from here on are those of signals, as shells and starters of parallel programs tell them. */
const BY_SIGNAL = 128;
const WILDCARD = /[*?{}[\]()]/;
/** Shorter runs are as soon computed again. */
const TOLD_AFTER_MS = 5_000;

type Parts = Pick<CommandParts, "orders" | "progress" | "memoryBytesMax" | "tell"> & {
  readonly place: Pick<CommandPlace, "batch" | "index">;
};

/** Of the measurements. */
interface Rows {
  seriesUpTo(step: number): SavedSeries;
}

export class CheckpointSets {
  readonly #job: Job;
  readonly #checkpoint: CommandModel["checkpoint"];
  readonly #folder: RunFolder;
  readonly #parts: Parts;
  #savedStep: number;
  #savedAtMs = -Infinity;
  /** The files as they were when they were saved, and as they were at the last look. */
  #savedAs = "";
  #seenAs = "";
  /** Since when they were seen like that. */
  #seenSinceMs = 0;
  /** How far the program was then, by what it had said, and by what it said next. */
  #seenFirstStep = 0;
  #seenStep = 0;
  #nextLookMs = 0;
  #hasSaved = false;
  #isTooLargeTold = false;

  constructor(
    job: Job,
    model: CommandModel,
    folder: RunFolder,
    parts: Parts,
    fromStep: number,
  ) {
    this.#job = job;
    this.#checkpoint = model.checkpoint;
    this.#folder = folder;
    this.#parts = parts;
    this.#savedStep = fromStep;
  }

  /** Whether this attempt has saved anything. */
  get hasSaved(): boolean {
    return this.#hasSaved;
  }

  /** While the program runs. `ms`: for how long the run has computed. */
  look(output: Rows, ms: number): void {
    if (this.#checkpoint === undefined || this.#job.checkpoint.every.kind === "off") return;
    const isDue = this.#isDue(ms);
    // Also meanwhile: when it ends, it must be known how far it was when it wrote them.
    if (!isDue && ms < this.#nextLookMs) return;
    const beganAt = performance.now();
    const { files } = this.#find();
    const tookMs = performance.now() - beganAt;
    this.#nextLookMs = ms + Math.max(LEAST_EVERY_MS, COST_SHARE * tookMs);
    const { settledMs } = this.#checkpoint;
    const step = this.#parts.progress[CONTROL.step]!;
    const seenAs = signatureOf(files);
    if (seenAs !== this.#seenAs) {
      this.#seenAs = seenAs;
      this.#seenSinceMs = ms;
      this.#seenFirstStep = this.#seenStep = step;
      return;
    }
    // What it says comes later than its files, and many lines at a time: it is told of with the next of them. A step too
    // few would cut rows off that nobody measures again.
    const isFresh = ms - this.#seenSinceMs <= settledMs + LEAST_EVERY_MS;
    if (isFresh || this.#seenStep === this.#seenFirstStep) this.#seenStep = step;
    if (!isDue || files.length === 0 || seenAs === this.#savedAs) return;
    // Times of files come from a clock of their own, which may go before: what was seen counts as well.
    if (Date.now() - lastChangeOf(files) < settledMs && ms - this.#seenSinceMs < settledMs) return;
    this.#take(files, output, ms);
  }

  /** The program has ended. `askedMsAgo`: since it was asked to. */
  takeAtEnd(output: Rows, ms: number, end: CommandEnd, askedMsAgo: number | undefined): void {
    // A starter that was asked says by its status that a signal ended what it had started.
    const isBySignal = end.signal !== null || askedMsAgo !== undefined && end.status >= BY_SIGNAL;
    if (!isBySignal && !end.hasLeftOthers) return this.takeLast(output, ms);
    if (askedMsAgo !== undefined) this.#takeAtRest(output, ms, askedMsAgo);
  }

  /** The program has ended by itself: what it wrote is whole. */
  takeLast(output: Rows, ms: number): void {
    if (this.#checkpoint === undefined) return;
    const { files, missing } = this.#find();
    if (files.length > 0 && signatureOf(files) !== this.#savedAs) this.#take(files, output, ms);
    // Somebody counts on being able to go on.
    if (files.length === 0 && !this.#hasSaved && ms >= TOLD_AFTER_MS) {
      this.#warn(`it was never saved: no file matched its checkpoint ${missing.join(", ")}`);
    }
  }

  /** It was ended in the middle of what it did: whole is what nobody had written to for a while when it was asked. */
  #takeAtRest(output: Rows, ms: number, askedMsAgo: number): void {
    if (this.#checkpoint === undefined || this.#job.checkpoint.every.kind === "off") return;
    const { files } = this.#find();
    if (files.length === 0 || signatureOf(files) === this.#savedAs) return;
    const { settledMs } = this.#checkpoint;
    const isAtRest = Date.now() - lastChangeOf(files) >= askedMsAgo + settledMs;
    // Those that need not settle are whole whenever they are there.
    if (settledMs === 0 || isAtRest) this.#take(files, output, ms);
  }

  /** No files while one of its patterns names none: half a set is none. */
  #find(): { readonly files: readonly FoundFile[]; readonly missing: readonly string[] } {
    const { files: patterns } = this.#checkpoint!;
    try {
      const files = this.#folder.remains() ? this.#folder.find(patterns) : [];
      // Inputs are there without being a part of it, and so is what a pattern with ! leaves out.
      const missing = patterns.filter((one) =>
        !one.startsWith("!") && !isAnyNamed(files, one) && !this.#folder.has(one)
      );
      return { files: missing.length === 0 ? files : [], missing };
    } catch {
      // The program is at work on its folders: the next look will find them.
      return { files: [], missing: patterns };
    }
  }

  #isDue(ms: number): boolean {
    const { every } = this.#job.checkpoint;
    const since = ms - this.#savedAtMs;
    switch (every.kind) {
      case "off":
        return false;
      case "time":
        return since >= every.everyMs;
      case "steps":
      case "auto":
        return since >=
          Math.max(LEAST_EVERY_MS, COST_SHARE * this.#parts.progress[CONTROL.writtenMs]!);
    }
  }

  #take(files: readonly FoundFile[], output: Rows, ms: number): void {
    const { orders, tell } = this.#parts;
    const buffer = ([0, 1] as const).find((one) =>
      Atomics.load(orders, CONTROL.buffers[one]!) === 0
    );
    if (buffer === undefined) return;
    const beganAt = performance.now();
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const shared = bytes > this.#parts.memoryBytesMax ? undefined : sharedMemory(bytes);
    if (shared === undefined) return this.#tellTooLarge(files, bytes);
    const tensors = this.#read(files, new Uint8Array(shared));
    if (tensors === undefined) return;
    const step = this.#stepOf(files);
    if (step <= this.#savedStep) {
      // The same as before, or without a step of its own: nothing can go on from here that could not already.
      this.#savedAs = signatureOf(files);
      return;
    }
    const { text, columns, lastRowStep, place } = output.seriesUpTo(step);
    const plain: Saved = { columns, lastRowStep, newest: newestOf(files, this.#checkpoint!.files) };
    Atomics.store(orders, CONTROL.buffers[buffer]!, 1);
    this.#savedStep = step;
    this.#savedAtMs = ms;
    this.#savedAs = signatureOf(files);
    this.#hasSaved = true;
    tell({
      type: "snapshot",
      batch: place.batch,
      index: place.index,
      step,
      ms,
      plain: JSON.stringify(plain),
      tensors,
      buffer,
      shared,
      series: text,
      dependsOnSteps: true,
      stallMs: performance.now() - beganAt,
    });
  }

  /** Once: the run goes on, and would start over if it were interrupted. */
  #tellTooLarge(files: readonly FoundFile[], bytes: number): void {
    this.#savedAs = signatureOf(files);
    if (this.#isTooLargeTold) return;
    this.#isTooLargeTold = true;
    const size = `${Math.round(bytes / 2 ** 20)} MiB`;
    this.#warn(`its checkpoint of ${size} is not saved: that is more than the memory of its slot`);
  }

  #warn(message: string): void {
    const { place: { batch, index }, progress, tell } = this.#parts;
    tell({ type: "warned", batch, index, step: progress[CONTROL.step]!, message });
  }

  /** Undefined when a file changed while they were read. */
  #read(files: readonly FoundFile[], into: Uint8Array): TensorPlace[] | undefined {
    const places: TensorPlace[] = [];
    let offset = 0;
    try {
      for (const { name, bytes } of files) {
        const path = join(this.#folder.path, name);
        const read = Deno.readFileSync(path);
        if (read.length !== bytes) return undefined;
        into.set(read, offset);
        places.push({ name, dtype: "U8", length: bytes, offset });
        offset += bytes;
      }
    } catch {
      return undefined;
    }
    // One that was read first may have changed while the last one was.
    return signatureOf(this.#find().files) === signatureOf(files) ? places : undefined;
  }

  /** By the names of the files, the furthest of them; or else by its progress when they were written. */
  #stepOf(files: readonly FoundFile[]): number {
    const pattern = this.#checkpoint!.step;
    if (pattern === undefined) {
      // Since these were written it may have come a long way.
      const isSeen = signatureOf(files) === this.#seenAs;
      return isSeen ? this.#seenStep : this.#parts.progress[CONTROL.step]!;
    }
    const steps = files.map(({ name }) => Number(new RegExp(pattern).exec(name)?.[1] ?? NaN));
    return Math.max(0, ...steps.filter(Number.isSafeInteger));
  }
}

/** Undefined when the system has not so much. */
function sharedMemory(bytes: number): SharedArrayBuffer | undefined {
  try {
    return new SharedArrayBuffer(bytes);
  } catch {
    return undefined;
  }
}

/** What `simrun.checkpoint` stands for: of files with numbers in their names and others beside them, one with a number. */
function newestOf(files: readonly FoundFile[], patterns: readonly string[]): string {
  const wild = patterns.find((one) => WILDCARD.test(one));
  const those = wild === undefined ? files : files.filter((one) => isAnyNamed([one], wild));
  return (those.length === 0 ? files : those)
    .reduce((a, b) => b.changedMs >= a.changedMs ? b : a).name;
}

function lastChangeOf(files: readonly FoundFile[]): number {
  return files.reduce((last, { changedMs }) => Math.max(last, changedMs), 0);
}

function signatureOf(files: readonly FoundFile[]): string {
  return files.map(({ name, bytes, changedMs }) => `${name}\0${bytes}\0${changedMs}`).join("\n");
}
