/** Diagnostics as text: golden examples of what a person sees. */
import assert from "node:assert/strict";
import type { Diagnostic } from "../../src/manifest/diagnostic.ts";
import { renderDiagnostic, renderDiagnostics } from "../../src/manifest/render.ts";
import { read, source } from "./read.ts";

const at = (line: number, column: number, length: number): Diagnostic => ({
  code: "value",
  severity: "error",
  message: "Something is wrong",
  place: { path: "a.yaml", line, column, length },
});

/** The caret's line and the line above it, without the margin. */
function excerpt(text: string, diagnostic: Diagnostic): [string, string] {
  const [, line, caret] = renderDiagnostic(diagnostic, text).split("\n");
  return [line!.slice(7), caret!.slice(7)];
}

Deno.test("renderDiagnostics() shows place, sentence, line, caret and hint", () => {
  const text = "id: a\nmodel: m.ts\nstepz: 100\n";
  assert.equal(
    renderDiagnostics(read(text).diagnostics, [source(text)]),
    `jobs/a.yaml:1:5: error: Job "a" has no "steps"
   1 | id: a
     |     ^
     = Say how many steps to compute, for example steps: 100000.

jobs/a.yaml:3:1: error: Unknown key "stepz"
   3 | stepz: 100
     | ^^^^^
     = Did you mean "steps"?
`,
  );
});

Deno.test("renderDiagnostics() is empty for none, and counts what it does not show", () => {
  assert.equal(renderDiagnostics([], []), "");
  const text = renderDiagnostics(Array(1050).fill(at(1, 1, 1)), []);
  assert.equal(text.match(/Something is wrong/g)?.length, 50);
  assert.match(text, /… and 1,000 more like these\n$/);
});

Deno.test("renderDiagnostic() does without a place, a text, or the line", () => {
  const { place: _, ...nowhere } = at(1, 1, 1);
  assert.equal(
    renderDiagnostic({ ...nowhere, hint: "Do." }),
    "error: Something is wrong\n   = Do.",
  );
  assert.equal(renderDiagnostic(at(7, 1, 1), "a\nb"), "a.yaml:7:1: error: Something is wrong");
  assert.match(renderDiagnostic(at(1, 99, 5), "ab\r\n"), /\| ab\n {5}\| {3}\^$/);
});

Deno.test("renderDiagnostic() puts the caret under the place behind tabs and wide characters", () => {
  assert.deepEqual(excerpt("\tx: 1", at(1, 2, 1)), ["    x: 1", "    ^"]);
  assert.deepEqual(excerpt("温度: abc", at(1, 5, 3)), ["温度: abc", "      ^^^"]);
  assert.deepEqual(excerpt("a: 温度", at(1, 4, 2)), ["a: 温度", "   ^^^^"]);
  assert.deepEqual(excerpt("e\u0301: x", at(1, 5, 1)), ["e\u0301: x", "   ^"]);
});

Deno.test("renderDiagnostic() cuts a long line around the caret, never through a character", () => {
  const long = `${"😀".repeat(5000)}wrong${"😀".repeat(5000)}`;
  const [line, caret] = excerpt(long, at(1, 10_001, 5));
  assert.ok(line.length < 250 && line.startsWith("…😀") && line.endsWith("😀…"), line);
  assert.ok(line.isWellFormed());
  assert.equal(line.includes("wrong"), true);
  assert.equal(caret.trimStart(), "^^^^^");
  const [start] = excerpt("x".repeat(1e6), at(1, 1, 1_000_000));
  assert.ok(start.length < 200);
});

Deno.test("renderDiagnostic() makes control characters of the file harmless", () => {
  const evil = "id: \x1b[2J\x07\u202eevil\x9b";
  const message = `Unknown key "\x1b]0;title\x07"\nnext`;
  const path = "\x1b[31m.yaml";
  const diagnostic = {
    ...at(1, 5, 4),
    message,
    hint: "\x1b[0m\r\n",
    place: { path, line: 1, column: 5 },
  };
  const text = renderDiagnostic(diagnostic, evil);
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  assert.equal(text.split("\n").length, 4);
});

Deno.test("renderDiagnostic() colours only when told to", () => {
  assert.ok(renderDiagnostic(at(1, 1, 1), "a", { color: true }).includes("\x1b[31m"));
  assert.ok(!renderDiagnostic(at(1, 1, 1), "a").includes("\x1b"));
});
