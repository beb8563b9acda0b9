/**
 * T36: status, results, explain and checkpoints, again and again, while simruns work on the tree, seal its journal
 * and pack its files: never an error, never a damaged line, never a wait. As programs, and as a library.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Job } from "../../src/job/job.ts";
import { Simrun } from "../../src/runner/simrun.ts";
import { readJournal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, sweepOf } from "../helpers/jobs.ts";
import { WALK } from "../helpers/models.ts";
import { leavesNoProcess, sleep } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { cases } from "../helpers/torture.ts";
import { treePicture } from "../helpers/tree_picture.ts";

const ORCHESTRATOR = fileURLToPath(new URL("../helpers/orchestrator.ts", import.meta.url));

const SECONDS = cases({ short: 5, long: 60 });
/** Four readers and three writers share two cores, and those perhaps with others. */
const WAIT_MS_MAX = 15_000;
/** So small that nearly every campaign seals the journal of the one before. */
const JOURNAL_BYTES_MAX = 20_000;
const RUNS = 40;

Deno.test(`readers for ${SECONDS} s beside simruns at work: no error, no damage, no wait`, () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const root = join(folder, "tree");
      const model = module(await place(folder, "walk.ts", WALK));
      await work(folder, root, jobsOf(model, 0));
      const end = performance.now() + SECONDS * 1000;
      const isOver = () => performance.now() > end;
      const writing = (async () => {
        for (let round = 1; !isOver(); round++) await work(folder, root, jobsOf(model, round));
      })();
      const reads: number[] = [];
      const read = async (words: readonly string[]) => {
        for (; !isOver(); reads.push(0)) await readOnce([...words, "--tree", root]);
      };
      await Promise.all([
        writing,
        read(["status", "--json"]),
        read(["results", "--json"]),
        read(["explain", "long", "--json"]),
        read(["checkpoints", "--json"]),
        readAsLibrary(root, isOver),
      ]);
      assert.ok(reads.length >= SECONDS, `${reads.length} times`);
      // What they were to stand really happened.
      const archived = Object.keys(treePicture(join(root, "archive")));
      assert.ok(archived.some((name) => name.startsWith("/journal-")), "a journal was sealed");
      assert.ok(archived.some((name) => name.startsWith("/runs-")), "files were packed");
    })
  ));

/** A sweep whose runs leave files, and one run that is extended every time. */
function jobsOf(model: Job["model"], round: number): Job[] {
  const checkpoint = { every: { kind: "steps", steps: 100 }, keep: 2 } as const;
  const common = { model, checkpoint, measureEverySteps: 20, parameters: { cells: 50 } };
  const drifts = Array.from({ length: RUNS }, (_, i) => (round * RUNS + i) / 1000);
  return [
    aJob({ ...common, id: `sweep-${round}`, steps: 300, sweep: sweepOf("drift", drifts) }),
    aJob({ ...common, id: "long", steps: 1000 + 500 * round }),
  ];
}

/** One simrun from its start to its end, as a process of its own. */
async function work(folder: string, root: string, jobs: Job[]): Promise<void> {
  const limits = { journalBytesMax: JOURNAL_BYTES_MAX, recentFoldersMax: RUNS };
  const request = { root, jobs, slots: 2, ...limits };
  const path = await place(folder, "request.json", JSON.stringify(request));
  const flags = ["-A", "--no-check", "--quiet", "--unstable-worker-options"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, ORCHESTRATOR, path],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

async function readOnce(words: readonly string[]): Promise<void> {
  const began = performance.now();
  const { status, stdout, stderr } = await simrun(words);
  const tookMs = performance.now() - began;
  assert.equal(status, 0, `${words[0]}: ${stderr}`);
  assert.doesNotMatch(stderr, /damage|error/i, words[0]);
  JSON.parse(stdout);
  assert.ok(tookMs < WAIT_MS_MAX, `${words[0]} took ${tookMs} ms`);
}

/** What was seen once is seen for ever after. */
async function readAsLibrary(root: string, isOver: () => boolean): Promise<void> {
  const tree = new Simrun({ tree: root });
  let results = 0;
  let entries = 0;
  while (!isOver()) {
    const rows = await tree.results();
    assert.ok(rows.length >= results, `${rows.length} results after ${results}`);
    results = rows.length;
    const { totals } = await tree.status();
    assert.ok(totals.counts.completed >= results - 1, "a run that is extended is not complete");
    const report = readJournal(new Layout(root), () => {});
    assert.deepEqual([report.bad, report.missing], [[], []]);
    assert.ok(report.entries >= entries && report.entries === report.lastSeq);
    entries = report.entries;
    await sleep(5);
  }
}
