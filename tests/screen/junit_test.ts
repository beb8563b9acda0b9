/** What CI systems read: JUnit's XML against the schema that its readers check, and Markdown that stays text. */
import assert from "node:assert/strict";
import { SaxesParser } from "saxes";
import type { Failure } from "../../src/job/run.ts";
import { testSuites } from "../../src/report/test_cases.ts";
import { treeStatus } from "../../src/report/status.ts";
import { junitPieces } from "../../src/screen/junit.ts";
import { markdownText, stepSummary } from "../../src/screen/step_summary.ts";
import { xmlAttribute, xmlText } from "../../src/screen/xml_text.ts";
import { readJunit } from "../helpers/junit.ts";
import {
  failed,
  history,
  journal,
  NOW,
  planned,
  SESSION,
  started,
  sweepOf,
} from "../report/fixtures.ts";

const FACTS = {
  began: "2026-11-21T12:00:00.123Z",
  host: "node1",
  elapsedMs: 1234.5,
  treeFlag: "",
  trouble: undefined,
};

const HOSTILE =
  "a\u0000\u0008\u001b[31m <b> & \"q\" 'q' ]]> \ufffe\uffff \ud800 \udc00 \u{1F600}\nline\ttab";

Deno.test("junitPieces() has a case for each run of the plan, by the schema, with failures and what was skipped", () => {
  const sweep = sweepOf([1, 2, 3, 4]);
  const folded = history([
    SESSION,
    sweep.planned,
    planned("one"),
    planned("late"),
    started("s", sweep.runs.slice(0, 3)),
    sweep.completed[3]!,
    { ...failed("s", sweep.runs[1]!, HOSTILE) },
    { type: "runs.cancelled", job: "s", runs: [sweep.runs[2]!] },
    started("one", ["one"]),
  ]);
  const xml = [...junitPieces(testSuites(folded, ["s", "one", "late", "unknown"]), FACTS)].join("");
  const seen = readJunit(xml);
  const suites = seen.filter(({ name }) => name === "testsuite").map(({ attributes }) =>
    attributes
  );
  assert.deepEqual(
    suites.map((
      { name, tests, failures, errors, skipped },
    ) => [name, tests, failures, errors, skipped]),
    [["s", "4", "1", "0", "2"], ["one", "1", "0", "0", "1"], ["late", "1", "0", "0", "1"]],
  );
  assert.deepEqual(
    seen.filter(({ name }) => name === "testcase").map(({ attributes }) =>
      `${attributes["classname"]} ${attributes["name"]} ${attributes["time"]}`
    ),
    [
      "s T: 1 1.500",
      "s T: 2 0.000",
      "s T: 3 0.000",
      "s T: 4 0.000",
      "one one 0.000",
      "late late 0.000",
    ],
  );
  assert.deepEqual(
    seen.filter(({ name }) => name === "skipped").map(({ attributes }) => attributes["message"]),
    ["cancelled", "not begun", "not finished", "not begun"],
  );
  const [failure] = seen.filter(({ name }) => name === "failure");
  assert.equal(failure!.attributes["type"], "model-error");
  assert.match(
    failure!.attributes["message"]!,
    /^the model threw an error at step 12,000: a\\x00\\x08\\x1b\[31m <b>/,
  );
  assert.match(failure!.text, /\nline\ttab\nat .*ising\.ts:14:9\nsimrun explain s\//);
});

Deno.test("xmlText() and xmlAttribute() are read back as what was shown, whatever they hold", () => {
  const all = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)).join("") +
    HOSTILE;
  let text = "";
  const parser = new SaxesParser();
  parser.on("error", (error) => assert.fail(error.message));
  parser.on("text", (part) => text += part);
  let attribute = "";
  parser.on("opentag", ({ attributes }) => attribute = String(attributes["a"]));
  parser.write(`<x a="${xmlAttribute(all)}">${xmlText(all)}</x>`).close();
  assert.equal(text, attribute);
  assert.ok(
    text.includes("\nline\ttab") && text.includes("\u{1F600}") && text.includes("\\x1b[31m"),
  );
  assert.match(text, /\\u\{fffe\}\\u\{ffff\} \\u\{d800\} \\u\{dc00\}/);
});

Deno.test("junitPieces() tells of what went wrong beside the runs as an error of its own", () => {
  const trouble = { type: "manifest", message: HOSTILE, text: HOSTILE.repeat(1000) };
  const seen = readJunit([...junitPieces([], { ...FACTS, trouble })].join(""));
  const [error] = seen.filter(({ name }) => name === "error");
  assert.equal(error!.attributes["type"], "manifest");
  assert.ok(error!.text.length < 20_000);
});

Deno.test("junitPieces() writes a hundred thousand cases in pieces", () => {
  const count = 100_000;
  const folded = history([
    SESSION,
    planned("big", count, {
      sweep: {
        parts: [{
          kind: "axis",
          name: "T",
          axis: { kind: "range", from: 1, to: count, count, spacing: "linear" },
        }],
      },
    }),
  ]);
  let bytes = 0;
  let longest = 0;
  let cases = 0;
  for (const piece of junitPieces(testSuites(folded, ["big"]), FACTS)) {
    bytes += piece.length;
    longest = Math.max(longest, piece.length);
    if (piece.includes("<testcase")) cases++;
  }
  assert.equal(cases, count);
  assert.ok(longest < 1000 && bytes < 15e6, `${longest} ${bytes}`);
});

Deno.test("stepSummary() shows counts and failures, and nothing of them is Markdown", () => {
  const evil =
    "<img src=x onerror=1> | [a](http://x) `b` **c** @me #1 ~~d~~ \\| $x$ :+1: <!-- ::error::\n# head";
  const folded = history([SESSION, planned("a"), started("a", ["a"]), failed("a", "a", evil)]);
  const status = treeStatus(folded, { tree: "/t", nowMs: NOW, live: undefined, working: false });
  const summary = {
    headline: `Done, with failures: ${evil}`,
    end: "failed",
    status,
    trouble: "``` fence\n<b>",
    commands: [{ typed: "simrun explain `a`", what: evil }],
  } as const;
  const text = stepSummary(summary, 1 << 20);
  assert.match(text, /^### ❌ simrun: Done, with failures\\: /);
  assert.match(text, /\n````text\n``` fence\n<b>\n````\n/);
  assert.match(
    text,
    /\| 1 run \| a \| the model threw an error\\: \\<img src=x onerror=1\\> \\\| \\\[a\\\]\\\(http/,
  );
  assert.match(text, /\| a \| 1% \| 0\/1 \| 1 \| 0 \| 0 \|/);
  assert.match(text, /^- `` simrun explain `a` `` \\</m);
  // Every line of a table has its borders, and no line begins what it must not.
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  const borders = (line: string) => line.replace(/\\./g, "").split("|").length - 1;
  assert.deepEqual(rows.map(borders), [5, 5, 5, 7, 7, 7]);
  assert.ok(!/^# /m.test(text));
  assert.equal(markdownText("a_b*c"), "a\\_b\\*c");
});

Deno.test("stepSummary() stays below the bytes that there are, and keeps what matters most", () => {
  const jobs = Array.from({ length: 60 }, (_, i) => `j${i}`);
  const failure: Failure = { class: "model-error", message: "é".repeat(5000), step: 3 };
  const folded = history(journal([
    SESSION,
    ...jobs.map((id) => planned(id)),
    ...jobs.flatMap((id) => [
      started(id, [id]),
      {
        type: "run.failed" as const,
        job: id,
        run: id,
        attempt: 1,
        failure: { ...failure, message: id + failure.message },
      },
    ]),
  ]));
  const status = treeStatus(folded, { tree: "/t", nowMs: NOW, live: undefined, working: false });
  const summary = {
    headline: "Done",
    end: "failed",
    status,
    trouble: undefined,
    commands: [],
  } as const;
  const bytes = (max: number) => new TextEncoder().encode(stepSummary(summary, max)).length;
  assert.ok(bytes(1 << 20) < 60_000);
  assert.match(stepSummary(summary, 1 << 20), /… and 35 more failed runs\n[^]*… and 10 more jobs/);
  for (const max of [0, 30, 500, 5_000, 20_000]) assert.ok(bytes(max) <= max, String(max));
  assert.match(stepSummary(summary, 500), /^### ❌ simrun: Done/);
});
