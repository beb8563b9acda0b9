/** The files of a command that are a checkpoint: when they are taken, and when not. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { RunFolder } from "../../src/command/run_folder.ts";
import type { CommandModel } from "../../src/job/command.ts";
import type { Job } from "../../src/job/job.ts";
import { CheckpointSets } from "../../src/worker/checkpoint_sets.ts";
import { CONTROL, type FromSimulation } from "../../src/worker/protocol.ts";
import { inFolder } from "../helpers/folder.ts";

const place = { folder: "", isMade: false, run: "a", index: 0, batch: 1, attempt: 1 };
const output = {
  seriesUpTo: () => ({ text: "", columns: null, lastRowStep: -1, place }),
};

/** Sets over an empty folder, and what they told. */
function setsIn(folder: string, memoryBytesMax = Infinity) {
  const run = new RunFolder(join(folder, "run"));
  run.make();
  const told: FromSimulation[] = [];
  const control = new SharedArrayBuffer(CONTROL.bytes);
  const job = { checkpoint: { every: { kind: "time", everyMs: 0 } } } as unknown as Job;
  const checkpoint = { files: ["*.rst"], step: "(\\d+)", settledMs: 500 };
  const model = { checkpoint } as unknown as CommandModel;
  const sets = new CheckpointSets(job, model, run, {
    orders: new Int32Array(control),
    progress: new Float64Array(control),
    memoryBytesMax,
    place,
    tell: (message) => told.push(message),
  }, 0);
  return { run, sets, told };
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
    const { run, sets, told } = setsIn(folder, 1 << 20);
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
