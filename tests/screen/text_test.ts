/** Text on the screen: what is safe, how wide it is, how it is cut, aligned and drawn as a bar. */
import assert from "node:assert/strict";
import { renderBar, renderParts } from "../../src/screen/bar.ts";
import { paintFor } from "../../src/screen/paint.ts";
import { safeLines, safeText } from "../../src/screen/safe_text.ts";
import { fittingColumns, renderTable } from "../../src/screen/table.ts";
import { terminalTraits } from "../../src/screen/terminal.ts";
import { cutToWidth, displayWidth, padToWidth, wrapToWidth } from "../../src/screen/width.ts";

const PLAIN = paintFor(false);

Deno.test("safeText() lets no control character, escape or reordering mark through", () => {
  const hostile = "a\x1b[2Jb\x07\r\nc\x9bd\u202ee\u2066f\u2028g\x7f";
  const safe = safeText(hostile);
  // deno-lint-ignore no-control-regex -- that none is left is what is tested
  assert.doesNotMatch(safe, /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
  assert.equal(safe, "a\\x1b[2Jb\\x07⏎c\\x9bd\\u{202e}e\\u{2066}f\\u{2028}g\\x7f");
  assert.equal(safeText("température 288 K — 好"), "température 288 K — 好");
});

Deno.test("safeLines() keeps line feeds and tabs only", () => {
  assert.equal(safeLines("a\tb\r\nc\x1b[31m\n"), "a\tb\nc\\x1b[31m\n");
});

Deno.test("displayWidth() counts cells: wide letters two, marks and colours none", () => {
  const widths: readonly (readonly [string, number])[] = [
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["温度", 4],
    ["😀", 2],
    ["👩‍🔬", 2],
    ["\x1b[31mred\x1b[39m", 3],
    ["━╸─", 3],
  ];
  for (const [text, width] of widths) assert.equal(displayWidth(text), width, text);
});

Deno.test("cutToWidth() says that it cut, fits the cells, and closes colours", () => {
  assert.equal(cutToWidth("temperature", 11), "temperature");
  assert.equal(cutToWidth("temperature", 6), "tempe…");
  assert.equal(cutToWidth("温度計", 4), "温…");
  assert.equal(cutToWidth("\x1b[31mtemperature\x1b[39m", 5), "\x1b[31mtemp…\x1b[0m");
  assert.equal(cutToWidth("abc", 0), "");
});

Deno.test("padToWidth() and wrapToWidth() count cells, not characters", () => {
  assert.equal(padToWidth("温", 4), "温  ");
  assert.equal(padToWidth("7", 3, "start"), "  7");
  assert.deepEqual(wrapToWidth("one two three", 7), ["one two", "three"]);
});

Deno.test("renderTable() aligns numbers right and shrinks only what may shrink", () => {
  const columns = [{ title: "run", shrinkTo: 6 }, { title: "steps", align: "right" }] as const;
  const rows = [["a_very_long_name", "1,000"], ["b", "20"]];
  assert.deepEqual(renderTable(columns, rows), [
    "run               steps",
    "a_very_long_name  1,000",
    "b                    20",
  ]);
  assert.deepEqual(renderTable(columns, rows, { columns: 16 }), [
    "run        steps",
    "a_very_l…  1,000",
    "b             20",
  ]);
  for (const line of renderTable(columns, rows, { columns: 9 })) {
    assert.ok(displayWidth(line) <= 9, line);
  }
});

Deno.test("fittingColumns() drops whole columns, never parts of numbers", () => {
  const columns = ["a", "b", "c"].map((title) => ({ title }));
  const rows = [["1234", "5678", "9012"]];
  assert.equal(fittingColumns(columns, rows, 11), 2);
  assert.equal(fittingColumns(columns, rows, 16), 3);
  assert.equal(fittingColumns(columns, rows, 2), 1);
  assert.equal(fittingColumns(columns, rows, undefined), 3);
});

Deno.test("renderBar() is full only at the end, and begun as soon as anything is done", () => {
  assert.equal(renderBar(0, 4, PLAIN), "────");
  assert.equal(renderBar(1e-9, 4, PLAIN), "╸───");
  assert.equal(renderBar(0.5, 4, PLAIN), "━━──");
  assert.equal(renderBar(0.999, 4, PLAIN), "━━━╸");
  assert.equal(renderBar(1, 4, PLAIN), "━━━━");
  assert.equal(renderBar(NaN, 4, PLAIN), "────");
  assert.equal(renderBar(0.5, 4, PLAIN, "ascii"), "[##..]");
});

Deno.test("renderParts() fills the bar, shows the smallest part, and nothing of what is not there", () => {
  const parts = (good: number, warn: number, bad: number, width = 10, glyphs = "ascii" as const) =>
    renderParts(
      [
        { count: good, tone: "good" },
        { count: warn, tone: "warn" },
        { count: bad, tone: "bad" },
      ],
      width,
      PLAIN,
      glyphs,
    );
  assert.equal(parts(8547, 453, 50), "########+x");
  assert.equal(parts(1, 0, 1), "#####xxxxx");
  assert.equal(parts(0, 0, 7), "xxxxxxxxxx");
  assert.equal(parts(1, 1, 1), "####+++xxx");
  assert.equal(parts(1, 1e6, 1, 3), "#+x");
  assert.equal(parts(0, 0, 0), "");
  assert.equal(parts(1, 1, 1, 2), "", "no room for all");
  assert.equal(displayWidth(renderParts([{ count: 1, tone: "bad" }], 7, paintFor(true))), 7);
});

Deno.test("terminalTraits() obeys NO_COLOR, dumb terminals, CI and the locale", () => {
  const traits = (isTerminal: boolean, env: Record<string, string>) =>
    terminalTraits(isTerminal, (name) => env[name]);
  const xterm = { TERM: "xterm-256color", LANG: "de_DE.UTF-8" };
  assert.deepEqual(traits(true, xterm), { color: true, glyphs: "unicode", canRepaint: true });
  assert.equal(traits(true, { ...xterm, NO_COLOR: "1" }).color, false);
  assert.equal(traits(true, { ...xterm, NO_COLOR: "1", FORCE_COLOR: "1" }).color, false);
  assert.deepEqual(traits(true, { TERM: "dumb", LANG: "C" }), {
    color: false,
    glyphs: "ascii",
    canRepaint: false,
  });
  assert.equal(traits(true, { ...xterm, CI: "true" }).canRepaint, false);
  assert.deepEqual(traits(false, xterm), { color: false, glyphs: "unicode", canRepaint: false });
  assert.equal(traits(false, { FORCE_COLOR: "1" }).color, true);
});
