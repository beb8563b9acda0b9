/** What a cron mail and a CI log get of `simrun run` and `resume`: files written however it ends, and calm words. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "../helpers/processes.ts";
import { readJunit } from "../helpers/junit.ts";
import { programCommand, simrun, withFolder } from "./program.ts";

const MODEL = `
export const params = { x: { default: 1 }, slow: { default: 0 } };
export function init() { return { n: 0 }; }
export function step(state, { params }) {
  if (params.slow) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  if (params.x === 3) throw new Error("x went <bad>");
  state.n += params.x;
}
export function result(state) { return { n: state.n }; }
`;
const FILES = {
  "m.js": MODEL,
  "good.yaml": "id: good\nmodel: ./m.js\nsteps: 5\nsweep: { x: [1, 2] }\n",
  "some.yaml": "id: some\nmodel: ./m.js\nsteps: 6\nsweep: { x: [1, 3] }\n",
  "slow.yaml":
    "id: slow\nmodel: ./m.js\nsteps: 3000\nparameters: { slow: 1 }\nsweep: { x: [1, 2] }\n",
  "bad.yaml": "id: bad\nmodel: ./m.js\nstep: 5\n",
};

const counts = (xml: string) =>
  readJunit(xml).filter(({ name }) => name === "testsuite").map(({ attributes: a }) =>
    `${a["name"]} ${a["tests"]} ${a["failures"]} ${a["errors"]} ${a["skipped"]}`
  );

Deno.test("simrun run --junit and GitHub's step summary tell how each run ended, also of what resume finds done", async () => {
  await withFolder(FILES, async (cwd) => {
    const env = { GITHUB_STEP_SUMMARY: join(cwd, "summary.md"), CI: "true" };
    const read = (name: string) => Deno.readTextFile(join(cwd, name));
    const ran = await simrun(["good.yaml", "some.yaml", "--junit", "j.xml"], { cwd, env });
    assert.equal(ran.code, 3);
    assert.equal(ran.out, "");
    assert.deepEqual(counts(await read("j.xml")), ["good 2 0 0 0", "some 2 1 0 0"]);
    const summary = await read("summary.md");
    assert.match(summary, /^### ❌ simrun: Done, with failures/);
    assert.match(
      summary,
      /\| 1 run \| some\/\w+ \| the model threw an error\\: x went \\<bad\\> \|/,
    );
    assert.match(summary, /\| good \| 100% \| 2\/2 \| 0 \| 0 \| 0 \|/);
    assert.match(summary, /- `simrun explain some\/\w+` what happened to it/);
    // Again: the summary is added to what is there, the file of --junit is replaced.
    const again = await simrun(["resume", "good", "--junit", "j.xml"], { cwd, env });
    assert.equal(again.code, 0);
    assert.deepEqual(counts(await read("j.xml")), ["good 2 0 0 0"]);
    assert.match(await read("summary.md"), /❌[^]*### ✅ simrun: Nothing to resume/);
    const all = await simrun(["resume", "--junit", "j.xml", "-q"], { cwd, env });
    assert.equal(all.code, 3);
    assert.deepEqual(counts(await read("j.xml")), ["good 2 0 0 0", "some 2 1 0 0"]);
  });
});

Deno.test("simrun run --junit is written with the mistake where nothing can be run, and refused where it could not be", async () => {
  await withFolder(FILES, async (cwd) => {
    const env = { GITHUB_STEP_SUMMARY: join(cwd, "summary.md") };
    const { code } = await simrun(["bad.yaml", "--junit", "j.xml"], { cwd, env });
    assert.equal(code, 2);
    assert.deepEqual(counts(await Deno.readTextFile(join(cwd, "j.xml"))), ["simrun 1 0 1 0"]);
    assert.match(
      await Deno.readTextFile(join(cwd, "summary.md")),
      /^### ❌ [^]*```text\nbad\.yaml:/,
    );
    assert.equal((await simrun(["none.yaml", "--junit", "k.xml"], { cwd })).code, 2);
    assert.deepEqual(counts(await Deno.readTextFile(join(cwd, "k.xml"))), ["simrun 1 0 1 0"]);
    const refused = await simrun(["good.yaml", "--junit", "no/j.xml"], { cwd });
    assert.equal(refused.code, 2);
    assert.match(refused.err, /no folder no.*mkdir -p no/s);
    assert.equal((await simrun(["good.yaml", "-n", "--junit", "dry.xml"], { cwd })).code, 0);
    await assert.rejects(Deno.stat(join(cwd, "dry.xml")));
    await assert.rejects(Deno.stat(join(cwd, "simruns")), "nothing was run");
    // It is full already: a byte more, and GitHub would show nothing of it.
    const full = { GITHUB_STEP_SUMMARY: join(cwd, "full.md") };
    await Deno.writeTextFile(full.GITHUB_STEP_SUMMARY, "x".repeat((1 << 20) - 100));
    assert.equal((await simrun(["bad.yaml"], { cwd, env: full })).code, 2);
    assert.ok((await Deno.stat(full.GITHUB_STEP_SUMMARY)).size <= 1 << 20);
    // GitHub's file cannot be written: the runs count.
    const gone = { GITHUB_STEP_SUMMARY: join(cwd, "gone/summary.md") };
    const ran = await simrun(["good.yaml"], { cwd, env: gone });
    assert.equal(ran.code, 0);
    assert.match(ran.err, /note: no step summary was written/);
  });
});

Deno.test("simrun run --junit and the step summary are written when a signal stops it", async () => {
  await withFolder(FILES, async (cwd) => {
    const env = { GITHUB_STEP_SUMMARY: join(cwd, "summary.md") };
    const command = programCommand(["slow.yaml", "--junit", "j.xml"], { cwd, env });
    const child = command.spawn();
    const journal = join(cwd, "simruns/hot/journal.jsonl");
    const hasBegun = async () => {
      const text = await Deno.readTextFile(journal).catch(() => "");
      return text.includes("runs.started");
    };
    await until(hasBegun, "a run has begun");
    child.kill("SIGTERM");
    const { code, stdout } = await child.output();
    assert.equal(code, 143);
    assert.equal(stdout.length, 0);
    assert.deepEqual(counts(await Deno.readTextFile(join(cwd, "j.xml"))), ["slow 2 0 0 2"]);
    assert.match(
      await Deno.readTextFile(join(cwd, "summary.md")),
      /^### ⏸️ simrun: Stopped by SIGTERM/,
    );
  });
});

Deno.test("simrun -q says nothing where all is well, and what failed where something did: cron mails just that", async () => {
  await withFolder(FILES, async (cwd) => {
    assert.deepEqual(await simrun(["-q", "good.yaml"], { cwd }), { code: 0, out: "", err: "" });
    assert.deepEqual(await simrun(["-q", "good.yaml"], { cwd }), { code: 0, out: "", err: "" });
    const failed = await simrun(["-q", "some.yaml"], { cwd });
    assert.deepEqual([failed.code, failed.out], [3, ""]);
    assert.match(
      failed.err,
      /^Done, with failures: 2 runs[^\n]*1 failed\.\nfailed {2}some\/\w+ [^\n]*x went <bad>/,
    );
    assert.ok(!failed.err.includes("\u001b") && !failed.err.includes("\r"));
    const bad = await simrun(["-q", "bad.yaml"], { cwd });
    assert.deepEqual([bad.code, bad.out], [2, ""]);
    assert.match(bad.err, /bad\.yaml:\d+:\d+: error: /);
  });
});
