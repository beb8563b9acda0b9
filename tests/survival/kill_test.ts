/**
 * T2 in small: a campaign of two seconds, whose runs take some dozens of milliseconds and save a few times each,
 * killed with -9 at moments of a seed, again and again. `SIMRUN_KILLS=2000 SIMRUN_SEED=7` for more, or the same.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JournalEntry } from "../../src/job/event.ts";
import { assertSavedIsThere, assertSound, readEntries } from "../faults/reference.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { WALK } from "../helpers/models.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { keptResults, sumOf } from "../helpers/real_run.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";
import { strayFiles, treePicture } from "../helpers/tree_picture.ts";
import { twoAtATime } from "../helpers/two_at_a_time.ts";

const KILLS = Number(Deno.env.get("SIMRUN_KILLS") ?? cases({ short: 16, long: 400 }));
const SEED = seedOf();
const KEEP = 2;
const MANIFEST = `
defaults: { model: ./walk.ts, steps: 2400, measure_every: 30, checkpoint: { every: 300, keep: ${KEEP} } }
jobs:
  - { id: walk, sweep: { drift: { from: 0.1, to: 1.2, step: 0.1 }, cells: [300, 500] } }
  - { id: wide, priority: high, parameters: { cells: 2000 } }
`;
/** From the start of the program to about the end of the campaign. */
const KILL_WITHIN_MS = 1_500;

interface Series {
  readonly number: number;
  readonly kills: number;
  readonly random: ReturnType<typeof seeded>;
}

Deno.test(`a small campaign killed ${KILLS} times ends golden, and nothing saved is lost (seed ${SEED})`, () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "walk.ts", WALK);
      const manifest = await place(folder, "walk.yaml", MANIFEST);
      const alone = join(folder, "alone");
      const ran = await simrun(["run", manifest, "--tree", alone, "--slots", "2", "-q"]);
      assert.equal(ran.status, 0, ran.stderr);
      const golden = sumOf(await keptResults(alone));
      // Two series of kills at a time, each with moments of its own.
      const both = [0, 1].map((number): Series => ({
        number,
        kills: number === 0 ? Math.ceil(KILLS / 2) : Math.floor(KILLS / 2),
        random: seeded(SEED + number),
      }));
      await twoAtATime(both, ({ number }) => `series ${number}, seed ${SEED}`, async (series) => {
        for (let kills = 0, tree = 0; kills < series.kills; tree++) {
          const root = join(folder, `tree-${series.number}-${tree}`);
          kills += await killToTheEnd(root, manifest, series, series.kills - kills);
          assert.equal(sumOf(await keptResults(root)), golden, `tree ${tree}`);
          assert.deepEqual(strayFiles(root), []);
          for (const [run, count] of checkpointCounts(root)) {
            assert.ok(count <= KEEP, `${run} keeps ${count} checkpoints`);
          }
          await Deno.remove(root, { recursive: true });
        }
      });
    })
  ));

/** Starts, kills, and starts again, until the campaign has come to its end; answers the kills. */
async function killToTheEnd(
  root: string,
  manifest: string,
  { random }: Series,
  killsMax: number,
): Promise<number> {
  for (let kills = 0;;) {
    const before = readEntries(root);
    const child = startSimrun(["run", manifest, "--tree", root, "--slots", "2", "-q"]);
    const afterMs = random.next() * KILL_WITHIN_MS;
    const timer = kills < killsMax ? setTimeout(() => child.kill("SIGKILL"), afterMs) : undefined;
    const { code, signal } = await child.status;
    clearTimeout(timer);
    assertKept(before, readEntries(root).slice(before.length));
    assertSavedIsThere(root);
    if (signal === null) {
      assert.equal(code, 0);
      await assertSound(root);
      return kills;
    }
    kills++;
  }
}

/** No run that was completed begins again, and none goes on from before what was saved of it. */
function assertKept(before: readonly JournalEntry[], entries: readonly JournalEntry[]): void {
  const saved = new Map<string, number>();
  const completed = new Set<string>();
  for (const entry of before) {
    if (entry.type === "run.checkpointed") saved.set(`${entry.job}/${entry.run}`, entry.step);
    if (entry.type !== "runs.completed") continue;
    for (const { run } of entry.runs) completed.add(`${entry.job}/${run}`);
  }
  const notAnew = (run: string) =>
    assert.ok(!saved.has(run), `${run} began anew, where ${saved.get(run)} was saved`);
  // A start alone may be the last that a killed simrun wrote: where the run went on is told after it.
  for (const entry of entries) {
    if (entry.type === "runs.started") {
      for (let at = 0; at < entry.runs.length; at += 2) {
        const run = `${entry.job}/${entry.runs[at]}`;
        assert.ok(!completed.has(run), `${run} was completed and is begun again`);
      }
    }
    if (entry.type === "run.resumed") {
      const run = `${entry.job}/${entry.run}`;
      assert.deepEqual(entry.rejected, []);
      assert.ok(entry.step >= (saved.get(run) ?? 0), `${run} of ${saved.get(run)}: ${entry.step}`);
      saved.delete(run);
    }
    if (entry.type === "run.checkpointed") notAnew(`${entry.job}/${entry.run}`);
    if (entry.type === "runs.completed") {
      for (const { run } of entry.runs) notAnew(`${entry.job}/${run}`);
    }
  }
}

function checkpointCounts(root: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of Object.keys(treePicture(root))) {
    const run = /^(\/checkpoints\/.*)\/step-\d+\.ckpt$/.exec(path)?.[1];
    if (run !== undefined) counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}
