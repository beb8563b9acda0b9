/** Conditions: what is read of a text, of which rows it is true, and what is said of a mistake and where. */
import assert from "node:assert/strict";
import { bindCondition } from "../../src/report/row_filter.ts";
import { ConditionMistake, parseCondition } from "../../src/report/where.ts";

type Row = Readonly<Record<string, unknown>>;

const ROWS: readonly Row[] = [
  { co2: 280, scheme: "euler", ok: true, "nested.a": 1, list: [1, 2], mixed: 1 },
  { co2: 420, scheme: "rk4", ok: false, "nested.a": NaN, list: ["x"], mixed: "one" },
  { co2: 560, scheme: "euler two", ok: true, "odd name": 5n, list: [], and: 1 },
  { co2: -Infinity, scheme: null },
];

function bound(text: string): (index: number) => boolean {
  return bindCondition(parseCondition(text), {
    find: (name) =>
      ROWS.some((row) => Object.hasOwn(row, name))
        ? { cell: (index) => ROWS[index]![name] }
        : undefined,
    count: ROWS.length,
  });
}

/** The rows, by number. */
const chosen = (text: string) => [...ROWS.keys()].filter(bound(text)).join("");

Deno.test("parseCondition() and bindCondition() choose the rows of which it is true", () => {
  const table: readonly (readonly [condition: string, rows: string])[] = [
    ["co2 > 300", "12"],
    ["co2>300 and scheme==rk4", "1"],
    ["co2 > 300 && scheme = rk4", "1"],
    // and binds closer than or; not closer than both.
    ["co2 == 280 or co2 == 420 and ok", "0"],
    ["(co2 == 280 or co2 == 420) and ok", "0"],
    ["(co2 == 280 or co2 == 420) and not ok", "1"],
    ["not co2 == 280 and ok", "2"],
    ["!(co2 == 280) and ok == true", "2"],
    ["300 < co2", "12"],
    ["co2 >= 4.2e2 and co2 <= 5_60", "12"],
    ["co2 == -inf", "3"],
    ["scheme == 'euler two'", "2"],
    ['scheme == "euler"', "0"],
    ["scheme contains euler", "02"],
    ["scheme ~ euler", "02"],
    ["scheme !~ euler", "13"],
    ["scheme not contains euler", "13"],
    ["list contains 2 or list ~ x", "01"],
    ["scheme in (rk4, 'euler two')", "12"],
    ["co2 not in (280, 420)", "23"],
    ["scheme < f", "02"],
    ["scheme == null", "3"],
    ["nested.a == NaN", "1"],
    ["nested.a != null", "01"],
    ["`odd name` == 5 and `odd name` > 4", "2"],
    ["`and` == 1", "2"],
    ["mixed == one or mixed == 1", "01"],
    ["co2 == nested.a", ""],
    ["ok", "02"],
  ];
  for (const [condition, rows] of table) assert.equal(chosen(condition), rows, condition);
});

Deno.test("parseCondition() and bindCondition() put a mistake in its place", () => {
  const table: readonly (readonly [condition: string, meant: string, message: RegExp])[] = [
    ["co > 3", "co", /no column "co"/],
    ["co2 > 3 and `schem` == x", "`schem`", /no column "schem"/],
    ["schem == euler", "schem", /no column "schem"/],
    ["co2 > high", "high", /neither a column nor a number/],
    ["scheme == 3", "3", /scheme holds texts, and 3 is a number/],
    ["ok == 3", "3", /ok holds true and false/],
    ["co2 ~ 3", "co2", /contain nothing/],
    ["co2", "co2", /say what to compare it with/],
    ["3 < 4", "3", /Neither side .* is a column/],
    ["(co2 > 3", "(", /never closed/],
    ["co2 > 3)", ")", /no \( for this/],
    ["co2 >", "", /ends too soon/],
    ["", "", /ends too soon/],
    ["co2 > > 3", ">", /missing here/],
    ["280 < co2 < 500", "<", /two sides/],
    ["co2 > 3 scheme == x", "scheme", /and, or or an operator is missing/],
    ["scheme == 'x", "'", /never closed/],
    ["co2 > 3 | ok", "|", /alone means nothing/],
    ["scheme in rk4", "rk4", /in parentheses/],
    ["co2 not > 3", "not", /not goes with in/],
    ["(".repeat(101) + "co2 > 3", "", /nested too deep/],
    ["not ".repeat(5000) + "ok", "", /nested too deep/],
  ];
  for (const [condition, meant, message] of table) {
    assert.throws(() => bound(condition), (error) => {
      assert.ok(error instanceof ConditionMistake, condition);
      assert.match(error.message, message, condition);
      const { at, length } = error.span;
      const place = condition.slice(at, at + length);
      if (meant !== "") assert.equal(place, meant, condition);
      return true;
    });
  }
});

Deno.test("parseCondition() takes any text to a condition or a mistake, never to another error", () => {
  const parts = [
    "co2",
    "and",
    "or",
    "not",
    "in",
    "(",
    ")",
    ",",
    "==",
    "<",
    "~",
    "'a'",
    "3",
    "`",
    "&",
    " ",
  ];
  let state = 7;
  for (let i = 0; i < 5000; i++) {
    let text = "";
    for (let n = 0; n < 8; n++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      text += parts[(state >>> 16) % parts.length]! + ((state & 4096) === 0 ? " " : "");
    }
    try {
      bound(text);
    } catch (error) {
      assert.ok(error instanceof ConditionMistake, `${text}: ${error}`);
      assert.ok(error.span.at >= 0 && error.span.at <= text.length, text);
    }
  }
});
