/** A sink is told everything in order and once, whatever becomes of it, of its neighbours and of the process. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { Courier } from "../../src/sink/courier.ts";
import { readSinkState } from "../../src/sink/cursor.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { rotateJournal } from "../../src/store/seal.ts";
import { ended, inTree } from "../store/fixtures.ts";
import { append, aSpec, done, Ear, FAST, tellAll } from "./stage.ts";

const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `r${from + index}`);

Deno.test("a courier tells what comes while it looks, in order, and ends when all is told", () =>
  inTree(async (layout) => {
    const over = new AbortController();
    const sink = new Ear(3);
    const courier = new Courier({ layout, sink, spec: aSpec, afterSeq: 0, times: FAST });
    const ended = courier.run(over.signal, AbortSignal.timeout(5_000));
    for (let round = 0; round < 5; round++) {
      await append(layout, done(...names(10 * round, 10 * round + 10)));
      // Sealed under it: it reads on where it was.
      if (round === 2) await rotateJournal(layout, 0);
    }
    over.abort();
    assert.deepEqual(await ended, { name: "one", failing: undefined, lost: 0 });
    assert.deepEqual(sink.runs, names(0, 50));
    assert.equal(new Set(sink.heard.map(({ id }) => id)).size, 50, "each has an id of its own");
  }));

Deno.test("a sink that asks for little hears just that, from the right host, and is as far as any other", () =>
  inTree(async (layout) => {
    const start: RunEvent = {
      ...{ type: "campaign.started", epoch: 1, version: "1", host: "node7", pid: 1, slots: 1 },
      manifests: [],
    };
    // More than is passed over at once.
    const runs = names(0, 40_000);
    await append(layout, start, done(...runs), done(...runs), ended(1));
    assert.ok((await Deno.stat(layout.journal)).size > 4 << 20);
    const sink = new Ear();
    await tellAll(layout, sink, { spec: { ...aSpec, events: ["on_end"] } });
    assert.deepEqual(sink.heard.map(({ event, id, host }) => [event, id, host]), [
      ["on_end", "4", "node7"],
    ]);
    await append(layout, done("more"));
    const other = new Ear();
    await tellAll(layout, other, { spec: { ...aSpec, name: "other" } });
    const [few, all] = ["one", "other"].map((name) => readSinkState(layout, name)!);
    assert.ok(few!.safeSeq <= all!.safeSeq && few!.delivered?.seq === 4);
    const next = new Ear();
    await tellAll(layout, next);
    assert.deepEqual(next.runs, ["more"], "nothing is told twice");
  }));

Deno.test("the next courier goes on where the last one ended, also in the middle of an entry", () =>
  inTree(async (layout) => {
    await append(layout, done("a", "b", "c", "d"));
    const first = new Ear(1, 1);
    const deliver = first.deliver.bind(first);
    first.deliver = async (notices) => {
      if (first.heard.length === 2) throw new Error("gone");
      await deliver(notices);
    };
    // As a process that is killed: what it was at is neither told nor given up.
    Object.assign(first, { triesMax: undefined });
    assert.equal((await tellAll(layout, first)).failing, "gone");
    const second = new Ear();
    await append(layout, done("e"));
    assert.equal((await tellAll(layout, second)).failing, undefined);
    assert.deepEqual([...first.runs, ...second.runs], ["a", "b", "c", "d", "e"]);
    const third = new Ear();
    await tellAll(layout, third);
    assert.deepEqual(third.heard, []);
  }));

Deno.test("a new sink of an old tree is told from its own campaign on", () =>
  inTree(async (layout) => {
    await append(layout, done("old"), done("older"));
    await append(layout, done("new"));
    const sink = new Ear();
    await tellAll(layout, sink, { afterSeq: 2 });
    assert.deepEqual(sink.runs, ["new"]);
  }));

Deno.test("a sink that fails is tried again with the same, and its trouble is noted until it is over", () =>
  inTree(async (layout) => {
    const sink = new Ear(2);
    sink.failures = 4;
    const over = new AbortController();
    const courier = new Courier({
      ...{ layout, sink, spec: aSpec, afterSeq: 0 },
      times: { ...FAST, backoffMs: 40, backoffMsMax: 40 },
    });
    const ended = courier.run(over.signal, AbortSignal.timeout(5_000));
    await append(layout, done("a", "b", "c"));
    const failing = await until(() => readSinkState(layout, "one")?.failing);
    assert.equal(failing.message, "it is not in the mood");
    await until(() => sink.runs.length === 3 || undefined);
    over.abort();
    await ended;
    assert.deepEqual(sink.runs, ["a", "b", "c"]);
    assert.equal(readSinkState(layout, "one")?.failing, undefined);
  }));

Deno.test("what is tried in vain so often as it may be is given up, counted, and holds up nothing", () =>
  inTree(async (layout) => {
    await append(layout, done("a", "b"));
    const sink = new Ear(1, 3);
    sink.failures = 3;
    const left = await tellAll(layout, sink);
    assert.deepEqual([left.lost, left.failing, left.lastLoss], [
      1,
      undefined,
      "it is not in the mood",
    ]);
    assert.deepEqual(sink.runs, ["b"]);
    assert.equal(readSinkState(layout, "one")?.lost, 1);
  }));

Deno.test("a sink that hangs is given up at the end, and holds no more than a few lines of the journal", () =>
  inTree(async (layout) => {
    await append(layout, ...names(0, 20_000).map((name) => done(name)));
    const sink = new Ear();
    sink.hangs = true;
    const courier = new Courier({ layout, sink, spec: aSpec, afterSeq: 0, times: FAST });
    const left = await courier.run(AbortSignal.abort(), AbortSignal.timeout(200));
    assert.equal(left.failing, "it has not answered");
    assert.ok(courier.waiting > 0 && courier.waiting < 1_000, `${courier.waiting}`);
    const next = new Ear();
    await tellAll(layout, next);
    assert.equal(next.runs.length, 20_000, "nothing of it is lost");
  }));

Deno.test("entries that a power cut took back, and others in their place, are both told", () =>
  inTree(async (layout) => {
    await append(layout, done("kept"));
    const { size } = await Deno.stat(layout.journal);
    const { writer } = await JournalWriter.open(layout, () => new Date(Date.now() - 60_000));
    await Promise.all([writer.append(done("cut1")), writer.append(done("cut2"))]);
    await writer.close();
    const first = new Ear();
    await tellAll(layout, first);
    assert.deepEqual(first.runs, ["kept", "cut1", "cut2"]);
    await Deno.truncate(layout.journal, size);
    await append(layout, done("again1"));
    await append(layout, done("again2"));
    const second = new Ear();
    await tellAll(layout, second);
    assert.deepEqual(second.runs, ["again1", "again2"]);
  }));

Deno.test("who was away for longer than a day is not told of what is over, and it is counted", () =>
  inTree(async (layout) => {
    const { writer } = await JournalWriter.open(
      layout,
      () => new Date(Date.now() - 25 * 3_600_000),
    );
    await writer.append(done("old"));
    await writer.close();
    await append(layout, done("new"));
    const sink = new Ear();
    const left = await tellAll(layout, sink);
    assert.deepEqual([sink.runs, left.lost], [["new"], 1]);
  }));

Deno.test("a state that cannot be read costs nothing but what is told twice", () =>
  inTree(async (layout) => {
    await append(layout, done("a"));
    await tellAll(layout, new Ear());
    await Deno.writeTextFile(`${layout.notifyFolder}/one.json`, "\0\0\0");
    const sink = new Ear();
    await tellAll(layout, sink);
    assert.deepEqual(sink.runs, ["a"]);
  }));

async function until<T>(look: () => T | undefined): Promise<T> {
  for (const endMs = performance.now() + 5_000; performance.now() < endMs;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((soon) => setTimeout(soon, 5));
  }
  throw new Error("it did not come to it");
}
