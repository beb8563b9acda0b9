import assert from "node:assert/strict";
import type { JournalEntry, RunEvent } from "../../src/job/event.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { EntryReader } from "../../src/store/journal_again.ts";
import { type Followed, JournalFollower } from "../../src/store/journal_follow.ts";
import type { JournalLocation } from "../../src/store/journal_line.ts";
import type { Layout } from "../../src/store/layout.ts";
import { rotateJournal } from "../../src/store/seal.ts";
import { clock, ended, inTree } from "./fixtures.ts";

async function write(layout: Layout, ...numbers: number[]): Promise<void> {
  const { writer } = await JournalWriter.open(layout, clock);
  for (const number of numbers) await writer.append(ended(number));
  await writer.close();
}

const AT_REST = { hasMore: false, isDamaged: false, wentBackTo: undefined };

/** What a call finds: the numbers of the events, and what it answers. */
function next(follower: JournalFollower, bytesMax = Infinity): [number[], Followed] {
  const found: JournalEntry[] = [];
  const answer = follower.read((entry) => found.push(entry), { bytesMax });
  return [found.map((entry) => entry.type === "campaign.ended" ? entry.completed : -1), answer];
}

Deno.test("a follower sees each entry once, while the journal grows and is sealed under it", () =>
  inTree(async (layout) => {
    using follower = new JournalFollower(layout);
    assert.deepEqual(next(follower), [[], { ...AT_REST, seq: 0, safeSeq: 0 }]);
    await write(layout, 1, 2);
    assert.deepEqual(next(follower)[0], [1, 2]);
    assert.deepEqual(next(follower)[0], []);
    await write(layout, 3);
    assert.ok(await rotateJournal(layout, 0));
    await write(layout, 4);
    assert.deepEqual(next(follower)[0], [3, 4]);
    // Sealed twice between two looks: what stands in neither open file is in a segment.
    await write(layout, 5);
    assert.ok(await rotateJournal(layout, 0));
    await write(layout, 6);
    assert.ok(await rotateJournal(layout, 0));
    await write(layout, 7);
    assert.deepEqual(next(follower)[0], [5, 6, 7]);
    using late = new JournalFollower(layout, 4);
    assert.deepEqual(next(late), [[5, 6, 7], { ...AT_REST, seq: 7, safeSeq: 6 }]);
  }));

Deno.test("a follower that is given room for less takes the rest later, from segments as well", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3);
    assert.ok(await rotateJournal(layout, 0));
    await write(layout, 4, 5);
    using follower = new JournalFollower(layout);
    const seen: number[] = [];
    for (let looks = 0; looks < 20; looks++) {
      const [found, { hasMore, seq }] = next(follower, 1);
      assert.ok(found.length <= 1);
      seen.push(...found);
      assert.equal(seq, seen.length);
      if (!hasMore) break;
    }
    assert.deepEqual(seen, [1, 2, 3, 4, 5]);
  }));

Deno.test("a line that is on its way is seen when it is whole, and a damaged one is passed over", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3);
    const bytes = await Deno.readFile(layout.journal);
    const lines = new TextDecoder().decode(bytes).split("\n");
    using follower = new JournalFollower(layout);
    const half = bytes.length - 9;
    await Deno.writeFile(layout.journal, bytes.subarray(0, half));
    assert.deepEqual(next(follower)[0], [1, 2]);
    await Deno.writeFile(layout.journal, bytes.subarray(half), { append: true });
    assert.deepEqual(next(follower)[0], [3]);
    const broken = `${lines[0]}\n${lines[1]!.replace("completed", "compleTed")}\n${lines[2]}\n`;
    await Deno.writeTextFile(layout.journal, broken);
    using other = new JournalFollower(layout);
    assert.deepEqual(next(other), [[1, 3], { ...AT_REST, isDamaged: true, seq: 3, safeSeq: 1 }]);
    assert.equal(next(follower)[1].isDamaged, false);
  }));

Deno.test("a follower tells where each entry stands, and there it is found again when the journal was sealed", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2);
    assert.ok(await rotateJournal(layout, 0));
    await write(layout, 3, 4);
    using follower = new JournalFollower(layout);
    const seen: { readonly entry: JournalEntry; readonly location: JournalLocation }[] = [];
    const look = () => {
      while (
        follower.read((entry, location) => seen.push({ entry, location }), { bytesMax: 1 }).hasMore
      );
    };
    const findsAll = () => {
      using reader = new EntryReader(layout);
      for (const { entry, location } of seen) assert.deepEqual(reader.at(location), entry);
    };
    look();
    assert.deepEqual(seen.map(({ location: { segment, seq } }) => [segment, seq]), [
      [1, 1],
      [1, 2],
      [0, 3],
      [0, 4],
    ]);
    findsAll();
    // What stood in the hot journal is in a segment now, and something else in its place.
    assert.ok(await rotateJournal(layout, 0));
    await write(layout, 50_000, 60_000);
    look();
    findsAll();
    assert.equal(seen.length, 6);
    // Nothing had to be looked for: the places are those of the lines.
    const hot = await Deno.readFile(layout.journal);
    const { entry, location: { offset, bytes } } = seen[4]!;
    assert.deepEqual(
      JSON.parse(new TextDecoder().decode(hot.slice(offset, offset + bytes))).seq,
      entry.seq,
    );
  }));

Deno.test("lines that are taken back, and others in their place, are told as such and visited", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2);
    const { size } = await Deno.stat(layout.journal);
    const { writer } = await JournalWriter.open(layout, clock);
    await Promise.all([30, 40].map((number) => writer.append(ended(number))));
    await writer.close();
    using follower = new JournalFollower(layout);
    assert.deepEqual(next(follower)[0], [1, 2, 30, 40]);
    assert.equal(next(follower)[1].safeSeq, 2);
    // As a writer does whose group could not be synced, before it is opened anew.
    await Deno.truncate(layout.journal, size);
    await write(layout, 3, 4, 5, 6);
    const [found, { wentBackTo, seq }] = next(follower);
    assert.deepEqual(found.slice(-4), [3, 4, 5, 6]);
    assert.equal(seq, 6);
    assert.equal(wentBackTo, 2);
    assert.deepEqual(next(follower)[0], []);
  }));

Deno.test("a follower that is asked for some types passes over the others, and is as far as one that reads all", () =>
  inTree(async (layout) => {
    const { writer } = await JournalWriter.open(layout, clock);
    const warned = (message: string): RunEvent => (
      { type: "run.warned", job: "j", run: "r", step: 1, message }
    );
    for (let number = 1; number <= 3; number++) {
      await Promise.all([writer.append(ended(number)), writer.append(warned(`,"synced":true}`))]);
    }
    await writer.close();
    using all = new JournalFollower(layout);
    using some = new JournalFollower(layout);
    const found: string[] = [];
    const types = new Set(["run.warned"] as const);
    const answer = some.read(({ type, seq }) => found.push(`${type} ${seq}`), { types });
    assert.deepEqual(found, ["run.warned 2", "run.warned 4", "run.warned 6"]);
    assert.deepEqual(answer, next(all)[1]);
    await write(layout, 4);
    assert.deepEqual(some.read(() => found.push("more"), { types }), next(all)[1]);
    assert.equal(found.length, 3);
  }));
