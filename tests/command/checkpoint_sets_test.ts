/** The files of a command that are a checkpoint: when they are taken, and when not. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadGlobs } from "../../src/command/globs.ts";
import { RunFolder } from "../../src/command/run_folder.ts";
import type { CommandModel } from "../../src/job/command.ts";
import type { Job } from "../../src/job/job.ts";
import { CheckpointSets } from "../../src/worker/checkpoint_sets.ts";
import { CONTROL, type FromSimulation } from "../../src/worker/protocol.ts";
import { inFolder } from "../helpers/folder.ts";

await loadGlobs();

const place = { folder: "", isMade: false, run: "a", index: 0, batch: 1, attempt: 1 };
const output = {
  seriesUpTo: () => ({ text: "", columns: null, lastRowStep: -1, place }),
};

/** Sets over an empty folder, and what they told. */
function setsIn(
  folder: string,
  {
    memoryBytesMax = Infinity,
    files = ["*.rst"],
    settledMs = 500,
    isNumbered = true,
    everyMs = 0,
  } = {},
) {
  const run = new RunFolder(join(folder, "run"));
  run.make();
  const told: FromSimulation[] = [];
  const control = new SharedArrayBuffer(CONTROL.bytes);
  const progress = new Float64Array(control);
  const job = { checkpoint: { every: { kind: "time", everyMs } } } as unknown as Job;
  const checkpoint = { files, settledMs, ...(isNumbered && { step: "(\\d+)" }) };
  const model = { checkpoint } as unknown as CommandModel;
  const sets = new CheckpointSets(job, model, run, {
    orders: new Int32Array(control),
    progress,
    memoryBytesMax,
    place,
    tell: (message) => told.push(message),
  }, 0);
  return { run, sets, told, progress };
}

Deno.test("CheckpointSets takes files whose times lie in the future, when nobody has changed them for a while", async () => {
  await inFolder(async (folder) => {
    const { run, sets, told } = setsIn(folder);
    await run.write("7.rst", "state");
    const tomorrow = new Date(Date.now() + 86_400_000);
    Deno.utimeSync(join(run.path, "7.rst"), tomorrow, tomorrow);
    for (const ms of [0, 250, 499]) sets.look(output, ms);
    assert.equal(told.length, 0);
    sets.look(output, 500);
    assert.deepEqual(told.map((message) => message.type === "snapshot" && message.step), [7]);
  });
});

Deno.test("CheckpointSets takes no set that changed while it was read", async () => {
  await inFolder(async (folder) => {
    const { run, sets, told } = setsIn(folder);
    await run.write("1.rst", "a");
    await run.write("2.rst", "b");
    const { readFileSync } = Deno;
    try {
      Deno.readFileSync = (path) => {
        const bytes = readFileSync(path);
        // The first one is written anew, with as many bytes, while the second is read.
        if (String(path).endsWith("2.rst")) {
          Deno.writeTextFileSync(join(run.path, "1.rst"), "c");
          Deno.utimeSync(join(run.path, "1.rst"), new Date(0), new Date(0));
        }
        return bytes;
      };
      sets.takeLast(output, 0);
    } finally {
      Deno.readFileSync = readFileSync;
    }
    assert.equal(told.length, 0);
    sets.takeLast(output, 1);
    assert.equal(told.length, 1);
  });
});

Deno.test("CheckpointSets says once that a set is larger than its slot's memory", async () => {
  await inFolder(async (folder) => {
    const { run, sets, told } = setsIn(folder, { memoryBytesMax: 1 << 20 });
    for (const step of [1, 2]) {
      await Deno.writeFile(join(run.path, `${step}.rst`), new Uint8Array(2 << 20));
      sets.takeLast(output, step);
    }
    assert.deepEqual(
      told.map((message) => message.type === "warned" && message.message),
      ["its checkpoint of 2 MiB is not saved: that is more than the memory of its slot"],
    );
  });
});

/** Of each set that was taken, the names of its files; the one that a restart is told of first. */
function takenOf(told: readonly FromSimulation[]): string[][] {
  return told.filter((one) => one.type === "snapshot").map(({ plain, tensors }) => [
    JSON.parse(plain).newest,
    ...tensors.map(({ name }) => name),
  ]);
}

Deno.test("CheckpointSets takes no set of which a part is missing", async () => {
  for (const files of [["state-1.bin", "history.dat"], ["*.bin", "history.dat"]]) {
    await inFolder(async (folder) => {
      const { run, sets, told } = setsIn(folder, { files });
      await run.write("history.dat", "rows");
      sets.takeLast(output, 60_000);
      assert.deepEqual(
        told.map((message) => message.type === "warned" && message.message),
        [`it was never saved: no file matched its checkpoint ${files[0]}`],
      );
      await run.write("state-1.bin", "state");
      sets.takeLast(output, 60_001);
      assert.deepEqual(takenOf(told).map((names) => names.slice(1)), [[
        "history.dat",
        "state-1.bin",
      ]]);
    });
  }
});

Deno.test("CheckpointSets names the newest file of the first pattern with a wildcard, or of all", async () => {
  const cases = [
    { files: ["*.rst", "rng.state"], written: ["10.rst", "9.rst", "rng.state"], newest: "9.rst" },
    { files: ["rng.state", "*.rst"], written: ["9.rst", "10.rst", "rng.state"], newest: "10.rst" },
    { files: ["a1.rst", "b1.rst"], written: ["b1.rst", "a1.rst"], newest: "a1.rst" },
    { files: ["[ab]1.rst", "log"], written: ["a1.rst", "b1.rst", "log"], newest: "b1.rst" },
  ];
  for (const { files, written, newest } of cases) {
    await inFolder(async (folder) => {
      const { run, sets, told } = setsIn(folder, { files });
      for (const [i, name] of written.entries()) {
        await run.write(name, name);
        Deno.utimeSync(join(run.path, name), 1_000_000 + i, 1_000_000 + i);
      }
      sets.takeLast(output, 0);
      assert.deepEqual(takenOf(told).map(([name]) => name), [newest]);
    });
  }
});

Deno.test("CheckpointSets takes of a program that a signal ended what was at rest when it was asked to end", async () => {
  const killed = { status: 143, signal: "SIGTERM" };
  const cases = [
    // Written long ago, a moment before it was asked, and after that.
    { end: killed, writtenMsAgo: 10_000, askedMsAgo: 2_000, isTaken: true },
    { end: killed, writtenMsAgo: 2_300, askedMsAgo: 2_000, isTaken: false },
    { end: killed, writtenMsAgo: 1_000, askedMsAgo: 2_000, isTaken: false },
    { end: killed, writtenMsAgo: 1_000, askedMsAgo: 2_000, settledMs: 0, isTaken: true },
    // As a starter of others tells it.
    { end: { status: 143, signal: null }, writtenMsAgo: 0, askedMsAgo: 2_000, isTaken: false },
    // It ended by itself, asked or not.
    { end: { status: 0, signal: null }, writtenMsAgo: 0, askedMsAgo: 2_000, isTaken: true },
    { end: { status: 1, signal: null }, writtenMsAgo: 0, askedMsAgo: undefined, isTaken: true },
    // Nobody asked it: when it came to its end is not known.
    { end: killed, writtenMsAgo: 10_000, askedMsAgo: undefined, isTaken: false },
  ];
  for (const { end, writtenMsAgo, askedMsAgo, isTaken, settledMs = 500 } of cases) {
    await inFolder(async (folder) => {
      const { run, sets, told } = setsIn(folder, { settledMs });
      await run.write("7.rst", "state");
      const written = new Date(Date.now() - writtenMsAgo);
      Deno.utimeSync(join(run.path, "7.rst"), written, written);
      sets.takeAtEnd(output, 60_000, end, askedMsAgo);
      assert.equal(takenOf(told).length, isTaken ? 1 : 0, JSON.stringify({ end, writtenMsAgo }));
    });
  }
});

Deno.test("CheckpointSets calls what it takes at the end after the step at which it was written", async () => {
  await inFolder(async (folder) => {
    const options = { isNumbered: false, everyMs: 3_600_000, settledMs: 0 };
    const { run, sets, told, progress } = setsIn(folder, options);
    const look = (ms: number, step: number) => {
      progress[CONTROL.step] = step;
      sets.look(output, ms);
    };
    const state = async (text: string, atMs: number) => {
      await run.write("state.rst", text);
      Deno.utimeSync(join(run.path, "state.rst"), atMs / 1000, atMs / 1000);
    };
    await state("of step 1", 1_000);
    look(0, 1);
    look(1_000, 2);
    await state("of step 40", 40_000);
    for (const ms of [40_500, 41_500, 60_000, 99_000]) look(ms, Math.floor(ms / 1000));
    sets.takeAtEnd(output, 99_500, { status: 143, signal: "SIGTERM" }, 400);
    // It was not to be saved meanwhile; and of its 99 steps those after 41 are not in the file.
    assert.deepEqual(told.map((one) => one.type === "snapshot" && one.step), [2, 41]);
  });
});
