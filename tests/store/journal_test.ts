import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { Fault } from "../../src/job/fault.ts";
import type { JournalEntry } from "../../src/job/event.ts";
import { raiseFence } from "../../src/store/fence.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import {
  type JournalLocation,
  type JournalReport,
  JournalWriter,
  readEntryAt,
  readJournal,
} from "../../src/store/journal.ts";
import { repairJournal } from "../../src/store/journal_repair.ts";
import type { Layout } from "../../src/store/layout.ts";
import { clock, ended, inTree, works } from "./fixtures.ts";

function readAll(layout: Layout): {
  report: JournalReport;
  entries: JournalEntry[];
  locations: JournalLocation[];
} {
  const entries: JournalEntry[] = [];
  const locations: JournalLocation[] = [];
  const report = readJournal(layout, (entry, location) => {
    entries.push(entry);
    locations.push(location);
  });
  return { report, entries, locations };
}

async function write(layout: Layout, ...numbers: number[]): Promise<void> {
  const { writer } = await JournalWriter.open(layout, clock);
  for (const number of numbers) await writer.append(ended(number));
  await writer.close();
}

const completed = (entries: readonly JournalEntry[]) =>
  entries.map((entry) => entry.type === "campaign.ended" ? entry.completed : -1);

Deno.test("append() writes JSON lines whose checksum anyone can compute", () =>
  inTree(async (layout) => {
    await write(layout, 1);
    const line = (await Deno.readTextFile(layout.journal)).trimEnd();
    const entry = JSON.parse(line);
    assert.equal(entry.seq, 1);
    assert.equal(entry.at, "2026-01-02T03:04:05.678Z");
    const covered = line.slice('{"crc":"00000000",'.length);
    assert.equal(entry.crc, crc32(covered).toString(16).padStart(8, "0"));
  }));

Deno.test("append() keeps order, continues the numbering, and takes any text", () =>
  inTree(async (layout) => {
    const message = 'a "quoted" line\nwith NUL \0, ° and 🌡 and \ud800';
    const { writer } = await JournalWriter.open(layout, clock);
    writer.appendSoon({ type: "run.degraded", job: "ä", run: "r", reason: message });
    await Promise.all([1, 2, 3].map((number) => writer.append(ended(number))));
    await writer.close();
    await write(layout, 4);
    const { entries, report } = readAll(layout);
    assert.deepEqual(entries.map(({ seq }) => seq), [1, 2, 3, 4, 5]);
    assert.equal((entries[0] as { reason?: string }).reason, message);
    assert.deepEqual(report, { entries: 5, lastSeq: 5, tornBytes: 0, bad: [], missing: [] });
  }));

Deno.test("append() gathers what comes during a sync and loses no wake-up", () =>
  inTree(async (layout) => {
    const { writer } = await JournalWriter.open(layout, clock);
    const chains = Array.from({ length: 20 }, async (_, chain) => {
      for (let i = 0; i < 20; i++) {
        await writer.append(ended(chain));
        // From another turn of the loop each time.
        if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, i % 2));
      }
    });
    await Promise.all(chains);
    await writer.close();
    assert.equal(readAll(layout).report.entries, 400);
  }));

Deno.test("append() resolves only when the line can be read by another", () =>
  inTree(async (layout) => {
    const { writer } = await JournalWriter.open(layout, clock);
    for (let i = 1; i <= 5; i++) {
      await writer.append(ended(i));
      assert.equal(readAll(layout).report.lastSeq, i);
      assert.equal(writer.bytes, (await Deno.stat(layout.journal)).size);
    }
    await writer.close();
  }));

Deno.test("append() takes a group larger than its buffer", () =>
  inTree(async (layout) => {
    const { writer } = await JournalWriter.open(layout, clock);
    const reason = "x".repeat(700_000);
    for (let i = 0; i < 12; i++) {
      writer.appendSoon({ type: "run.degraded", job: "j", run: String(i), reason });
    }
    await writer.flush();
    await writer.close();
    const { report, entries } = readAll(layout);
    assert.equal(report.entries, 12);
    assert.equal(entries.every((entry) => (entry as { reason?: string }).reason === reason), true);
  }));

Deno.test("a journal cut at every byte of its last two lines keeps every line that is whole", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3, 4);
    const whole = await Deno.readFile(layout.journal);
    const ends = [...whole.keys()].filter((at) => whole[at] === 10).map((at) => at + 1);
    for (let cut = ends[1]!; cut <= whole.length; cut++) {
      await Deno.writeFile(layout.journal, whole.subarray(0, cut));
      const good = ends.filter((end) => end <= cut).length;
      const torn = cut - ends[good - 1]!;
      // A reader first, while it lies there torn; then the next writer.
      const { report } = readAll(layout);
      assert.deepEqual([report.entries, report.tornBytes, report.bad.length], [good, torn, 0]);
      const { writer, lastSeq, tornBytes } = await JournalWriter.open(layout, clock);
      assert.deepEqual([lastSeq, tornBytes], [good, torn]);
      await writer.append(ended(99));
      await writer.close();
      const expected = [1, 2, 3, 4].slice(0, good);
      assert.deepEqual(completed(readAll(layout).entries), [...expected, 99]);
      if (torn > 0) {
        const copy = `${layout.quarantineFolder}/journal-torn-at-${ends[good - 1]}.jsonl`;
        assert.deepEqual(await Deno.readFile(copy), whole.subarray(ends[good - 1]!, cut));
      }
    }
  }));

Deno.test("a bit flipped anywhere in a journal costs one line or two, and is named by its number", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3);
    const whole = await Deno.readFile(layout.journal);
    const middle = whole.indexOf(10) + 1;
    const end = whole.indexOf(10, middle);
    for (let at = middle; at < end; at++) {
      for (const bit of [0, 3, 5]) {
        const damaged = whole.slice();
        damaged[at]! ^= 1 << bit;
        await Deno.writeFile(layout.journal, damaged);
        const { report, entries } = readAll(layout);
        assert.deepEqual(completed(entries), [1, 3]);
        assert.equal(report.bad[0]!.line, 2);
        assert.deepEqual(report.missing, [{ from: 2, to: 2 }]);
      }
    }
  }));

Deno.test("JournalWriter.open() cuts the last group at its first hole, and leaves earlier damage for all to see", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2);
    const { writer } = await JournalWriter.open(layout, clock);
    // One group, one sync.
    await Promise.all([3, 4, 5].map((number) => writer.append(ended(number))));
    await writer.close();
    const whole = await Deno.readFile(layout.journal);
    const ends = [...whole.keys()].filter((at) => whole[at] === 10).map((at) => at + 1);
    const damageLine = async (number: number) => {
      const damaged = whole.slice();
      damaged[ends[number - 1]! - 10]! ^= 1;
      await Deno.writeFile(layout.journal, damaged);
      const opened = await JournalWriter.open(layout, clock);
      await opened.writer.close();
      const { entries, report } = readAll(layout);
      return [completed(entries), report.bad.length];
    };
    assert.deepEqual(await damageLine(4), [[1, 2, 3], 0]);
    assert.deepEqual(await damageLine(3), [[1, 2], 0]);
    assert.deepEqual(await damageLine(2), [[1, 3, 4, 5], 1]);
  }));

Deno.test("JournalWriter.open() finds the last good line before a power cut's garbage", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2);
    const whole = await Deno.readFile(layout.journal);
    const garbage = new Uint8Array(3_000_000);
    garbage[2_000_000] = 10;
    await Deno.writeFile(layout.journal, garbage, { append: true });
    const { writer, lastSeq, tornBytes } = await JournalWriter.open(layout, clock);
    await writer.close();
    assert.deepEqual([lastSeq, tornBytes], [2, garbage.length]);
    assert.deepEqual(await Deno.readFile(layout.journal), whole);
  }));

Deno.test("repairJournal() sets damaged lines aside and keeps the rest", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3);
    const lines = (await Deno.readTextFile(layout.journal)).split("\n");
    lines[1] = "edited by hand";
    await Deno.writeTextFile(layout.journal, lines.join("\n"));
    assert.deepEqual(await repairJournal(layout), { lines: 1, segments: 0, salvaged: 0 });
    const { report, entries } = readAll(layout);
    assert.deepEqual(completed(entries), [1, 3]);
    assert.deepEqual(report.bad, []);
    const [kept] = [...Deno.readDirSync(layout.quarantineFolder)];
    const text = await Deno.readTextFile(`${layout.quarantineFolder}/${kept!.name}`);
    assert.equal(text, "edited by hand\n");
    await write(layout, 4);
    assert.equal(readAll(layout).report.lastSeq, 4);
  }));

Deno.test("a lost lock stops the writer before it writes a byte", () =>
  inTree(async (layout) => {
    let lost = false;
    const lower = raiseFence(layout.root, () => {
      if (lost) throw new Fault("tree-busy", "The lock was taken over.");
    });
    const { writer } = await JournalWriter.open(layout, clock);
    await writer.append(ended(1));
    lost = true;
    // The new holder has written in the meantime; its bytes must stay.
    const { size } = await Deno.stat(layout.journal);
    await Deno.writeTextFile(layout.journal, "of the new holder", { append: true });
    await assert.rejects(writer.append(ended(2)), (error: Fault) => error.code === "tree-busy");
    await assert.rejects(writer.append(ended(3)), (error: Fault) => error.code === "tree-busy");
    assert.equal(writer.fault?.code, "tree-busy");
    await assert.rejects(writer.close());
    assert.equal((await Deno.stat(layout.journal)).size, size + "of the new holder".length);
    lower();
  }));

Deno.test("a full disk fails the writer for good, and the journal stays readable (needs prlimit)", {
  ignore: !(await works("prlimit", "--version")),
}, () =>
  inTree(async (layout) => {
    // The size limit of a child process stands for the full disk: writes beyond it fail.
    await write(layout, 1);
    const script = `
      import { JournalWriter } from "${import.meta.resolve("../../src/store/journal.ts")}";
      import { Layout } from "${import.meta.resolve("../../src/store/layout.ts")}";
      Deno.addSignalListener("SIGXFSZ", () => {});
      const limit = ["--fsize=20480", "--pid", String(Deno.pid)];
      await new Deno.Command("prlimit", { args: limit }).output();
      const { writer } = await JournalWriter.open(new Layout(${
      JSON.stringify(layout.root)
    }), () => new Date());
      let durable = 0, code = "";
      const event = { type: "run.degraded", job: "j", run: "r", reason: "x".repeat(1500) };
      try { for (let i = 0; i < 100; i++) { await writer.append(event); durable++; } } catch (e) { code = e.code; }
      let again = "";
      await writer.append(event).catch((e) => again = e.code);
      await writer.close().catch(() => {});
      console.log(JSON.stringify({ durable, code, again }));
      Deno.exit();`;
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    await Deno.writeTextFile(file, script);
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", file],
    }).output();
    await Deno.remove(file);
    const text = new TextDecoder().decode(output.stdout);
    assert.notEqual(text, "", new TextDecoder().decode(output.stderr));
    const { durable, code, again } = JSON.parse(text);
    assert.deepEqual([code, again], ["no-space", "no-space"]);
    assert.ok(durable > 3 && durable < 100);
    const { report } = readAll(layout);
    assert.deepEqual([report.entries, report.tornBytes, report.bad.length], [durable + 1, 0, 0]);
    await write(layout, 5);
    assert.equal(readAll(layout).report.lastSeq, durable + 2);
  }));

Deno.test("readEntryAt() reads one entry again and notices another in its place", () =>
  inTree(async (layout) => {
    await write(layout, 1, 2, 3);
    const { locations } = readAll(layout);
    assert.deepEqual(completed([readEntryAt(layout, locations[1]!)]), [2]);
    const wrong = { ...locations[1]!, seq: 3 };
    assert.throws(
      () => readEntryAt(layout, wrong),
      (error: Fault) => error.code === "tree-damaged",
    );
  }));

Deno.test("readJournal() of a tree without a journal is empty", () =>
  inTree((layout) => {
    assert.deepEqual(readAll(layout).report, {
      entries: 0,
      lastSeq: 0,
      tornBytes: 0,
      bad: [],
      missing: [],
    });
    return Promise.resolve();
  }));

Deno.test("JournalWriter.open() refuses a link in the journal's place", () =>
  inTree(async (layout) => {
    await Deno.writeTextFile(`${layout.root}/canary`, "untouched");
    await Deno.symlink(`${layout.root}/canary`, layout.journal);
    await assert.rejects(
      JournalWriter.open(layout, clock),
      (error: Fault) => error.code === "tree-invalid",
    );
    assert.equal(await Deno.readTextFile(`${layout.root}/canary`), "untouched");
  }));

Deno.test("append() that finds no room waits for it: nothing of it is left, and then it is written once", () =>
  inTree(async (layout) => {
    await write(layout, 1);
    let isFull = true;
    const open = async (path: string, options: Deno.OpenOptions) => {
      const file = await Deno.open(path, options);
      const take = file.write.bind(file);
      file.write = async (bytes) => {
        if (!isFull) return await take(bytes);
        // Half of it found room.
        await take(bytes.subarray(0, bytes.length >> 1));
        throw new Error("No space left on device (os error 28)");
      };
      return file;
    };
    useFileSystem(Object.assign(Object.create(Deno), { open }));
    try {
      const { writer } = await JournalWriter.open(layout, clock);
      const sizes: number[] = [];
      const before = Deno.statSync(layout.journal).size;
      writer.onNoRoom = (fault) => {
        assert.equal(fault.code, "no-space");
        sizes.push(Deno.statSync(layout.journal).size);
        isFull = sizes.length < 3;
        return Promise.resolve(true);
      };
      await Promise.all([writer.append(ended(2)), writer.append(ended(3))]);
      assert.deepEqual(sizes, [before, before, before]);
      assert.equal(writer.fault, undefined);

      isFull = true;
      writer.onNoRoom = () => Promise.resolve(false);
      await assert.rejects(writer.append(ended(4)), (error: Fault) => error.code === "no-space");
      await assert.rejects(writer.append(ended(5)), (error: Fault) => error.code === "no-space");
      await writer.close().catch(() => {});
    } finally {
      useFileSystem();
    }
    const { entries, report } = readAll(layout);
    assert.deepEqual(completed(entries), [1, 2, 3]);
    assert.deepEqual([report.tornBytes, report.bad.length], [0, 0]);
  }));

Deno.test("append() whose sync failed is not synced again, and neither is anything after it", () =>
  inTree(async (layout) => {
    let syncs = 0;
    const open = async (path: string | URL, options?: Deno.OpenOptions) => {
      const file = await Deno.open(path, options);
      return Object.assign(file, {
        syncData: () => {
          // The kernel has dropped the pages that it could not write: the next sync would be good, and mean nothing.
          if (++syncs === 1) return Promise.reject(new Error("Input/output error (os error 5)"));
          return Promise.resolve();
        },
      });
    };
    useFileSystem(Object.assign(Object.create(Deno), { open }));
    try {
      const { writer: journal } = await JournalWriter.open(layout, clock);
      await assert.rejects(journal.append(ended(1)), /input\/output error/);
      await assert.rejects(journal.append(ended(2)), /input\/output error/);
      assert.equal(syncs, 1);
      await journal.close().catch(() => {});
    } finally {
      useFileSystem();
    }
  }));
