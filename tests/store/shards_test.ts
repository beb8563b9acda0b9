/** A tree that is cut: its shards' journals read and followed as one, and who may cut it. */
import assert from "node:assert/strict";
import type { JournalEntry, RunEvent } from "../../src/job/event.ts";
import type { Fault } from "../../src/job/fault.ts";
import type { Job } from "../../src/job/job.ts";
import { History } from "../../src/queue/history.ts";
import { CampaignFollower } from "../../src/store/campaign_follow.ts";
import { readCampaign } from "../../src/store/campaign_journal.ts";
import { openForShard, refuseCut } from "../../src/store/cut_tree.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { EntryReader } from "../../src/store/journal_again.ts";
import type { JournalLocation } from "../../src/store/journal_line.ts";
import { Layout } from "../../src/store/layout.ts";
import { rotateJournal } from "../../src/store/seal.ts";
import { homeOf, listShards, paceOf } from "../../src/store/shards.ts";
import { openTree } from "../../src/store/tree.ts";
import { aJob } from "../helpers/jobs.ts";
import { clock, ended, inTree } from "./fixtures.ts";

const numbersIn = (entries: readonly JournalEntry[]) =>
  entries.map((entry) => entry.type === "campaign.ended" ? entry.completed : -1);

async function shardTree(layout: Layout, number: number, of = 3): Promise<Layout> {
  return await openTree(await openForShard(layout.root, { number, of }), "write");
}

async function write(layout: Layout, ...events: readonly Parameters<JournalWriter["append"]>[0][]) {
  const { writer } = await JournalWriter.open(layout, clock);
  for (const event of events) await writer.append(event);
  await writer.close();
}

Deno.test("the journal of a tree that is cut is that of its shards, and each entry is found again by its place", () =>
  inTree(async (layout) => {
    const [first, second] = [await shardTree(layout, 1), await shardTree(layout, 2)];
    await write(first, ended(10), ended(11));
    assert.ok(await rotateJournal(first, 0));
    await write(first, ended(12));
    await write(second, ended(20));
    const found: [JournalEntry, JournalLocation][] = [];
    const report = readCampaign(layout, (entry, location) => found.push([entry, location]));
    assert.equal(report.entries, 4);
    assert.deepEqual(numbersIn(found.map(([entry]) => entry)).toSorted(), [10, 11, 12, 20]);
    using reader = new EntryReader(layout);
    for (const [entry, location] of found) {
      assert.equal(location.shard, numbersIn([entry])[0] === 20 ? "2-of-3" : "1-of-3");
      assert.deepEqual(reader.at(location), entry);
    }
    assert.equal(homeOf(layout, "2-of-3").root, second.root);
    assert.equal(homeOf(layout, undefined), layout);
    assert.deepEqual(listShards(layout).map(({ number }) => number), [1, 2]);
  }));

Deno.test("a follower hears every shard, also one that begins later, each entry once", () =>
  inTree(async (layout) => {
    using follower = new CampaignFollower(layout);
    const next = (bytesMax = Infinity) => {
      const found: JournalEntry[] = [];
      const { hasMore } = follower.read((entry) => found.push(entry), { bytesMax });
      return [numbersIn(found).toSorted((a, b) => a - b), hasMore] as const;
    };
    assert.deepEqual(next(), [[], false]);
    const first = await shardTree(layout, 1);
    await write(first, ended(10));
    assert.deepEqual(next(), [[10], false]);
    const third = await shardTree(layout, 3);
    await write(third, ended(30), ended(31));
    await write(first, ended(11));
    assert.ok(await rotateJournal(first, 0));
    assert.deepEqual(next(), [[11, 30, 31], false]);
    assert.deepEqual(next(), [[], false]);
    // In pieces: nothing is left out, and nothing comes twice.
    await write(first, ended(12));
    await write(third, ended(32), ended(33));
    const pieces: number[] = [];
    for (let hasMore = true; hasMore;) {
      const [numbers, more] = next(1);
      pieces.push(...numbers);
      hasMore = more;
    }
    assert.deepEqual(pieces.toSorted(), [12, 32, 33]);
  }));

Deno.test("shares of a job are one job, and a run that one shard has done is not undone by another", () =>
  inTree(async (layout) => {
    const sweep = {
      parts: [{ kind: "axis", name: "x", axis: { kind: "list", values: [1, 2, 3, 4] } }],
    } as const;
    const job = (first: number): Job =>
      aJob({ id: "j", sweep: { ...sweep, share: { first, every: 2, total: 4 } } });
    const model = { name: "m.ts", digest: "m1" };
    const planned = (first: number) =>
      ({ type: "job.planned", job: job(first), count: 2, model }) as const;
    const started = (run: string): RunEvent => ({
      type: "runs.started",
      job: "j",
      model: "m1",
      steps: 100,
      attempt: 1,
      runs: [run, "d"],
    });
    const one = await shardTree(layout, 1, 2);
    const two = await shardTree(layout, 2, 2);
    const completed = {
      ...{ run: "a", digest: "d", attempt: 1, steps: 100, ms: 5, result: 1 },
    };
    await write(
      one,
      planned(0),
      started("a"),
      { type: "runs.completed", job: "j", model: "m1", runs: [completed] },
      started("b"),
      {
        type: "run.checkpointed",
        job: "j",
        run: "b",
        step: 50,
        file: "",
        bytes: 1,
        rawBytes: 1,
        ms: 1,
      },
    );
    // By an earlier deal it was the other's, which never came to its end.
    await write(two, planned(1), started("a"), started("c"));
    const later = new Date(Date.now() + 5_000);
    await Deno.utime(two.journal, later, later);
    const history = new History();
    readCampaign(layout, (entry, location) => history.apply(entry, location));
    const past = history.jobs.get("j")!;
    assert.equal(past.generations, 1);
    assert.equal(past.count, 4);
    assert.equal(past.job?.sweep?.share, undefined);
    assert.deepEqual(
      ["a", "b", "c"].map((run) => [past.find(run)?.state, history.shardOf("j", run)]),
      [["completed", "1-of-2"], ["running", "1-of-2"], ["running", "2-of-2"]],
    );
  }));

Deno.test("a shard of very many looks around and shows itself so much seldomer, one of few as one that is alone", () => {
  const paces = ["/t", "/t/shards/3-of-50", "/t/shards/3-of-1000", "/t/shards/3-of-10000"]
    .map((root) => paceOf(new Layout(root)));
  assert.deepEqual(paces, [1, 1, 20, 200]);
});

Deno.test("a tree is cut in so many shards, and only where nobody has worked in it", () =>
  inTree(async (layout) => {
    const refused = (message: RegExp) => (fault: Fault) =>
      fault.code === "usage" && message.test(fault.message) && fault.hint !== undefined;
    refuseCut(layout);
    await shardTree(layout, 1);
    assert.throws(() => refuseCut(layout), refused(/cut in 3 shards/));
    await assert.rejects(openForShard(layout.root, { number: 1, of: 2 }), refused(/not in 2/));
    await inTree(async (other) => {
      await write(other, ended(1));
      const shard = { number: 1, of: 2 };
      await assert.rejects(openForShard(other.root, shard), refused(/that is not cut/));
    });
    // Somebody's folders beside them are no shards.
    for (const name of ["0-of-3", "4-of-3", "01-of-3", "x", "1-of-99999"]) {
      await Deno.mkdir(`${layout.shardsFolder}/${name}`);
    }
    assert.deepEqual(listShards(layout).map(({ name }) => name), ["1-of-3"]);
  }));
