import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Fault } from "../../src/job/fault.ts";
import {
  listRunFiles,
  packRecent,
  readRunFile,
  restoreRun,
  rotateJournal,
} from "../../src/store/archive.ts";
import {
  type JournalLocation,
  JournalWriter,
  readEntryAt,
  readJournal,
} from "../../src/store/journal.ts";
import { repairJournal } from "../../src/store/journal_repair.ts";
import type { Layout } from "../../src/store/layout.ts";
import { listZip } from "../../src/store/zip.ts";
import { clock, ended, inTree, noise, run, works } from "./fixtures.ts";

const always = () => true;

async function append(layout: Layout, count: number): Promise<void> {
  const { writer, lastSeq } = await JournalWriter.open(layout, clock);
  for (let i = 1; i <= count; i++) writer.appendSoon(ended(lastSeq + i));
  await writer.close();
}

function read(layout: Layout) {
  const seqs: number[] = [];
  const locations: JournalLocation[] = [];
  const report = readJournal(layout, (entry, location) => {
    seqs.push(entry.seq);
    locations.push(location);
  });
  return { report, seqs, locations };
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

async function put(layout: Layout, run: string, files: { [name: string]: string }): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(layout.recentFolder("sweep", run), name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

const textOf = async (layout: Layout, run: string, name: string) => {
  const bytes = await readRunFile(layout, "sweep", run, name);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
};

Deno.test("rotateJournal() seals what is above the limit; entries, numbers and locations go on", () =>
  inTree(async (layout) => {
    assert.equal(await rotateJournal(layout, 0), false);
    await append(layout, 3);
    const before = read(layout).locations[1]!;
    assert.equal(await rotateJournal(layout), false);
    assert.equal(await rotateJournal(layout, 100), true);
    assert.equal((await Deno.stat(layout.journal)).size, 0);
    assert.equal(readEntryAt(layout, before).seq, 2);
    await append(layout, 2);
    assert.equal(await rotateJournal(layout, 100), true);
    await append(layout, 1);
    const { report, seqs, locations } = read(layout);
    assert.deepEqual(seqs, upTo(6));
    assert.deepEqual([report.bad, report.missing], [[], []]);
    assert.deepEqual(locations.map(({ segment }) => segment), [1, 1, 1, 2, 2, 0]);
    for (const location of locations) assert.equal(readEntryAt(layout, location).seq, location.seq);
  }));

Deno.test("a crash between sealing and emptying loses and doubles nothing", () =>
  inTree(async (layout) => {
    await append(layout, 4);
    const hot = await Deno.readFile(layout.journal);
    await rotateJournal(layout, 0);
    await Deno.writeFile(layout.journal, hot);
    assert.deepEqual(read(layout).seqs, upTo(4));
    // Sealing again must not make a second segment of it.
    await rotateJournal(layout, 0);
    assert.equal([...Deno.readDirSync(layout.archiveFolder)].length, 1);
    await Deno.writeFile(layout.journal, hot);
    await append(layout, 1);
    assert.deepEqual(read(layout).seqs, upTo(5));
    assert.equal(read(layout).report.missing.length, 0);
  }));

Deno.test("rotateJournal() never seals a torn line", () =>
  inTree(async (layout) => {
    await append(layout, 2);
    await Deno.writeTextFile(layout.journal, '{"crc":"0000', { append: true });
    await rotateJournal(layout, 0);
    const { report, seqs } = read(layout);
    assert.deepEqual([seqs, report.bad, report.tornBytes], [[1, 2], [], 0]);
  }));

Deno.test("readJournal() sees every entry while the journal is written and sealed", () =>
  inTree(async (layout) => {
    let writing = true;
    const script = `
      import { JournalWriter } from "${import.meta.resolve("../../src/store/journal.ts")}";
      import { rotateJournal } from "${import.meta.resolve("../../src/store/archive.ts")}";
      import { Layout } from "${import.meta.resolve("../../src/store/layout.ts")}";
      const layout = new Layout(${JSON.stringify(layout.root)});
      for (let round = 0; round < 15; round++) {
        const { writer } = await JournalWriter.open(layout, () => new Date());
        for (let i = 0; i < 40; i++) {
          await writer.append({ type: "campaign.ended", outcome: "completed", completed: i, failed: 0, remaining: 0 });
        }
        await writer.close();
        await rotateJournal(layout, 0);
      }`;
    const child = new Deno.Command(Deno.execPath(), { args: ["eval", "--ext=ts", script] })
      .output();
    const finished = child.then((output) => {
      writing = false;
      assert.equal(output.success, true, new TextDecoder().decode(output.stderr));
    });
    let last = 0;
    while (writing) {
      const { report, seqs } = read(layout);
      assert.deepEqual([report.bad, report.missing], [[], []]);
      assert.deepEqual(seqs, upTo(seqs.length));
      assert.ok(seqs.length >= last, "what was read once is read again");
      last = seqs.length;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await finished;
    assert.equal(read(layout).seqs.length, 600);
  }));

Deno.test("a damaged segment is reported, hides nothing else, and can be set aside", () =>
  inTree(async (layout) => {
    for (const count of [3, 2]) {
      await append(layout, count);
      await rotateJournal(layout, 0);
    }
    await append(layout, 1);
    const path = layout.journalPack(1);
    const bytes = await Deno.readFile(path);
    bytes[100]! ^= 16;
    await Deno.writeFile(path, bytes);
    const { report, seqs } = read(layout);
    assert.deepEqual(seqs, [4, 5, 6]);
    assert.equal(report.bad[0]!.file, path);
    assert.deepEqual(report.missing, [{ from: 1, to: 3 }]);
    assert.deepEqual(await repairJournal(layout), { lines: 0, segments: 1, salvaged: 0 });
    assert.deepEqual(read(layout).report.bad, []);
    await Deno.truncate(layout.journalPack(2), 50);
    assert.equal(read(layout).report.bad.length, 1);
  }));

Deno.test("repairJournal() saves of a damaged segment all but the pieces that were hit", () =>
  inTree(async (layout) => {
    // Four pieces of 256 KiB; random text, so that a piece is not a few bytes.
    const reasons = Array.from({ length: 400 }, (_, i) => [...noise(800, i + 1)].join(""));
    const { writer } = await JournalWriter.open(layout, clock);
    for (const reason of reasons) {
      writer.appendSoon({ type: "run.degraded", job: "j", run: "r", reason });
    }
    await writer.close();
    await rotateJournal(layout, 0);
    const path = layout.journalPack(1);
    const whole = await Deno.readFile(path);
    // The segment that was read last is remembered: another one comes after it.
    await append(layout, 1);
    await rotateJournal(layout, 0);
    assert.equal(read(layout).seqs.length, 401);
    for (
      const [name, hurt, least] of [
        [
          "zeros in the middle",
          (b: Uint8Array) => b.fill(0, b.length / 2, b.length / 2 + 100),
          240,
        ],
        [
          "a bit in the middle",
          (b: Uint8Array) => b.fill(b.at(b.length / 2)! ^ 4, b.length / 2, b.length / 2 + 1),
          240,
        ],
        ["the end cut off", (b: Uint8Array) => b.slice(0, b.length * 0.9), 300],
        ["the directory lost", (b: Uint8Array) => b.slice(0, -60), 399],
        ["the head lost", (b: Uint8Array) => b.fill(0, 0, 30), 399],
        ["the first byte of the stream", (b: Uint8Array) => b.fill(7, 69, 72), 240],
      ] as const
    ) {
      await Deno.writeFile(path, hurt(whole.slice()));
      assert.equal(read(layout).report.bad.length, 1, name);
      const { segments, salvaged } = await repairJournal(layout);
      assert.deepEqual([segments, salvaged >= least], [1, true], `${name}: ${salvaged} saved`);
      const { report, seqs } = read(layout);
      assert.deepEqual([report.bad.length, seqs.length], [0, salvaged + 1], name);
    }
  }));

Deno.test("a segment that cannot be read never costs a line that is written after it", () =>
  inTree(async (layout) => {
    await append(layout, 3);
    await rotateJournal(layout, 0);
    const path = layout.journalPack(1);
    const whole = await Deno.readFile(path);
    // Neither its directory nor its head says which numbers it held.
    await Deno.writeFile(path, whole.slice(40, 100));
    await append(layout, 2);
    assert.equal(read(layout).seqs.length, 2);
    // Found again in a backup: now all five are there.
    await Deno.writeFile(path, whole);
    await append(layout, 1);
    assert.deepEqual(read(layout).seqs.slice(0, 3), [1, 2, 3]);
    assert.equal(read(layout).seqs.length, 6);
  }));

Deno.test("lines that stand in a damaged segment and in the hot journal are not let go of", () =>
  inTree(async (layout) => {
    await append(layout, 3);
    const hot = await Deno.readFile(layout.journal);
    await rotateJournal(layout, 0);
    // A crash came before the hot journal was emptied, and then the pack was hurt.
    await Deno.writeFile(layout.journal, hot);
    const path = layout.journalPack(1);
    await Deno.writeFile(path, (await Deno.readFile(path)).fill(0, 75, 90));
    await append(layout, 1);
    assert.deepEqual(read(layout).seqs, [1, 2, 3, 4]);
    await rotateJournal(layout, 0);
    assert.deepEqual(read(layout).seqs, [1, 2, 3, 4]);
    const { segments, salvaged } = await repairJournal(layout);
    assert.equal(segments, 1);
    assert.ok(salvaged <= 3);
    assert.deepEqual(read(layout).seqs, [1, 2, 3, 4]);
  }));

Deno.test("packRecent() packs the oldest finished runs and leaves the others", () =>
  inTree(async (layout) => {
    for (let i = 0; i < 10; i++) {
      await put(layout, `r${i}`, { "result.json": `{"i":${i}}`, "out/log.txt": `log ${i} °` });
      const time = new Date(1_700_000_000_000 + i * 1000);
      await Deno.utime(layout.recentFolder("sweep", `r${i}`), time, time);
    }
    const finished = (_job: string, run: string) => run !== "r0";
    assert.equal((await packRecent(layout, { keep: 9, finished })).packs, 0);
    const report = await packRecent(layout, { keep: 4, finished });
    assert.deepEqual(report, { packs: 1, runs: 7, files: 14 });
    const left = [...Deno.readDirSync(join(layout.recentRoot, "sweep"))].map(({ name }) => name);
    assert.deepEqual(left.sort(), ["r0", "r8", "r9"]);
    for (let i = 0; i < 10; i++) {
      assert.equal(await textOf(layout, `r${i}`, "result.json"), `{"i":${i}}`);
      assert.equal(await textOf(layout, `r${i}`, "out/log.txt"), `log ${i} °`);
      assert.equal(await textOf(layout, `r${i}`, "absent"), undefined);
      assert.deepEqual(await listRunFiles(layout, "sweep", `r${i}`), [
        { name: "out/log.txt", bytes: 8 },
        { name: "result.json", bytes: 7 },
      ]);
    }
    assert.deepEqual(await listRunFiles(layout, "sweep", "r77"), []);
  }));

Deno.test("a run that was packed, went on and was packed again has the files of the last time only", () =>
  inTree(async (layout) => {
    await put(layout, "r", { "result.json": "old", "series.csv": "old" });
    await packRecent(layout, { keep: 0, finished: always });
    await put(layout, "r", { "result.json": "new" });
    assert.equal(await textOf(layout, "r", "result.json"), "new");
    await packRecent(layout, { keep: 0, finished: always });
    assert.equal(await textOf(layout, "r", "result.json"), "new");
    assert.equal(await textOf(layout, "r", "series.csv"), undefined);
  }));

Deno.test("restoreRun() brings packed files back, and packing them again loses nothing", () =>
  inTree(async (layout) => {
    await put(layout, "r", { "series.csv": "step,T\n", "out/a.txt": "a" });
    await packRecent(layout, { keep: 0, finished: always });
    assert.equal(await restoreRun(layout, "sweep", "r"), true);
    assert.equal(await restoreRun(layout, "sweep", "r"), false);
    assert.equal(await restoreRun(layout, "sweep", "unknown"), false);
    const folder = layout.recentFolder("sweep", "r");
    assert.equal(await Deno.readTextFile(join(folder, "series.csv")), "step,T\n");
    assert.equal(await Deno.readTextFile(join(folder, "out/a.txt")), "a");
  }));

Deno.test("a crash between packing and removing leaves the run readable and packs it again", () =>
  inTree(async (layout) => {
    await put(layout, "r", { "result.json": "1" });
    await packRecent(layout, { keep: 0, finished: always });
    await put(layout, "r", { "result.json": "1" });
    assert.equal(await textOf(layout, "r", "result.json"), "1");
    await packRecent(layout, { keep: 0, finished: always });
    assert.equal(await textOf(layout, "r", "result.json"), "1");
    assert.deepEqual([...Deno.readDirSync(join(layout.recentRoot, "sweep"))], []);
  }));

Deno.test("packRecent() bounds its packs and leaves what is too large in its folder", () =>
  inTree(async (layout) => {
    const folder = layout.recentFolder("sweep", "huge");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.truncate(await file(folder, "result.bin"), (64 << 20) + 1);
    for (const run of ["a", "b", "c"]) {
      await Deno.mkdir(layout.recentFolder("sweep", run));
      await Deno.truncate(await file(layout.recentFolder("sweep", run), "x.bin"), 30 << 20);
    }
    const report = await packRecent(layout, { keep: 0, finished: always });
    assert.deepEqual([report.packs, report.runs], [2, 3]);
    assert.equal((await Deno.stat(join(folder, "result.bin"))).size, (64 << 20) + 1);
    assert.equal((await readRunFile(layout, "sweep", "c", "x.bin"))?.length, 30 << 20);
  }));

Deno.test("a damaged pack is named when a run is read from it", () =>
  inTree(async (layout) => {
    await put(layout, "r", { "result.json": "content that is long enough" });
    await packRecent(layout, { keep: 0, finished: always });
    const path = layout.runsPack(1);
    const bytes = await Deno.readFile(path);
    bytes[30 + "sweep/r/result.json".length + 3]! ^= 1;
    await Deno.writeFile(path, bytes);
    await assert.rejects(readRunFile(layout, "sweep", "r", "result.json"), (error: Fault) => {
      return error.code === "tree-damaged" && error.message.includes(path);
    });
  }));

Deno.test("packs are the same bytes for the same files", () =>
  inTree(async (layout) => {
    for (const number of [1, 2]) {
      await put(layout, "r", { "result.json": "1", "series.csv": "2" });
      await packRecent(layout, { keep: 0, finished: always });
      assert.ok(listZip(layout.runsPack(number)).length === 2);
    }
    assert.deepEqual(
      await Deno.readFile(layout.runsPack(1)),
      await Deno.readFile(layout.runsPack(2)),
    );
  }));

async function packForOthers(layout: Layout): Promise<string> {
  await put(layout, "r", { "result.json": '{"ok":true}', "ü.txt": "ü" });
  await Deno.writeFile(
    await file(layout.recentFolder("sweep", "r"), "noise.bin"),
    noise(100_000, 1),
  );
  await packRecent(layout, { keep: 0, finished: always });
  return layout.runsPack(1);
}

Deno.test("packs and segments open in Python (needs python3)", {
  ignore: !(await works("python3", "-c", "import zipfile")),
}, () =>
  inTree(async (layout) => {
    const path = await packForOthers(layout);
    const program =
      "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; " +
      "print([i.filename for i in z.infolist()], len(z.read('sweep/r/noise.bin')))";
    const said = await run("python3", "-X", "utf8", "-c", program, path);
    assert.equal(
      said.trim(),
      "['sweep/r/noise.bin', 'sweep/r/result.json', 'sweep/r/ü.txt'] 100000",
    );
    await append(layout, 2);
    await rotateJournal(layout, 0);
    const lines =
      "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.read(z.namelist()[0]).count(b'\\n'))";
    assert.equal((await run("python3", "-c", lines, layout.journalPack(1))).trim(), "2");
  }));

Deno.test(
  "packs pass unzip -t (needs unzip)",
  { ignore: !(await works("unzip", "-v")) },
  () =>
    inTree(async (layout) => {
      assert.match(await run("unzip", "-t", await packForOthers(layout)), /No errors detected/);
    }),
);

async function file(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await Deno.writeFile(path, new Uint8Array());
  return path;
}
