/** Numbers as people read them. */
import assert from "node:assert/strict";
import {
  formatAge,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatLong,
  formatPercent,
  formatRate,
  formatRemaining,
  formatShare,
  formatTime,
} from "../../src/report/format.ts";
import { parametersText } from "../../src/report/points.ts";

function table<T>(format: (value: T) => string, rows: readonly (readonly [T, string])[]): void {
  for (const [value, text] of rows) assert.equal(format(value), text, `of ${value}`);
}

Deno.test("formatCount() groups thousands", () => {
  table(formatCount, [[0, "0"], [999, "999"], [1000, "1,000"], [1_000_000, "1,000,000"], [
    -12345,
    "-12,345",
  ]]);
});

Deno.test("formatBytes() uses decimal units with two or three digits, and never 1000 of one", () => {
  table(formatBytes, [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [3.2e9, "3.2 GB"],
    [212e6, "212 MB"],
    [999_700, "1.0 MB"],
    [99_960, "100 kB"],
  ]);
});

Deno.test("formatDuration() gives two units and never 60 seconds", () => {
  table(formatDuration, [
    [0.5, "0.5 ms"],
    [400, "400 ms"],
    [1234, "1.2 s"],
    [59_400, "59 s"],
    [59_700, "1 min 00 s"],
    [80_000, "1 min 20 s"],
    [3_599_800, "1 h 00 min"],
    [7_500_000, "2 h 05 min"],
    [86_399_000, "1 d 0 h"],
    [273_600_000, "3 d 4 h"],
    [Infinity, "unknown"],
  ]);
});

Deno.test("formatClock() shows elapsed time as a clock does", () => {
  table(formatClock, [[6_900, "0:06"], [751_000, "12:31"], [3_723_000, "1:02:03"], [-5, "0:00"]]);
});

Deno.test("formatRemaining() rounds up to what can be known", () => {
  table(formatRemaining, [
    [0, "1 s"],
    [8_200, "9 s"],
    [41_000, "45 s"],
    [91_000, "2 min"],
    [3_700_000, "1 h 05 min"],
    [40_000_000, "12 h"],
    [NaN, "unknown"],
  ]);
});

Deno.test("formatAge() speaks as the founding example, and a clock that went back is now", () => {
  table(formatAge, [
    [-3_600_000, "just now"],
    [1_500, "just now"],
    [12_000, "12 s ago"],
    [60_000, "1 min ago"],
    [600_000, "10 mins ago"],
    [7_200_000, "2 h ago"],
    [259_200_000, "3 days ago"],
  ]);
});

Deno.test("formatPercent() says 100% only of all and 0% only of nothing", () => {
  table(formatPercent, [
    [0, "0%"],
    [1e-9, "<1%"],
    [0.45, "45%"],
    [0.29, "29%"],
    [0.99999, "99%"],
    [1, "100%"],
    [NaN, "0%"],
  ]);
});

Deno.test("formatShare() tells 99.4% from 99.9% and from all, and 0.6% from nothing", () => {
  table(formatShare, [
    [0, "0%"],
    [1e-9, "0.1%"],
    [50 / 9050, "0.6%"],
    [0.05, "5%"],
    [453 / 503, "90%"],
    [0.985, "99%"],
    [9000 / 9050, "99.4%"],
    [1 - 1e-9, "99.9%"],
    [1, "100%"],
    [NaN, "0%"],
  ]);
});

Deno.test("formatRate() keeps three digits", () => {
  table(formatRate, [
    [0, "–"],
    [0.25, "0.25/s"],
    [42, "42/s"],
    [4213, "4,210/s"],
    [1_240_000, "1.24M/s"],
    [0.001, "3.6/h"],
    [999_999, "1.00M/s"],
  ]);
  assert.equal(formatRate(12, "steps"), "12 steps/s");
});

Deno.test("formatTime() shifts to the reader's zone and leaves nonsense as it is", () => {
  assert.equal(formatTime("2026-11-21T18:24:31.500Z"), "2026-11-21 18:24:31");
  assert.equal(formatTime("2026-11-21T23:30:00Z", 60), "2026-11-22 00:30:00");
  assert.equal(formatTime("yesterday"), "yesterday");
});

Deno.test("formatLong() keeps the beginning and tells the length; parametersText() shows no value whole that nobody reads", () => {
  assert.equal(formatLong("abc", 3), "abc");
  assert.equal(formatLong("abcd", 3), "abc… (4 characters)");
  assert.equal(formatLong("ab\u{1F600}cd", 3), "ab… (6 characters)", "no half of an emoji");
  const text = parametersText({ n: 1.5, long: "x".repeat(1_000_000), list: [1, "a"] });
  assert.equal(text, `n: 1.5, long: ${"x".repeat(200)}… (1,000,000 characters), list: [1,"a"]`);
});
