/** Takes over results of runs that computed the same, files included. */
import type { CompletedRun, RunEvent } from "../job/event.ts";
import { dirname, join } from "../job/path.ts";
import { encodeFields } from "../job/plain.ts";
import { pointAt } from "../plan/sweep.ts";
import type { Plan, Reuse } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";
import { listRunFiles, readRunFile } from "../store/archive.ts";
import { makeFolderDurable, writeFileDurable } from "../store/disk.ts";
import { type JournalLocation, readEntryAt } from "../store/journal.ts";
import type { Layout } from "../store/layout.ts";

interface Parts {
  readonly layout: Layout;
  readonly history: History;
  readonly plan: Plan;
}

/** Answers how many were taken over. */
export async function reuseResults(
  parts: Parts,
  append: (event: RunEvent) => Promise<void>,
): Promise<number> {
  const lines: Promise<void>[] = [];
  const records = new Records(parts);
  for (const reuse of parts.plan.reuses) {
    const twin = records.find(reuse);
    await copyFiles(parts.layout, reuse);
    const { job, model } = reuse.planned;
    const { point: _, ...facts } = twin;
    const point = job.sweep === undefined
      ? {}
      : { point: encodeFields(pointAt(job.sweep, reuse.index)) };
    const run: CompletedRun = { ...facts, ...point, run: reuse.run, digest: reuse.digest };
    const line = append({
      type: "run.reused",
      job: job.id,
      model: model.digest,
      from: reuse.from,
      run,
    });
    // All are awaited below; a journal that fails while files are copied must not end the program before.
    line.catch(() => {});
    lines.push(line);
  }
  await Promise.all(lines);
  return lines.length;
}

/** Reads completed runs back. A line holds up to a thousand of them: the last line read is kept. */
class Records {
  readonly #layout: Layout;
  readonly #history: History;
  #seq = -1;
  readonly #runs = new Map<string, CompletedRun>();

  constructor({ layout, history }: Parts) {
    this.#layout = layout;
    this.#history = history;
  }

  find({ from }: Reuse): CompletedRun {
    const location = this.#history.jobs.get(from.job)!.location(from.run)!;
    if (location.seq !== this.#seq) this.#read(location);
    const found = this.#runs.get(from.run);
    if (found !== undefined) return found;
    throw new Error(`the journal's line ${location.seq} does not hold the result of ${from.run}`);
  }

  #read(location: JournalLocation): void {
    const entry = readEntryAt(this.#layout, location);
    this.#seq = location.seq;
    this.#runs.clear();
    if (entry.type === "run.reused") this.#runs.set(entry.run.run, entry.run);
    if (entry.type === "runs.completed") {
      for (const run of entry.runs) this.#runs.set(run.run, run);
    }
  }
}

/** Series and big results are copied, so that each run's record stands for itself. */
async function copyFiles(layout: Layout, { from, planned, run }: Reuse): Promise<void> {
  const files = await listRunFiles(layout, from.job, from.run);
  if (files.length === 0) return;
  const folder = layout.recentFolder(planned.job.id, run);
  for (const { name } of files) {
    const bytes = await readRunFile(layout, from.job, from.run, name);
    if (bytes === undefined) continue;
    const path = join(folder, name);
    // What a command has left may stand in folders of its own.
    await makeFolderDurable(dirname(path), { within: layout.root });
    await writeFileDurable(path, bytes);
  }
}
