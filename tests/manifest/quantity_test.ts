/** Counts, durations and sizes. */
import assert from "node:assert/strict";
import {
  parseCount,
  parseDuration,
  parseSize,
  type Quantity,
} from "../../src/manifest/quantity.ts";

const valueOf = (quantity: Quantity) => quantity.ok ? quantity.value : quantity.mistake;

Deno.test("parseCount() takes every way to write a whole number", () => {
  for (const written of [1e6, "1000000", "1_000_000", "1e6", "1E+6", "+1000000", "1.0e6"]) {
    assert.equal(valueOf(parseCount(written)), 1_000_000, String(written));
  }
});

Deno.test("parseCount() refuses the rest with a sentence", () => {
  assert.equal(valueOf(parseCount(-1)), "must be a whole number, at least 1");
  assert.equal(valueOf(parseCount(11, { max: 10 })), "must be a whole number from 1 to 10");
  assert.match(String(valueOf(parseCount(2 ** 53))), /beyond 2\^53/);
  assert.match(String(valueOf(parseCount("1e400"))), /beyond 2\^53/);
  for (
    const wrong of ["", " 5", "1__0", "_1", "1_", "5 steps", "0x10", NaN, null, [], {}, "1e-3"]
  ) {
    assert.ok(!parseCount(wrong).ok, String(wrong));
  }
});

Deno.test("parseDuration() reads units from large to small, clocks, and seconds", () => {
  const cases: readonly [unknown, number][] = [
    ["90s", 90_000],
    ["5m", 300_000],
    ["5min", 300_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["1h30min5s", 5_405_000],
    ["500ms", 500],
    ["2d", 172_800_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["10 s", 10_000],
    ["01:30:00", 5_400_000],
    ["2-12:00:00", 216_000_000],
    [90, 90_000],
    [0.25, 250],
  ];
  for (const [written, ms] of cases) {
    assert.equal(valueOf(parseDuration(written)), ms, `${written}`);
  }
});

Deno.test("parseDuration() takes no time at all only where that is offered", () => {
  for (const none of [0, -0, "0s", "0ms", "00:00:00"]) {
    assert.equal(parseDuration(none).ok, false, `${none}`);
    assert.equal(Math.abs(valueOf(parseDuration(none, { zero: true })) as number), 0, `${none}`);
  }
  for (const wrong of [-1, "-1s", NaN, "0", ""]) {
    assert.equal(parseDuration(wrong, { zero: true }).ok, false, `${wrong}`);
  }
});

Deno.test("parseDuration() refuses what could mean two things, or nothing", () => {
  const wrong = ["5", "", "s", "m5", "30m1h", "5m5m", "1:30", "01:60:00", "5 M", "5mins", "-5s"];
  for (
    const text of [
      ...wrong,
      "0s",
      0,
      -1,
      NaN,
      Infinity,
      true,
      null,
      "1e3s",
      "5s ago",
      "9".repeat(99),
    ]
  ) {
    assert.ok(!parseDuration(text).ok, String(text));
  }
});

Deno.test("parseSize() tells GiB from GB", () => {
  const cases: readonly [unknown, number][] = [
    ["2GiB", 2 ** 31],
    ["2G", 2 ** 31],
    ["2GB", 2e9],
    ["1.5 MiB", 1_572_864],
    ["10kB", 10_000],
    ["512B", 512],
    [1024, 1024],
  ];
  for (const [written, bytes] of cases) {
    assert.equal(valueOf(parseSize(written)), bytes, `${written}`);
  }
  for (const wrong of ["", "2 gib", "GB", "-1GB", "2iB", -1, NaN]) {
    assert.ok(!parseSize(wrong).ok, String(wrong));
  }
});
