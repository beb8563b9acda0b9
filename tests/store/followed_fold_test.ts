/** A fold that grows with the journal: what is new comes once, what is not true any more is thrown away, another tree is another. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JournalEntry } from "../../src/job/event.ts";
import { Fault } from "../../src/job/fault.ts";
import { type FoldOptions, FollowedFold } from "../../src/store/followed_fold.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { EntryReader } from "../../src/store/journal_again.ts";
import type { JournalLocation } from "../../src/store/journal_line.ts";
import { Layout } from "../../src/store/layout.ts";
import { rotateJournal } from "../../src/store/seal.ts";
import { openTree } from "../../src/store/tree.ts";
import { clock, ended, inFolder, inTree } from "./fixtures.ts";

class Numbers {
  readonly cutAt: number | undefined;
  readonly entries: JournalEntry[] = [];
  readonly locations: JournalLocation[] = [];

  constructor(cutAt: number | undefined) {
    this.cutAt = cutAt;
  }

  apply(entry: JournalEntry, location: JournalLocation): void {
    this.entries.push(entry);
    this.locations.push(location);
  }

  get all(): number[] {
    return this.entries.map((entry) => entry.type === "campaign.ended" ? entry.completed : -1);
  }
}

const follow = (layout: Layout, options?: FoldOptions) =>
  new FollowedFold(layout, (cutAt) => new Numbers(cutAt), options);

async function write(layout: Layout, ...numbers: number[]): Promise<void> {
  const { writer } = await JournalWriter.open(layout, clock);
  for (const number of numbers) await writer.append(ended(number));
  await writer.close();
}

/** All of them in one group. */
async function writeTogether(layout: Layout, ...numbers: number[]): Promise<void> {
  const { writer } = await JournalWriter.open(layout, clock);
  await Promise.all(numbers.map((number) => writer.append(ended(number))));
  await writer.close();
}

Deno.test("FollowedFold grows by what is new, across sealings, whether it is read wholly or in pieces", () =>
  inTree(async (layout) => {
    using whole = follow(layout);
    using pieces = follow(layout, { pieceBytes: 1 });
    for (let round = 0; round < 3; round++) {
      await write(layout, 10 * round, 10 * round + 1);
      if (round === 1) assert.ok(await rotateJournal(layout, 0));
      for (const journal of [whole, pieces]) {
        const before = journal.now;
        assert.equal(await journal.read(), before, "it is the same that grows");
        assert.deepEqual(before.all, [0, 1, 10, 11, 20, 21].slice(0, 2 * round + 2));
        using reader = new EntryReader(layout);
        assert.deepEqual(before.locations.map((at) => reader.at(at)), before.entries);
        assert.deepEqual([journal.era, journal.isDamaged], [0, false]);
      }
    }
  }));

Deno.test("FollowedFold.read() lets others have their turn between pieces, and is one for all who ask meanwhile", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3, 4);
    using journal = follow(layout, { pieceBytes: 1 });
    const reading = journal.read();
    assert.equal(journal.read(), reading);
    const lengths = new Set<number>();
    let isRead = false;
    void reading.then(() => isRead = true);
    while (!isRead) {
      lengths.add(journal.now.entries.length);
      await new Promise((done) => setTimeout(done, 0));
    }
    assert.ok(lengths.size > 2, `others saw it with ${[...lengths]} entries`);
    assert.deepEqual(journal.now.all, [1, 2, 3, 4]);
  }));

Deno.test("FollowedFold that is given up while it is read is read to its end, and then has no file open", () =>
  inTree(async (layout) => {
    const open = () =>
      [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
        try {
          return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(layout.root);
        } catch {
          return false;
        }
      }).length;
    await write(layout, 1, 2, 3, 4);
    const before = open();
    const journal = follow(layout, { pieceBytes: 1 });
    const reading = journal.read();
    journal[Symbol.dispose]();
    assert.deepEqual((await reading).all, [1, 2, 3, 4]);
    assert.equal(open(), before);
    const timed = follow(layout, { pieceMs: 1 });
    assert.deepEqual((await timed.read()).all, [1, 2, 3, 4]);
    assert.equal(open(), before + 1);
    timed[Symbol.dispose]();
    assert.equal(open(), before);
  }));

Deno.test("FollowedFold.readPiece() answers whether there is more, and what is safe", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3);
    using journal = follow(layout, { pieceBytes: 1 });
    const lengths: number[] = [];
    let piece = await journal.readPiece();
    for (; piece.hasMore; piece = await journal.readPiece()) {
      lengths.push(journal.now.entries.length);
      assert.ok(piece.safeSeq <= journal.now.entries.length);
    }
    assert.deepEqual(lengths, [1, 2, 3]);
    assert.equal(piece.safeSeq, 2);
  }));

Deno.test("FollowedFold begins anew when lines are taken back, says up to where it had heard the truth, and is whole again", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2);
    const { size } = await Deno.stat(layout.journal);
    await writeTogether(layout, 30, 40);
    for (const options of [{}, { pieceBytes: 1 }]) {
      using journal = follow(layout, options);
      const first = await journal.read();
      assert.deepEqual([first.cutAt, first.all], [undefined, [1, 2, 30, 40]]);
      // As a writer does whose group could not be synced, before it is opened anew.
      await Deno.truncate(layout.journal, size);
      await writeTogether(layout, 3, 4, 5);
      const second = await journal.read();
      assert.deepEqual([second.cutAt, second.all], [2, [1, 2, 3, 4, 5]]);
      assert.deepEqual([journal.now, journal.era, journal.isDamaged], [second, 1, false]);
      assert.equal(await journal.read(), second);
      await Deno.truncate(layout.journal, size);
      await writeTogether(layout, 30, 40);
    }
  }));

Deno.test("FollowedFold begins anew with another tree, and says when there is none", () =>
  inFolder(async (folder) => {
    const root = join(folder, "tree");
    await write(await openTree(root, "write"), 1, 2);
    using journal = follow(new Layout(root));
    using patient = follow(new Layout(root), { mayBeGone: true });
    await patient.read();
    const first = await journal.read();
    // Away for a while, it is the same when it is back.
    await Deno.rename(root, `${root}.away`);
    const isMissing = (error: unknown) => error instanceof Fault && error.code === "tree-missing";
    await assert.rejects(journal.read(), isMissing);
    await assert.rejects(journal.readPiece(), isMissing);
    assert.deepEqual((await patient.read()).all, [1, 2]);
    assert.equal((await patient.readPiece()).hasMore, false);
    await Deno.rename(`${root}.away`, root);
    assert.equal(await journal.read(), first);
    await Deno.remove(root, { recursive: true });
    await assert.rejects(journal.read(), isMissing);
    await write(await openTree(root, "write"), 7);
    const other = await journal.read();
    assert.deepEqual([other.cutAt, other.all, journal.era], [0, [7], 1]);
    assert.deepEqual((await patient.read()).all, [7]);
    // No look between the two.
    await Deno.remove(root, { recursive: true });
    await write(await openTree(root, "write"), 8, 9);
    assert.deepEqual([(await journal.read()).all, journal.era], [[8, 9], 2]);
  }));

Deno.test("FollowedFold tells that lines are missing, until it begins anew with what is whole", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3);
    const text = await Deno.readTextFile(layout.journal);
    const lines = text.split("\n");
    await Deno.writeTextFile(layout.journal, lines.toSpliced(1, 1).join("\n"));
    using journal = follow(layout);
    assert.deepEqual((await journal.read()).all, [1, 3]);
    assert.equal(journal.isDamaged, true);
    await journal.read();
    assert.equal(journal.isDamaged, true);
    await Deno.remove(layout.root, { recursive: true });
    await write(await openTree(layout.root, "write"), 1, 2);
    assert.deepEqual((await journal.read()).all, [1, 2]);
    assert.equal(journal.isDamaged, false);
  }));
