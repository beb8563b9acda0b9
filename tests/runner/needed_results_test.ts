/** Results of needed runs are found again wherever they stand, in pieces, and never those of another computation. */
import assert from "node:assert/strict";
import { NEEDS_CHARACTERS_MAX } from "../../src/campaign/handout.ts";
import type { CompletedRun } from "../../src/job/event.ts";
import { decodePlain, encodePlain } from "../../src/job/plain.ts";
import { makePlan, type PlannedJob } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { NeededResults } from "../../src/runner/needed_results.ts";
import { readHistory } from "../../src/runner/tree_session.ts";
import { rotateJournal } from "../../src/store/archive.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import type { Layout } from "../../src/store/layout.ts";
import { completed } from "../helpers/events.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { place } from "../helpers/folder.ts";
import { clock, inTree } from "../store/fixtures.ts";

const MODEL = { name: "model.ts", digest: "m1" };

Deno.test("read() finds results in segments, in the hot journal and in what is written meanwhile, in order", () =>
  inTree(async (layout) => {
    const job = planned(3_000);
    await write(layout, job, 0, 1_000);
    await rotateJournal(layout, 0);
    await write(layout, job, 1_000, 2_000);
    const { writer } = await JournalWriter.open(layout, clock);
    const results = new NeededResults({ layout, history: readHistory(layout), journal: writer });
    assert.deepEqual(await read(results, job, [5, 1_500, 3]), [5, 1_500, 3]);
    await append(writer, job, 2_000, 2_500);
    assert.deepEqual(await read(results, job, [2_400, 0]), [2_400, 0]);
    await append(writer, job, 2_500, 3_000);
    assert.deepEqual(await read(results, job), Array.from({ length: 3_000 }, (_, i) => i));
    await writer.close();
  }));

Deno.test("read() of many runs lets others by, also when several ask at once", () =>
  inTree(async (layout) => {
    const job = planned(20_000);
    const { writer } = await JournalWriter.open(layout, clock);
    const results = new NeededResults({ layout, history: new History(), journal: writer });
    await append(writer, job, 0, 20_000);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const [first, second] = await Promise.all([read(results, job), read(results, job, [19_999])]);
    clearInterval(timer);
    assert.deepEqual([first!.length, second], [20_000, [19_999]]);
    assert.ok(turns >= 5, `others had ${turns} turns`);
    await writer.close();
  }));

Deno.test("read() refuses more than may be handed out, and says what to do", () =>
  inTree(async (layout) => {
    const job = planned(100);
    const { writer } = await JournalWriter.open(layout, clock);
    const results = new NeededResults({ layout, history: new History(), journal: writer });
    await append(writer, job, 0, 100);
    const texts = await results.read(job, undefined, NEEDS_CHARACTERS_MAX);
    const { length } = `[${texts.join(",")}]`;
    assert.deepEqual(await results.read(job, undefined, length), texts);
    await assert.rejects(
      results.read(job, undefined, length - 1),
      /what it needs of needed is more than 64 MiB .*match: point/,
    );
    await writer.close();
  }));

Deno.test("read() takes no result of other parameters, another model or other steps, and no damaged file", () =>
  inTree(async (layout) => {
    const job = planned(5);
    const { writer } = await JournalWriter.open(layout, clock);
    const results = new NeededResults({ layout, history: new History(), journal: writer });
    const inFile = { result: { $file: "result.json" } };
    const one = (index: number, over: Partial<CompletedRun>, model = MODEL.digest) =>
      writer.append({
        type: "runs.completed",
        job: "needed",
        model,
        runs: [record(job, index, over)],
      });
    await one(0, { digest: "other" });
    await one(1, {}, "another");
    await one(2, { steps: 60 });
    await one(3, { ...inFile, files: { "result.json": { bytes: 7, crc32: 1 } } });
    await one(4, { ...inFile, steps: 60, ending: "converged" });
    for (const index of [3, 4]) {
      const folder = layout.recentFolder("needed", job.identify(index).run);
      await place(folder, "result.json", `{"i":${index}}`);
    }
    for (const index of [0, 1, 2]) {
      await assert.rejects(read(results, job, [index]), /not in the tree any more as it was/);
    }
    await assert.rejects(read(results, job, [3]), /lost or damaged; try simrun verify/);
    assert.deepEqual(await read(results, job, [4]), [4]);
    await writer.close();
  }));

Deno.test("read() goes back to an earlier result that is the one, where a later one of that run is another", () =>
  inTree(async (layout) => {
    const job = planned(1);
    await write(layout, job, 0, 1);
    const { writer } = await JournalWriter.open(layout, clock);
    const results = new NeededResults({ layout, history: readHistory(layout), journal: writer });
    const later = record(job, 0, { digest: "other", result: { i: 7 } });
    await writer.append({ type: "runs.completed", job: "needed", model: "m1", runs: [later] });
    assert.deepEqual(await read(results, job), [0]);
    await writer.close();
  }));

/** The indices by which the runs know themselves in their results. */
async function read(
  results: NeededResults,
  job: PlannedJob,
  indices?: readonly number[],
): Promise<number[]> {
  const texts = await results.read(job, indices, NEEDS_CHARACTERS_MAX);
  const entries = texts.map((text) => decodePlain(JSON.parse(text))) as {
    readonly run: string;
    readonly parameters: { readonly i: number };
    readonly state: string;
    readonly result: { readonly i: number };
  }[];
  return entries.map(({ run, parameters, state, result }) => {
    assert.deepEqual([run, parameters.i], [job.identify(result.i).run, result.i]);
    assert.equal(state, "completed");
    return result.i;
  });
}

function planned(count: number): PlannedJob {
  const job = aJob({ id: "needed", sweep: points(count) });
  const options = { rerun: "none", reuse: false, acceptModel: false } as const;
  return makePlan([{ job, model: MODEL, inputDigests: {} }], new History(), options).jobs[0]!;
}

async function write(layout: Layout, job: PlannedJob, from: number, to: number): Promise<void> {
  const { writer } = await JournalWriter.open(layout, clock);
  await append(writer, job, from, to);
  await writer.close();
}

/** A few runs a line, as campaigns have them. */
async function append(writer: JournalWriter, job: PlannedJob, from: number, to: number) {
  let last: Promise<void> | undefined;
  for (let at = from; at < to; at += 7) {
    const runs = Array.from({ length: Math.min(7, to - at) }, (_, i) => record(job, at + i));
    last = writer.append({ type: "runs.completed", job: "needed", model: "m1", runs });
    writer.appendSoon({ type: "runs.completed", job: "beside", model: "m1", runs });
  }
  await last;
  await writer.flush();
}

function record(job: PlannedJob, index: number, over: Partial<CompletedRun> = {}): CompletedRun {
  const { run, digest } = job.identify(index);
  return completed(run, digest, { result: encodePlain({ i: index, odd: NaN }), ...over });
}
