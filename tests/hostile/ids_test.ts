/** T29: ids, names and paths that lead elsewhere, look like others or mean something to a system: refused, or inside. */
import assert from "node:assert/strict";
import { join, normalize } from "node:path";
import { Layout, packNumber } from "../../src/store/layout.ts";
import { isTemporary } from "../../src/store/disk.ts";
import { attack, placeAll, resultsOf } from "../bad_input/attack.ts";
import { inFolder } from "../helpers/folder.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";
import { readManifests } from "../../src/manifest/manifest.ts";
import { entriesBelow } from "./planted.ts";
import { escaped, unsafeIn } from "./evil_text.ts";

/** Whatever is refused as an id, by what it is. */
const REFUSED: { readonly [what: string]: readonly string[] } = {
  "leads out": [
    "..",
    ".",
    "../a",
    "../../etc",
    "a/../..",
    "a/b",
    "a\\b",
    "..\\a",
    "/a",
    "/etc/passwd",
  ],
  "is a temporary or hidden": [".tmp-", ".tmp-1234567890abc-x", ".a", ".git", "..."],
  "looks like a flag": ["-rf", "-", "--", "--tree", "-j", "_a", "_"],
  "holds what no name holds": [
    "",
    " ",
    "a b",
    " a",
    "a ",
    "a\0b",
    "a\nb",
    "a\tb",
    "a\x1bb",
    "a\x7f",
  ],
  "means something to a shell or a URL": [
    "$HOME",
    "~",
    "~root",
    "%2e%2e",
    "a%00",
    "a;b",
    "a|b",
    "a&b",
    "a*",
    "a?",
    "`a`",
    "a:b",
    "C:",
    "a<b",
    'a"b',
    "a'b",
    "file://a",
    "a#b",
    "a@b",
    "a,b",
    "a=b",
    "{a}",
    "[a]",
  ],
  "looks like another": [
    "а",
    "climаte",
    "ａ",
    "１",
    "․․",
    "․",
    "a∕b",
    "a⁄b",
    "a＼b",
    "ﬁ",
    "é",
    "e\u0301",
    "a\u200bb",
    "a\u200db",
    "a\u202eb",
    "a\u2066b",
    "a\ufeff",
    "\u2024\u2024",
    "😀",
    "ı",
    "\u212a",
    "\ud800",
  ],
  "is too long": ["a".repeat(101), "a".repeat(300), "a".repeat(1_000_000)],
};

/** What is a name like any other on the systems that simrun runs on. */
const TAKEN = [
  "a",
  "0",
  "con",
  "nul",
  "COM1",
  "aux.txt",
  "a.",
  "a..",
  "a..b",
  "a-",
  "a--b",
  "a._-",
  "constructor",
  "toString",
  "hasOwnProperty",
  "all",
  "failed",
  "running",
  "hot",
  "simrun.json",
  "log.txt",
  "series.csv",
  "step-000000000010.ckpt",
  "true-story",
  "a".repeat(100),
];

const quoted = (id: string) => id === "\ud800" ? '"\\ud800"' : escaped(id);

Deno.test("ids that are no names are refused where they stand, and every other one is taken", () => {
  for (const [what, ids] of Object.entries(REFUSED)) {
    for (const id of ids) {
      const said = diagnosticsOf(`{ id: ${quoted(id)}, model: m.ts, steps: 1 }`);
      assert.equal(said.length, 1, `${what}: ${JSON.stringify(id.slice(0, 100))}`);
      assert.match(said[0]!, /cannot be the id of a job|must be text/);
    }
  }
  for (const id of TAKEN) {
    assert.deepEqual(diagnosticsOf(`{ id: ${quoted(id)}, model: m.ts, steps: 1 }`), [], id);
  }
});

Deno.test("names of parameters and inputs are refused like ids, but for their own beginnings", () => {
  const names = Object.values(REFUSED).flat().filter((name) => !/^_[a-z]*$/.test(name));
  for (const name of names) {
    for (const key of ["parameters", "inputs", "sweep"]) {
      const value = key === "sweep" ? "[1]" : "a";
      const text = `{ id: a, model: m.ts, steps: 1, ${key}: { ? ${quoted(name)} : ${value} } }`;
      assert.ok(diagnosticsOf(text).length > 0, `${key}: ${JSON.stringify(name.slice(0, 100))}`);
    }
  }
});

Deno.test("ids that a filesystem could take for one are refused together", () => {
  for (
    const [a, b] of [["Run", "run"], ["a.B", "A.b"], ["con", "CON"], [
      "x".repeat(100),
      "X".repeat(100),
    ]]
  ) {
    const text = `[{ id: ${a}, model: m.ts, steps: 1 }, { id: ${b}, model: m.ts, steps: 1 }]`;
    assert.match(diagnosticsOf(text).join(), /differs only in case/);
  }
});

Deno.test("no path of a Layout leaves its tree, whatever the names are", () => {
  const seed = seedOf();
  const random = seeded(seed);
  const layout = new Layout("/tree");
  const pieces = [
    ...Object.values(REFUSED).flat().filter((id) => id.length < 200),
    ...TAKEN,
    "..",
    "/",
    "\\",
    "\0",
    ".",
    "\u202e",
    "%2f",
  ];
  let made = 0;
  for (let i = 0; i < cases({ short: 20_000, long: 1_000_000 }); i++) {
    const name = () =>
      Array.from({ length: 1 + random.below(3) }, () => random.pick(pieces)).join("");
    const [job, run] = [name(), name()];
    for (
      const make of [
        () => layout.recentFolder(job, run),
        () => layout.checkpointFolder(job, run),
        () => layout.manifestCopy(job),
      ]
    ) {
      let path: string;
      try {
        path = make();
      } catch (error) {
        assert.match(String(error), /not a name in the tree/);
        continue;
      }
      made++;
      const about = `SIMRUN_SEED=${seed}: ${JSON.stringify([job, run, path])}`;
      assert.equal(normalize(path), path, about);
      assert.match(
        path,
        /^\/tree\/(recent|checkpoints|archive\/manifests)\/[^/]+(\/[^/]+)?$/,
        about,
      );
      assert.ok(!path.includes("\0"), about);
      assert.ok(path.split("/").every((part) => !isTemporary(part)), about);
    }
  }
  assert.ok(made > 1000, `${made} paths`);
});

Deno.test("packNumber() knows the names that simrun gives, and no other", () => {
  const layout = new Layout("/tree");
  for (const number of [1, 999_999, 1_000_000, 999_999_999]) {
    assert.equal(packNumber("runs", layout.runsPack(number).split("/").at(-1)!), number);
    assert.equal(packNumber("journal", layout.journalPack(number).split("/").at(-1)!), number);
  }
  for (
    const name of [
      "runs-1.zip",
      "runs-0000001.zip",
      "runs-1000000000.zip",
      "runs-99999999999999999999.zip",
      "runs-000001.zip.bak",
      "Xruns-000001.zip",
      "journal-000001.zip",
      "runs-00000a.zip",
      "runs-+00001.zip",
    ]
  ) {
    assert.equal(packNumber("runs", name), undefined, name);
  }
  // A pack after it would be lost behind it: none is written.
  assert.throws(() => layout.runsPack(1_000_000_000), /no pack can come after it/);
});

/** Paths of models and inputs, and the one file that they lead to; `undefined` where that is nowhere. */
const PATHS: readonly (readonly [written: string, file: string | undefined])[] = [
  ["../work/m.ts", "work/m.ts"],
  ["./././m.ts", "work/m.ts"],
  ["deep/../m.ts", "work/m.ts"],
  ["link/m.ts", "work/m.ts"],
  ["m.ts/../m.ts", "work/m.ts"],
  ["link.ts", "work/m.ts"],
  ["dangling.ts", undefined],
  ["circle.ts", undefined],
  ["../../../../../../../../nowhere/m.ts", undefined],
  ["~/m.ts", undefined],
  ["~root/m.ts", undefined],
  ["$HOME/m.ts", undefined],
  ["${HOME}/m.ts", undefined],
  ["%2e%2e/work/m.ts", undefined],
  ["file:///etc/m.ts", undefined],
  ["https://example.org/m.ts", undefined],
  ["data:text/javascript,export function step(){}//.ts", undefined],
  ["m.ts?x=1.ts", undefined],
  ["m.ts#.ts", undefined],
  ["m.ts\0.ts", undefined],
  ["\\\\host\\share\\m.ts", undefined],
  [`${"a/".repeat(3000)}m.ts`, undefined],
  [`${"a".repeat(300)}.ts`, undefined],
];

Deno.test("paths of models and inputs lead to the file that they name, or are told of", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "work/m.ts":
        "export function step() {}\nexport const result = (_, c) => c.inputs.i.text().length;\n",
    });
    await Deno.symlink(".", join(folder, "work/link"));
    await Deno.symlink("m.ts", join(folder, "work/link.ts"));
    await Deno.symlink("nothing.ts", join(folder, "work/dangling.ts"));
    await Deno.symlink("circle.ts", join(folder, "work/circle.ts"));
    const work = join(folder, "work");
    const job = (at: number, model: string, input: string) =>
      `- { id: p${at}, model: ${escaped(model)}, steps: 1, inputs: { i: ${escaped(input)} } }\n`;
    const good = PATHS.flatMap(([written, file], at) =>
      file === undefined ? [] : [[written, at]] as const
    );
    await placeAll(work, {
      "good.yaml": good.map(([written, at]) => job(at, written, written)).join(""),
      "bad.yaml": PATHS.flatMap(([written, file], at) =>
        file === undefined ? [job(at, written, "m.ts"), job(at + 100, "m.ts", written)] : []
      ).join(""),
    });
    const ran = await attack(work, ["good.yaml"]);
    assert.equal(ran.status, 0, ran.stderr);
    const results = await resultsOf(work);
    assert.equal(Object.keys(results).length, good.length);

    const bad = await attack(work, ["validate", "bad.yaml", "--json"]);
    assert.equal(bad.status, 2);
    const { diagnostics } = JSON.parse(bad.stdout) as {
      diagnostics: { place: { line: number } }[];
    };
    const lines = new Set(diagnostics.map(({ place }) => place.line));
    // Those that are no paths at all are told first; the rest is looked for when the manifests are right.
    assert.ok(lines.size >= 2, bad.stdout);
    assert.equal(unsafeIn(bad.stdout + bad.stderr), undefined);
    for (const [at, [written, file]] of PATHS.entries()) {
      if (file !== undefined) continue;
      for (const text of [job(at, written, "m.ts"), job(at, "m.ts", written)]) {
        await Deno.writeTextFile(join(work, "one.yaml"), text);
        const { jobs, diagnostics } = readManifests([
          { path: "one.yaml", folder: work, text },
        ]);
        const path = jobs[0]?.model.path === join(work, "m.ts")
          ? jobs[0].inputs.i
          : jobs[0]?.model.path;
        const isThere = path !== undefined && await Deno.stat(path).then(() => true, () => false);
        assert.ok(diagnostics.length > 0 || !isThere, `${written.slice(0, 100)} is ${path}`);
      }
    }
  });
});

Deno.test("jobs with the strangest ids run, and stay in their tree", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "m.ts":
        "export const init = () => ({ x: 0 });\nexport function step(s) { s.x = 1; }\nexport const measure = (s) => ({ x: s.x });\n",
      "jobs.yaml": TAKEN.map((id) =>
        `- { id: ${quoted(id)}, model: m.ts, steps: 4, checkpoint_every: 2, measure_every: 1 }\n`
      ).join(""),
    });
    const before = entriesBelow(folder).length;
    const { status, stderr } = await attack(folder, ["jobs.yaml", "--tree", "tree"]);
    assert.equal(status, 0, stderr);
    const results = await resultsOf(folder, "tree");
    assert.deepEqual(Object.keys(results), TAKEN.map((id) => `${id}/${id}`));
    const outside = entriesBelow(folder).filter(({ path }) => !path.startsWith("tree"));
    assert.equal(outside.length, before);
    for (const id of ["con", "a.", "simrun.json"]) {
      const { stdout } = await attack(folder, ["explain", id, "--tree", "tree", "--json"]);
      assert.equal(JSON.parse(stdout).run, id);
    }
  });
});

function diagnosticsOf(text: string): string[] {
  const source = { path: "a.yaml", folder: "/jobs", text };
  return readManifests([source]).diagnostics.map(({ message }) => message);
}
