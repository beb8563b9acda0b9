/** Reads JUnit's XML as strictly as the strictest of its readers. */
import assert from "node:assert/strict";
import { SaxesParser } from "saxes";

/** Elements of junit-10.xsd (Jenkins's xunit plugin): attributes, those that must be there first, and what may be in them. */
const SCHEMA: {
  readonly [name: string]: {
    readonly needed: readonly string[];
    readonly may: readonly string[];
    readonly holds: readonly string[];
  };
} = {
  testsuites: {
    needed: [],
    may: ["name", "time", "tests", "failures", "errors"],
    holds: ["testsuite"],
  },
  testsuite: {
    needed: ["name", "tests", "failures", "errors"],
    may: [
      "group",
      "time",
      "skipped",
      "timestamp",
      "hostname",
      "id",
      "package",
      "file",
      "log",
      "url",
    ],
    holds: ["testsuite", "properties", "testcase", "system-out", "system-err"],
  },
  testcase: {
    needed: ["name"],
    may: ["time", "classname", "group"],
    holds: ["skipped", "error", "failure", "system-out", "system-err"],
  },
  failure: { needed: [], may: ["type", "message"], holds: [] },
  error: { needed: [], may: ["type", "message"], holds: [] },
  skipped: { needed: [], may: ["type", "message"], holds: [] },
};
const TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;

interface Seen {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Every element in the order of its end; fails where it is no XML or not by the schema. */
export function readJunit(xml: string): Seen[] {
  const seen: Seen[] = [];
  const open: { name: string; attributes: Record<string, string>; text: string; tests: number }[] =
    [];
  const parser = new SaxesParser();
  parser.on("error", (error) => assert.fail(error.message));
  parser.on("opentag", ({ name, attributes }) => {
    const rule = SCHEMA[name];
    assert.ok(rule !== undefined, `an element ${name}`);
    const parent = open.at(-1);
    if (parent === undefined) assert.equal(name, "testsuites");
    else assert.ok(SCHEMA[parent.name]!.holds.includes(name), `${name} in ${parent.name}`);
    for (const needed of rule.needed) assert.ok(needed in attributes, `${name} without ${needed}`);
    for (const one of Object.keys(attributes)) {
      assert.ok([...rule.needed, ...rule.may].includes(one), `${name} with ${one}`);
    }
    if (attributes["time"] !== undefined) assert.match(attributes["time"], TIME);
    if (parent !== undefined && name === "testcase") parent.tests++;
    open.push({ name, attributes: attributes as Record<string, string>, text: "", tests: 0 });
  });
  parser.on("text", (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on("closetag", () => {
    const { name, attributes, text, tests } = open.pop()!;
    if (name === "testsuite") assert.equal(Number(attributes["tests"]), tests);
    seen.push({ name, attributes, text });
  });
  parser.write(xml).close();
  return seen;
}
