/**
 * T37: what grows when a simrun works for long. Ten thousand tiny runs, slots that end again and again, one
 * campaign after the other in one process: memory, open files, processes and files in the tree stay as they are.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Simrun } from "../../src/runner/simrun.ts";
import { fs } from "../../src/store/file_system.ts";
import { readLive } from "../../src/store/live.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { COUNT } from "../helpers/models.ts";
import { leavesNoProcess, sleep, slotsOf } from "../helpers/processes.ts";
import { startSimrun } from "../helpers/program.ts";
import { cases } from "../helpers/torture.ts";
import { strayFiles, treePicture } from "../helpers/tree_picture.ts";

/** Collected garbage is given back late: less than this says nothing. */
const NOISE_BYTES = 48 << 20;
/** A few files are open for a moment: a picture being written, a folder being synced. */
const NOISE_FILES = 12;
/** simrun.json, lock, owner, journal, manifest; and the segments of long journals. */
const FILES_MAX = 12;

interface Sample {
  /** Runs that have ended. */
  readonly ended: number;
  readonly rssBytes: number;
  readonly files: number;
  readonly slots: number;
}

/** Runs simrun to its end; looks at it a few times a second. */
async function watch(
  args: readonly string[],
  root: string,
): Promise<{ samples: Sample[]; status: number }> {
  const child = startSimrun(["run", ...args, "--tree", root, "-q"]);
  const samples: Sample[] = [];
  let isOver = false;
  const ended = child.status.then(({ code }) => {
    isOver = true;
    return code;
  });
  while (!isOver) {
    const sample = await look(child.pid, root);
    if (sample !== undefined) samples.push(sample);
    await sleep(100);
  }
  return { samples, status: await ended };
}

async function look(pid: number, root: string): Promise<Sample | undefined> {
  const live = await readLive(new Layout(root));
  if (live === undefined) return undefined;
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return {
      ended: live.counts.completed + live.counts.failed,
      rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024,
      files: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
      slots: slotsOf(pid).length,
    };
  } catch {
    // It has just ended.
    return undefined;
  }
}

/** Memory of the last third against the second: the first one builds what stays. */
function assertLevel(samples: readonly Sample[], slots: number): void {
  assert.ok(samples.length >= 6, `${samples.length} samples`);
  const third = Math.floor(samples.length / 3);
  const peak = (part: readonly Sample[], of: "rssBytes" | "files" | "slots") =>
    Math.max(...part.map((sample) => sample[of]));
  const middle = samples.slice(third, 2 * third);
  const end = samples.slice(2 * third);
  const mib = (part: readonly Sample[]) => Math.round(peak(part, "rssBytes") / 2 ** 20);
  const shown =
    `T37: ${end.at(-1)!.ended} runs; by thirds: memory ${mib(samples.slice(0, third))}, ` +
    `${mib(middle)}, ${mib(end)} MiB; open files ${peak(samples.slice(0, third), "files")}, ` +
    `${peak(middle, "files")}, ${peak(end, "files")}`;
  console.log(shown);
  assert.ok(peak(end, "rssBytes") <= peak(middle, "rssBytes") + NOISE_BYTES, shown);
  assert.ok(peak(end, "files") <= peak(middle, "files") + NOISE_FILES, shown);
  // A slot that ended and the one in its place may both be seen.
  assert.ok(peak(samples, "slots") <= 2 * slots, shown);
}

function assertTidy(root: string): void {
  const files = Object.entries(treePicture(root)).filter(([, what]) => !what.startsWith("folder"));
  assert.ok(files.length <= FILES_MAX, files.map(([path]) => path).join(" "));
  assert.deepEqual(strayFiles(root), []);
}

/** Each takes so long that ten thousand of them can be looked at. */
const TINY = `${COUNT}
const bell = new Int32Array(new SharedArrayBuffer(4));
export function done() { Atomics.wait(bell, 0, 0, 0.3); }
`;

Deno.test("10,000 tiny runs leave memory, open files and the tree as they were", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "tiny.js", TINY);
      const runs = cases({ short: 10_000, long: 100_000 });
      const manifest = await place(
        folder,
        "tiny.yaml",
        `{ id: tiny, model: ./tiny.js, steps: 2, sweep: { by: { from: 1, to: ${runs}, step: 1 } } }`,
      );
      const root = join(folder, "tree");
      const { samples, status } = await watch([manifest, "--slots", "2"], root);
      assert.equal(status, 0);
      assertLevel(samples, 2);
      assertTidy(root);
    })
  ));

Deno.test("slots that end again and again leave memory, open files and no process", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      // A forgotten promise ends the thread, and with it the slot; a hang ends it from outside.
      await place(
        folder,
        "bad.js",
        `
export const params = { i: { default: 0 }, hangs: { default: 0 } };
export function step(state, ctx) {
  if (ctx.params.hangs === 1) for (;;);
  Promise.reject(new Error("forgotten"));
  const bell = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(bell, 0, 0, 20);
}
`,
      );
      const [ends, hangs] = cases({ short: 0, long: 1 }) === 1 ? [180, 20] : [18, 2];
      const manifest = await place(
        folder,
        "bad.yaml",
        `
defaults: { model: ./bad.js, steps: 4, retry: { limit: 0 }, hang_after: 1s }
jobs:
  - { id: ends, sweep: { i: { from: 1, to: ${ends}, step: 1 } } }
  - { id: hangs, parameters: { hangs: 1 }, sweep: { i: { from: 1, to: ${hangs}, step: 1 } } }
`,
      );
      const root = join(folder, "tree");
      const { samples, status } = await watch([manifest, "--slots", "2"], root);
      assert.equal(status, 3);
      assert.ok(samples.at(-1)!.ended >= ends, "each of them ended a slot");
      assertLevel(samples, 2);
      assertTidy(root);
    })
  ));

Deno.test("one campaign after the other in one process leaves no open file, no fence, no process", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const model = await place(folder, "count.js", COUNT);
      const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
      const unfenced = fs;
      let after = 0;
      let rss = 0;
      const rounds = cases({ short: 8, long: 200 });
      for (let round = 0; round < rounds; round++) {
        const simrun = new Simrun({ tree: join(folder, `tree-${round % 2}`), slots: 1 });
        await simrun.submit({ id: `job-${round}`, model, steps: 10, parameters: { by: round } });
        const { completed } = await simrun.run();
        assert.equal(completed, 1);
        assert.equal((await simrun.results()).length, 1 + Math.floor(round / 2));
        if (round === Math.floor(rounds / 2)) {
          after = open();
          rss = Deno.memoryUsage().rss;
        }
      }
      assert.ok(fs === unfenced, "no fence stands any more");
      assert.ok(open() <= after + 1, `${open()} files are open, ${after} were half way`);
      // The collector lets more lie about while the machine is busy; a leak would be a megabyte a campaign and more.
      const grown = Deno.memoryUsage().rss - rss;
      assert.ok(grown <= 2 * NOISE_BYTES, `${grown >> 20} MiB more than half way`);
      assert.deepEqual(slotsOf(Deno.pid), []);
    })
  ));
