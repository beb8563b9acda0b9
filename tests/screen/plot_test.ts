/** Plots as a terminal shows them, cell by cell; their axes; the figure that papers get. */
import assert from "node:assert/strict";
import type { Plot, PlotAxis, PlotPoint } from "../../src/report/plot_data.ts";
import { figureSvg } from "../../src/screen/figure.ts";
import { plotLines, type PlotScreen } from "../../src/screen/plot.ts";
import { scaleOf } from "../../src/screen/plot_axis.ts";
import { displayWidth } from "../../src/screen/width.ts";

const point = (x: number, y: number, half = 0): PlotPoint => ({
  x,
  y,
  low: y - half,
  high: y + half,
  count: 1,
});
const axis = (min: number, max: number, label = "", isLog = false): PlotAxis => ({
  label,
  isLog,
  categories: undefined,
  min,
  max,
});

function plot(over: Partial<Plot> = {}): Plot {
  return {
    title: undefined,
    x: axis(0, 4, "co2 (ppm)"),
    y: axis(0, 8, "mean"),
    groups: [{ label: "mean", y: 0, by: 0, points: [point(0, 0), point(2, 4, 2), point(4, 8)] }],
    legend: undefined,
    isLine: true,
    spread: undefined,
    notes: [],
    ...over,
  };
}

const SCREEN: PlotScreen = { columns: 34, rows: 8, color: false, glyphs: "unicode" };

Deno.test("plotLines() draws lines, marks, bars and axes into the cells of a terminal", () => {
  assert.deepEqual(plotLines(plot(), SCREEN), [
    "mean",
    "  │                           ⣀⠤⠒●",
    "  │                       ⣀⠤⠒⠉",
    "  │               │   ⣀⠤⠒⠉",
    "5 ┤               │⠤⠒⠉",
    "  │            ⣀⠤⠒●",
    "  │        ⣀⠤⠒⠉   │",
    "  │    ⣀⠤⠒⠉",
    "0 ┤●⠤⠒⠉",
    "  └┬──────────────┬──────────────┬",
    "   0              2              4",
    "              co2 (ppm)",
  ]);
});

Deno.test("plotLines() fits every width, in colour, in ASCII, whatever the names are", () => {
  const long = "a very long name of something \x1b[31m that is measured ".repeat(3);
  const groups = ["one", long, "日本"].map((label, by) => ({
    label,
    y: 0,
    by,
    points: [point(1, 10 ** (by * 4)), point(3, 5e9 * (by + 1), 1e9)],
  }));
  const busy = plot({
    title: long,
    groups,
    legend: long,
    y: axis(1, 1.6e10, long, true),
    x: { ...axis(0, 4, long), categories: ["a", long, "c", "d", "e"] },
    spread: "mean ± standard deviation of 3 runs",
  });
  for (const columns of [20, 40, 80, 200]) {
    for (const glyphs of ["unicode", "ascii"] as const) {
      for (const color of [false, true]) {
        const lines = plotLines(busy, { columns, rows: 10, color, glyphs });
        for (const line of lines) {
          assert.ok(
            displayWidth(line) <= Math.max(columns, 32),
            `${columns}: ${displayWidth(line)} ${line}`,
          );
          // deno-lint-ignore no-control-regex -- colours of its own are all it may have
          assert.doesNotMatch(line.replace(/\x1b\[(?:39|3[1-6]|9[2-6])m|\x1b\[0m/g, ""), /\x1b/);
        }
        if (glyphs === "ascii") {
          const canvas = lines.slice(2, 14).join("");
          assert.doesNotMatch(canvas, /[\u2500-\u28ff]/);
        }
        assert.equal(lines.some((line) => line.includes("\x1b[3")), color);
      }
    }
  }
});

Deno.test("scaleOf() puts ticks at round numbers, on logarithmic axes too, and survives a single value", () => {
  const texts = (one: PlotAxis, most = 6) => scaleOf(one, most).ticks.map(({ text }) => text);
  assert.deepEqual(texts(axis(0, 10)), ["0", "2", "4", "6", "8", "10"]);
  assert.deepEqual(texts(axis(0.1, 0.35)), ["0.10", "0.15", "0.20", "0.25", "0.30", "0.35"]);
  assert.deepEqual(texts(axis(-2e-7, 2e-7)), ["-2e-7", "-1e-7", "0", "1e-7", "2e-7"]);
  assert.deepEqual(texts(axis(1e9, 5e9)), ["1e9", "2e9", "3e9", "4e9", "5e9"]);
  assert.deepEqual(texts(axis(1, 1000, "", true), 4), ["1", "10", "100", "1000"]);
  assert.deepEqual(texts(axis(280, 1120, "", true), 8), [
    "300",
    "400",
    "500",
    "600",
    "700",
    "800",
    "900",
    "1000",
  ]);
  for (
    const one of [
      axis(5, 5),
      axis(0, 0),
      axis(-3, -3),
      axis(7, 7, "", true),
      axis(1e-300, 1e300, "", true),
    ]
  ) {
    const { ticks, at } = scaleOf(one, 6);
    assert.ok(ticks.length > 0 && ticks.length <= 9, JSON.stringify(ticks));
    assert.ok(at(one.min) >= 0 && at(one.max) <= 1);
  }
});

Deno.test("figureSvg() has axes with their units, a legend, error bars, and texts that are texts", async () => {
  const groups = ["0.3", "<0.4 & more>"].map((label, by) => ({
    label,
    y: 0,
    by,
    points: [point(0, by, 1), point(2, 4 + by, 1), point(4, 8 + by, 1)],
  }));
  const svg = await figureSvg(
    plot({ groups, legend: "albedo", title: "Energy", spread: "mean ± sd" }),
  );
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  for (
    const text of [
      "co2 (ppm)",
      "mean",
      "albedo",
      "0.3",
      "&lt;0.4 &amp; more&gt;",
      "Energy",
      "mean ± sd",
    ]
  ) {
    assert.match(
      svg,
      new RegExp(`<text [^>]*>(?:<tspan[^>]*>)?${text.replace(/[().]/g, "\\$&")}<`),
      text,
    );
  }
  // A mark and a bar with two caps for each of the six points; two lines.
  const parts = (name: string) => svg.split(`class="mark-${name} role-mark`).length - 1;
  assert.deepEqual([parts("symbol"), parts("line"), parts("rule")], [2, 2, 6]);
  assert.match(svg, /fill="white"/, "a light background");
  assert.match(svg, /font-family="[^"]*Arial/);
  const band = await figureSvg(plot({
    groups: [{
      label: "a",
      y: 0,
      by: 0,
      points: Array.from({ length: 100 }, (_, i) => point(i, i, 1)),
    }],
  }));
  assert.match(band, /mark-area/);
  const cloud = await figureSvg(plot({
    isLine: false,
    groups: [{
      label: "a",
      y: 0,
      by: 0,
      points: Array.from({ length: 100_000 }, (_, i) => point(i, i % 97)),
    }],
  }));
  assert.ok(cloud.length < 5e6, `${cloud.length} characters`);
});
