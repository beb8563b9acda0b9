/**
 * Results of needed runs, as models are handed them. Those of earlier simruns stand where the history says, those of
 * this one in the end of the journal; large ones are files. Read in pieces: whoever else has work is let by.
 */
import { NEEDS_CHARACTERS_MAX, type ResultPort } from "../campaign/handout.ts";
import type { CompletedRun } from "../job/event.ts";
import { encodeFields } from "../job/plain.ts";
import { runName } from "../job/run.ts";
import { indicesBelow, type NeededJob, type NeededRun, parametersOf } from "../plan/needed_job.ts";
import type { History } from "../queue/history.ts";
import { readRunFile } from "../store/archive.ts";
import { crc32 } from "../store/crc32.ts";
import type { JournalLocation } from "../store/journal.ts";
import { EntryReader, readPiece } from "../store/journal_again.ts";
import type { Layout } from "../store/layout.ts";

interface Parts {
  readonly layout: Layout;
  /** As it was when the tree was opened. */
  readonly history: History;
  /** Its length grows while the campaign runs. */
  readonly journal: { readonly bytes: number };
}

/** Where the results of a job's runs stand that this simrun has written. */
interface Found {
  /** So much of the hot journal was looked through. */
  to: number;
  readonly places: Map<string, JournalLocation>;
}

/** A completed run whose result is to be read. */
interface Wanted {
  /** Its place in the answer. */
  readonly at: number;
  readonly run: NeededRun;
  readonly location: JournalLocation | undefined;
}

export class NeededResults implements ResultPort {
  readonly #parts: Parts;
  /** What stands before it in the hot journal the history knows. */
  readonly #from: number;
  readonly #found = new Map<string, Found>();
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#from = parts.journal.bytes;
  }

  async read(
    needed: NeededJob,
    indices: readonly number[] | undefined,
    charactersMax: number,
  ): Promise<readonly string[]> {
    const { id } = needed.job;
    await (this.#looking = this.#looking.then(() => this.#look(id), () => this.#look(id)));
    const breath = new Breath();
    const entries: string[] = [];
    const wanted: Wanted[] = [];
    for (const index of indices ?? indicesBelow(needed.count)) {
      const run = needed.runAt(index);
      if (run.isSpared) continue;
      const fields = {
        run: run.run,
        parameters: encodeFields(parametersOf(needed, index)),
        state: run.state,
      };
      const head = `${JSON.stringify(fields).slice(0, -1)},"result":`;
      const isThere = run.state === "completed";
      if (isThere) wanted.push({ at: entries.length, run, location: this.#locate(id, run.run) });
      entries.push(isThere ? head : `${head}${NO_RESULT}}`);
      if (breath.isDue) await breath.take();
    }
    let left = charactersMax - entries.reduce((sum, entry) => sum + entry.length + 1, 1);
    // Line by line, and all that stand in a line together.
    wanted.sort((a, b) => (a.location?.seq ?? 0) - (b.location?.seq ?? 0));
    using records = new Records(this.#parts.layout);
    for (const one of wanted) {
      const result = await this.#resultOf(id, one, records);
      left -= result.length + 1;
      if (left < 0) break;
      entries[one.at] += `${result}}`;
      if (breath.isDue) await breath.take();
    }
    if (left >= 0) return entries;
    const most = `${NEEDS_CHARACTERS_MAX >> 20} MiB`;
    throw new Error(
      `what it needs of ${id} is more than ${most} when written down, and that is the most: need it ` +
        `with match: point, or let the result of ${id} hold less`,
    );
  }

  /** Looks through what was written since the last look. */
  async #look(job: string): Promise<void> {
    let found = this.#found.get(job);
    if (found === undefined) this.#found.set(job, found = { to: this.#from, places: new Map() });
    const { places } = found;
    const { journal, layout } = this.#parts;
    while (found.to < journal.bytes) {
      found.to = readPiece(layout, found.to, journal.bytes, (entry, location) => {
        if (entry.type !== "runs.completed" && entry.type !== "run.reused") return;
        if (entry.job !== job) return;
        const runs = entry.type === "run.reused" ? [entry.run] : entry.runs;
        for (const { run } of runs) places.set(run, location);
      });
      await pause();
    }
  }

  #locate(job: string, run: string): JournalLocation | undefined {
    return this.#found.get(job)!.places.get(run) ?? this.#locateEarlier(job, run);
  }

  #locateEarlier(job: string, run: string): JournalLocation | undefined {
    return this.#parts.history.jobs.get(job)?.location(run);
  }

  /** The result as JSON. Not one of other parameters, another model or other steps that the run has by now. */
  async #resultOf(job: string, { run, location }: Wanted, records: Records): Promise<string> {
    const name = runName(job, run.run);
    const record = records.find(location, run) ??
      records.find(this.#locateEarlier(job, run.run), run);
    if (record === undefined) {
      throw new Error(
        `the result of ${name} is not in the tree any more as it was; run simrun again`,
      );
    }
    const { result, files } = record;
    if (!isInFile(result)) return JSON.stringify(result);
    const bytes = await readRunFile(this.#parts.layout, job, run.run, RESULT_FILE);
    const sum = files?.[RESULT_FILE];
    if (bytes === undefined || sum !== undefined && crc32(bytes) !== sum.crc32) {
      throw new Error(`the file with the result of ${name} is lost or damaged; try simrun verify`);
    }
    return new TextDecoder().decode(bytes);
  }
}

const NO_RESULT = '{"$undefined":true}';
const RESULT_FILE = "result.json";

function isInFile(result: unknown): boolean {
  return typeof result === "object" && result !== null && "$file" in result;
}

/** Completed runs as the journal holds them. A line may have up to a thousand: the last one read is kept. */
class Records implements Disposable {
  readonly #reader: EntryReader;
  #seq = -1;
  #model = "";
  readonly #runs = new Map<string, CompletedRun>();

  constructor(layout: Layout) {
    this.#reader = new EntryReader(layout);
  }

  find(location: JournalLocation | undefined, wanted: NeededRun): CompletedRun | undefined {
    if (location === undefined) return undefined;
    if (location.seq !== this.#seq) this.#read(location);
    const record = this.#runs.get(wanted.run);
    if (record === undefined) return undefined;
    const { digest, steps, ending } = record;
    const isIt = digest === wanted.digest && this.#model === wanted.model &&
      (steps === wanted.steps || ending !== undefined);
    return isIt ? record : undefined;
  }

  #read(location: JournalLocation): void {
    const entry = this.#reader.at(location);
    this.#seq = location.seq;
    this.#runs.clear();
    if (entry.type !== "run.reused" && entry.type !== "runs.completed") return;
    this.#model = entry.model;
    const runs = entry.type === "run.reused" ? [entry.run] : entry.runs;
    for (const run of runs) this.#runs.set(run.run, run);
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

/** Work for longer than this lets others by. */
const BREATH_MS = 10;

class Breath {
  #since = performance.now();

  get isDue(): boolean {
    return performance.now() - this.#since > BREATH_MS;
  }

  async take(): Promise<void> {
    await pause();
    this.#since = performance.now();
  }
}

function pause(): Promise<void> {
  return new Promise((then) => setTimeout(then, 0));
}
