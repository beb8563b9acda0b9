/**
 * A campaign that is cut in a thousand shards: what a look at it takes is within the bounds that docs/scale.md states.
 * The trees are made up; that they are like real ones is held here as well.
 */
import assert from "node:assert/strict";
import { simrun } from "../../bench/commands.ts";
import type { JournalEntry } from "../../src/job/event.ts";
import { readJournal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder } from "../helpers/folder.ts";
import { makeLargeTree } from "../helpers/large_tree.ts";
import { isTorture } from "../helpers/torture.ts";

const DOCUMENT = new URL("../../docs/scale.md", import.meta.url);
const SHARDS = 1000;

/** What the document's table of bounds says of so many runs. */
function boundsOf(runs: number): { readonly bytesMax: number; readonly msMax: number } {
  const name = runs.toLocaleString("en");
  const row = Deno.readTextFileSync(DOCUMENT).split("\n").find((line) =>
    line.startsWith(`| ${name} | ≤`)
  );
  const [, mib, seconds] = /≤ ([\d,]+) MiB \| ≤ ([\d,]+) s/.exec(row ?? "") ?? [];
  assert.ok(mib !== undefined && seconds !== undefined, `no bounds of ${name} runs`);
  const number = (text: string) => Number(text.replaceAll(",", ""));
  return { bytesMax: number(mib) * 2 ** 20, msMax: number(seconds) * 1000 };
}

Deno.test("status reads a thousand shards within the memory and the processor time that the document states", () =>
  inFolder(async (folder) => {
    const runs = isTorture ? 10_000_000 : 100_000;
    const { bytesMax, msMax } = boundsOf(runs);
    const root = await makeLargeTree(folder, { shards: SHARDS, runs, runsInLine: 1000 });
    // What it computes, not how long that takes beside others; it is waited for, whatever they do.
    const args = ["status", "--json", "--tree", root];
    const { stdout, peakBytes, cpuMs } = await simrun(args, true, 30 * 60_000);
    const status = JSON.parse(stdout);
    assert.equal(status.runs_total, runs);
    assert.equal(status.runs_completed, runs);
    assert.equal(status.shards.length, SHARDS);
    assert.ok(status.shards.every(({ state }: { state: string }) => state === "ended"));
    assert.ok(peakBytes <= bytesMax, `${(peakBytes / 2 ** 20).toFixed(0)} MiB`);
    assert.ok(cpuMs <= msMax, `${(cpuMs / 1000).toFixed(1)} s`);
  }));

/** What a line is made of: names in their order, and of what kind each value is. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 2).map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.entries(value).map(([name, inside]) => [name, shapeOf(inside)]);
}

function entriesOf(root: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  const { bad, missing } = readJournal(new Layout(root), (entry) => entries.push(entry));
  assert.deepEqual([bad, missing], [[], []]);
  return entries;
}

Deno.test("a made-up tree has the lines of a real one, is sound, and has nothing left to do", () =>
  inFolder(async (folder) => {
    const size = { shards: 3, runs: 24, runsInLine: 4 };
    const root = await makeLargeTree(folder, size);
    const manifest = `${folder}/wide.yaml`;
    const real = `${folder}/real`;
    await simrun(["run", manifest, "--shard", "2/3", "--tree", real, "-j", "1", "-q"]);
    const types = ["campaign.started", "job.planned", "runs.started", "campaign.ended"];
    const ofType = (tree: string, type: string) =>
      entriesOf(`${tree}/shards/2-of-3`).find((entry) => entry.type === type);
    for (const type of types) {
      assert.deepEqual(shapeOf(ofType(root, type)), shapeOf(ofType(real, type)), type);
    }
    // What was computed is the same but for times and results.
    const [madeUp, computed] = [root, real].map((tree) =>
      entriesOf(`${tree}/shards/2-of-3`).flatMap((entry) =>
        entry.type === "runs.completed"
          ? entry.runs.map(({ ms: _, result, ...record }) => [record, shapeOf(result)])
          : []
      )
    );
    assert.deepEqual(madeUp, computed);
    const verified = await simrun(["verify", "--json", "--tree", root]);
    assert.deepEqual(JSON.parse(verified.stdout).findings, []);
    const resumed = await simrun(["resume", "--shard", "2/3", "--json", "--tree", root]);
    assert.deepEqual(JSON.parse(resumed.stdout), {
      outcome: "completed",
      runs_total: 8,
      runs_cancelled: 0,
    });
    const planned = await simrun(["run", "-n", manifest, "--shard", "2/3", "--tree", root]);
    assert.match(planned.stdout, /8/);
    assert.match(planned.stdout, /nothing/i);
  }));

Deno.test("two hundred shards at work are seen as one campaign", () =>
  inFolder(async (folder) => {
    const size = { shards: 200, runs: 2_000, runsInLine: 1000, running: 4 };
    const root = await makeLargeTree(folder, size);
    const { stdout } = await simrun(["status", "--json", "--tree", root]);
    const status = JSON.parse(stdout);
    assert.equal(status.runs_running, 800);
    assert.equal(status.runs_completed, 1_200);
    const working = status.shards.filter(({ state }: { state: string }) => state === "working");
    assert.equal(working.length, 200);
  }));
