import assert from "node:assert/strict";
import { join } from "node:path";
import { appendSeries, checkSeries, EMPTY_SERIES, truncateSeries } from "../../src/store/series.ts";
import { inFolder } from "./fixtures.ts";

Deno.test("appendSeries() continues bytes and checksum, and truncateSeries() cuts back to each mark", () =>
  inFolder(async (folder) => {
    const path = join(folder, "job/run/series.csv");
    let mark = EMPTY_SERIES;
    const marks = [mark];
    let text = "";
    for (const rows of ["step,T\n", "", "100,288.1 °\n", "200,288.2\n"]) {
      mark = await appendSeries(path, rows, mark);
      marks.push(mark);
      text += rows;
      assert.equal(await Deno.readTextFile(path), text);
      assert.equal(await checkSeries(path, mark), undefined);
    }
    const whole = await Deno.readFile(path);
    for (const mark of marks.toReversed()) {
      assert.equal(await truncateSeries(path, mark), undefined);
      const left = await Deno.readFile(path).catch(() => new Uint8Array());
      assert.deepEqual(left, whole.slice(0, mark.bytes));
    }
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    assert.equal(await truncateSeries(path, EMPTY_SERIES), undefined);
  }));

Deno.test("appendSeries() overwrites rows that no checkpoint counted", () =>
  inFolder(async (folder) => {
    const path = join(folder, "series.csv");
    const mark = await appendSeries(path, "a\n", EMPTY_SERIES);
    await appendSeries(path, "lost in a crash, and longer\n", mark);
    const again = await appendSeries(path, "b\n", mark);
    assert.equal(await Deno.readTextFile(path), "a\nb\n");
    assert.equal(await checkSeries(path, again), undefined);
    await Deno.writeTextFile(path, "left by another run");
    await appendSeries(path, "new\n", EMPTY_SERIES);
    assert.equal(await Deno.readTextFile(path), "new\n");
  }));

Deno.test("truncateSeries() answers why a checkpoint cannot be used, and changes nothing then", () =>
  inFolder(async (folder) => {
    const path = join(folder, "series.csv");
    const mark = await appendSeries(path, "step,T\n100,288\n", EMPTY_SERIES);
    await Deno.writeTextFile(path, "step,T\n100,28");
    assert.match((await truncateSeries(path, mark))!, /13 of 15 bytes/);
    await Deno.writeTextFile(path, "step,T\n100,289\nmore\n");
    assert.match((await truncateSeries(path, mark))!, /checksum/);
    assert.equal(await Deno.readTextFile(path), "step,T\n100,289\nmore\n");
    await Deno.remove(path);
    assert.match((await truncateSeries(path, mark))!, /missing/);
    await assert.rejects(appendSeries(path, "x", mark));
  }));

Deno.test("appendSeries() does not follow a planted link", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "canary"), "untouched");
    await Deno.symlink(join(folder, "canary"), join(folder, "series.csv"));
    await assert.rejects(appendSeries(join(folder, "series.csv"), "x", EMPTY_SERIES), /is a link/);
    assert.equal(await Deno.readTextFile(join(folder, "canary")), "untouched");
  }));
