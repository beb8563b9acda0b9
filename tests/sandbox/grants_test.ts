/** What `allow:` grants a model, and that it grants no more; grants are permission, not meaning. */
import assert from "node:assert/strict";
import { attack, placeAll, resultsOf } from "../bad_input/attack.ts";
import { inFolder, place } from "../helpers/folder.ts";

const READER = `
  const read = (name) => {
    try { return Deno.readTextFileSync(new URL(name, import.meta.url)); }
    catch (error) { return error.name; }
  };
  const early = read("../tables/a.txt");
  export function step() {}
  export function result() {
    return { early, a: read("../tables/a.txt"), b: read("../tables/deep/b.txt"), one: read("../one.txt"), two: read("../two.txt") };
  }
`;

const FILES = {
  "tables/a.txt": "A",
  "tables/deep/b.txt": "B",
  "one.txt": "1",
  "two.txt": "2",
  "models/reader.ts": READER,
};

const REFUSED = "NotCapable";

Deno.test("allow: read opens files and folders to one job, while it loads and while it runs, and to no other", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      ...FILES,
      "jobs.yaml": "defaults: { model: models/reader.ts, steps: 2 }\njobs:\n" +
        "  - { id: none }\n  - { id: both, allow: { read: [tables, ./one.txt] } }\n" +
        "  - { id: again, seed: 1 }\n  - { id: tables, allow: { read: [tables/] } }\n",
    });
    const { status, stderr } = await attack(folder, ["jobs.yaml", "-j", "1", "--no-cache"]);
    assert.equal(status, 0, stderr);
    const results = await resultsOf(folder) as Record<string, { result: unknown }>;
    const nothing = { early: REFUSED, a: REFUSED, b: REFUSED, one: REFUSED, two: REFUSED };
    assert.deepEqual(results["none/none"]!.result, nothing);
    assert.deepEqual(results["again/again"]!.result, nothing);
    assert.deepEqual(results["both/both"]!.result, {
      early: "A",
      a: "A",
      b: "B",
      one: "1",
      two: REFUSED,
    });
    assert.deepEqual(results["tables/tables"]!.result, { ...nothing, early: "A", a: "A", b: "B" });
  });
});

Deno.test("allow: net opens hosts to one job; what it leaves running changes nothing", async () => {
  await inFolder(async (folder) => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("answer"),
    );
    const { port } = server.addr as Deno.NetAddr;
    const model = `
      const ask = (port) => fetch("http://127.0.0.1:" + port).then((r) => r.text(), (e) => e.name);
      export async function init(ctx) {
        const told = [await ask(${port}), await ask(${port + 1})];
        if (told[0] === "answer") setInterval(() => ask(${port}), 1);
        return { told, x: 0 };
      }
      export function step(state) { state.x++; }
      export function result(state) { return state; }
    `;
    const job = (id: string, more = "") =>
      `  - { id: ${id}, model: models/asker.ts, steps: 50, sweep: { i: [1, 2, 3, 4] }${more} }\n`;
    await placeAll(folder, {
      "models/asker.ts": model,
      "jobs.yaml": `jobs:\n${job("first")}` +
        job("granted", `, seed: 1, allow: { net: ["127.0.0.1:${port}"] }`) +
        job("last", ", seed: 2"),
    });
    const { status, stderr } = await attack(folder, ["jobs.yaml", "-j", "1", "--no-cache"]);
    assert.equal(status, 0, stderr);
    const results = Object.entries(await resultsOf(folder));
    assert.equal(results.length, 12);
    for (const [run, result] of results) {
      const told = run.startsWith("granted/") ? ["answer", REFUSED] : [REFUSED, REFUSED];
      assert.deepEqual(result, { steps: 50, result: { told, x: 50 } }, run);
    }
  });
});

Deno.test("grants are no part of a run: a job that is granted more has nothing to compute, and the journal tells them", async () => {
  await inFolder(async (folder) => {
    const job = (allow: string) =>
      `id: j\nmodel: models/reader.ts\nsteps: 2\nsweep: { i: [1, 2] }\n${allow}`;
    await placeAll(folder, { ...FILES, "jobs.yaml": job("") });
    assert.equal((await attack(folder, ["jobs.yaml"])).status, 0);
    const before = await resultsOf(folder);
    await place(folder, "jobs.yaml", job("allow: { read: [tables], net: [Example.org] }\n"));
    const dry = await attack(folder, ["run", "-n", "jobs.yaml"]);
    assert.match(dry.stdout, /^ {2}j {2}allowed: reads .*\/tables, speaks to example\.org$/m);
    assert.match(dry.stdout, /Nothing is to be run\./);
    const json = JSON.parse((await attack(folder, ["run", "-n", "--json", "jobs.yaml"])).stdout);
    const allow = { read: [`${folder}/tables`], net: ["example.org"] };
    assert.deepEqual(json.jobs[0].allow, allow);
    assert.equal(json.runs_to_run, 0);
    const run = await attack(folder, ["jobs.yaml"]);
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(await resultsOf(folder), before);
    const [first] = json.runs;
    const story = await attack(folder, ["explain", `j/${first.run}`]);
    assert.match(story.stdout, /allowed {2}.*reads .*tables, speaks to example\.org/);
    assert.match(story.stdout, /planned again, changed: .*allow\.net/);
    const journal = await Deno.readTextFile(`${folder}/simruns/hot/journal.jsonl`);
    const planned = journal.trim().split("\n").map((line) => JSON.parse(line))
      .filter(({ type }) => type === "job.planned");
    assert.deepEqual(planned.map(({ job }) => job.allow), [undefined, allow]);
  });
});

Deno.test("mistakes in allow: are told with line and column, those of the disk as well", async () => {
  await inFolder(async (folder) => {
    const mistakes = [
      ["read: [tables, nowhere]", /allow\.read of job j0: There is no file or folder .*\/nowhere/],
      ["read: tables", /"allow.read" must be a list, but is "tables"/],
      ['net: ["http://example.org/x"]', /must be the name of a host.*/],
      ["net: [example.org:99999]", /must be the name of a host/],
      ['net: ["*"]', /must be the name of a host/],
      ["write: [out]", /"write" is not offered by this version/],
      ["nte: []", /Unknown key "nte" in "allow"/],
    ] as const;
    await placeAll(folder, FILES);
    for (const [index, [allow, words]] of mistakes.entries()) {
      const text =
        `jobs:\n  - { id: j${index}, model: models/reader.ts, steps: 2, allow: { ${allow} } }\n`;
      await place(folder, "jobs.yaml", text);
      const { status, stderr } = await attack(folder, ["jobs.yaml"]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, words);
      const column = text.split("\n")[1]!.indexOf(allow) + 1;
      const told = Number(/^jobs\.yaml:2:(\d+): error/m.exec(stderr)?.[1]);
      assert.ok(told >= column && told <= column + allow.length, stderr);
    }
  });
});
