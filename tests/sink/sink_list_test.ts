/** Where a sink begins that has no note of its own: what a killed campaign left untold is told, and nothing before it. */
import assert from "node:assert/strict";
import type { SinkSpec } from "../../src/job/sink.ts";
import { readSinkList, readSinks, writeSinks } from "../../src/sink/sink_list.ts";
import { tellSinks } from "../../src/sink/sinks_process.ts";
import { Teller } from "../../src/sink/teller.ts";
import { lastSeqOf } from "../../src/store/journal_tail.ts";
import type { Layout } from "../../src/store/layout.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { inTree } from "../store/fixtures.ts";
import { append, aSpec, done } from "./stage.ts";

const log = { ...aSpec, kind: "log", format: "json", bytesMax: 1 << 20, filesMax: 2, name: "log" };
const aLog = log as unknown as SinkSpec;
const command = (name: string, file: string): SinkSpec => ({
  ...aSpec,
  ...{ kind: "command", name, command: ["sh", "-c", `cat >> "$SIMRUN_TREE/${file}"`], folder: "/" },
});

const listFile = ({ notifyFolder }: Layout) => `${notifyFolder}/sinks.json`;

/** Tells all that is left, as the next simrun does or `simrun notify`. */
async function tellRest(layout: Layout): Promise<void> {
  const late = AbortSignal.timeout(10_000);
  assert.deepEqual(await tellSinks(layout, lastSeqOf(layout), AbortSignal.abort(), late), []);
}

/** The runs that a file of notices, one a line, tells of. */
async function runsIn(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line).run);
}

Deno.test("what happened before a killed simrun could tell anybody is told by the next, once and from its beginning", () =>
  inTree(async (layout) => {
    await append(layout, done("before"));
    await writeSinks(layout, [aLog], lastSeqOf(layout));
    await append(layout, done("a", "b"));
    // The next one is killed as early, and the last of them as well.
    for (const run of ["c", "d"]) {
      await writeSinks(layout, [aLog], lastSeqOf(layout));
      await append(layout, done(run));
    }
    await tellRest(layout);
    assert.deepEqual(await runsIn(layout.log), ["a", "b", "c", "d"]);
    await writeSinks(layout, [aLog], lastSeqOf(layout));
    await append(layout, done("e"));
    await tellRest(layout);
    assert.deepEqual(await runsIn(layout.log), ["a", "b", "c", "d", "e"]);
  }));

Deno.test("a sink that comes to a tree later is told of nothing before, whatever the others still are to be told", () =>
  inTree(async (layout) => {
    const [old, late] = [command("old", "old"), command("late", "late")];
    await writeSinks(layout, [old], lastSeqOf(layout));
    await append(layout, done("a"));
    await writeSinks(layout, [old, late], lastSeqOf(layout));
    await append(layout, done("b"));
    await tellRest(layout);
    assert.deepEqual(await runsIn(`${layout.root}/old`), ["a", "b"]);
    assert.deepEqual(await runsIn(`${layout.root}/late`), ["b"]);
  }));

Deno.test("a sink that left before it was told of anything, and comes again, begins anew", () =>
  inTree(async (layout) => {
    await writeSinks(layout, [aLog], lastSeqOf(layout));
    await append(layout, done("a"));
    await writeSinks(layout, [], lastSeqOf(layout));
    await append(layout, done("b"));
    await writeSinks(layout, [aLog], lastSeqOf(layout));
    await append(layout, done("c"));
    await tellRest(layout);
    assert.deepEqual(await runsIn(layout.log), ["c"]);
  }));

Deno.test("a list that does not change is not written again, and one that cannot be read is empty", () =>
  inTree(async (layout) => {
    await writeSinks(layout, [aLog], 0);
    const { ino } = await Deno.stat(listFile(layout));
    await append(layout, done("a"));
    await writeSinks(layout, [aLog], lastSeqOf(layout));
    assert.equal((await Deno.stat(listFile(layout))).ino, ino);
    assert.deepEqual(readSinks(layout), [aLog]);
    await Deno.writeTextFile(listFile(layout), "\0");
    assert.deepEqual(readSinkList(layout), { sinks: [], after: new Map() });
    await Deno.writeTextFile(listFile(layout), `{"sinks": 7, "after": {"log": "1"}}`);
    assert.deepEqual(readSinkList(layout), { sinks: [], after: new Map() });
  }));

Deno.test("a campaign that is over before its sinks' process has begun is told whole", () =>
  inTree((layout) =>
    leavesNoProcess(async () => {
      const teller = await Teller.start(layout, [aLog], 2 ** 31 - 1);
      await append(layout, done("a", "b"));
      assert.deepEqual(await runsIn(layout.log), []);
      assert.deepEqual(await teller!.finish(), []);
      assert.deepEqual(await runsIn(layout.log), ["a", "b"]);
    })
  ));

Deno.test("a campaign that goes on is told while it does, once the process has begun", () =>
  inTree((layout) =>
    leavesNoProcess(async () => {
      const teller = await Teller.start(layout, [aLog], 0);
      await append(layout, done("a"));
      await until(async () => (await runsIn(layout.log)).length === 1, "the first is told");
      await append(layout, done("b"));
      await until(async () => (await runsIn(layout.log)).length === 2, "the second is told");
      assert.deepEqual(await teller!.finish(), []);
    })
  ));
