/** The real program as a process: what is printed where, and the exit status. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/job/fault.ts";
import { VERSION } from "../../src/job/version.ts";
import { COUNTER, programCommand, simrun, withFolder } from "./program.ts";

const SWEEP = "id: count\nmodel: ./counter.js\nsteps: 10\nsweep: { by: [1, 2, 3] }\n";
const MIXED = "id: mixed\nmodel: ./counter.js\nsteps: 10\nsweep: { bad: [0, 1] }\n";

Deno.test("simrun --version prints the version only", async () => {
  assert.deepEqual(await simrun(["--version"]), { code: 0, out: `${VERSION}\n`, err: "" });
});

Deno.test("simrun --help prints to stdout; without words the help is talk and the status 2", async () => {
  const asked = await simrun(["--help"]);
  assert.equal(asked.code, 0);
  assert.match(asked.out, /simrun jobs\/\*\.yaml/);
  const bare = await simrun([]);
  assert.deepEqual([bare.code, bare.out], [EXIT.usage.status, ""]);
  assert.match(bare.err, /simrun jobs\/\*\.yaml/);
});

Deno.test("simrun tells a wrong flag, a wrong command and no manifest in two lines, with status 2", async () => {
  for (
    const [args, sentence] of [
      [["run", "--unknown-flag", "a.yaml"], /^error: simrun run has no flag --unknown-flag\.\n/],
      [["statsu"], /^error: "statsu" is neither a command .*\n {7}Did you mean simrun status\?\n$/],
      [["run"], /^error: .*FILES/],
      [["nothing_here.yaml"], /^error: .*nothing_here\.yaml/],
      [["-j", "0", "a.yaml"], /^error: /],
    ] as const
  ) {
    const { code, out, err } = await simrun(args, { cwd: "/tmp" });
    assert.equal(code, 2, err);
    assert.equal(out, "");
    assert.match(err, sentence);
    assert.doesNotMatch(err, / at .*\.ts:\d+/, "no stack trace");
  }
});

Deno.test("simrun tells of a tree that is a file, or none", async () => {
  await withFolder({ simruns: "I am a file" }, async (cwd) => {
    const file = await simrun(["status"], { cwd });
    assert.equal(file.code, 2);
    assert.match(file.err, /is a file; a tree is a folder/);
    const none = await simrun(["status", "--tree", "other"], { cwd });
    assert.equal(none.code, 2);
    assert.match(none.err, /There is no tree at .*other\.\n.*--tree DIR/);
  });
});

Deno.test("simrun --debug shows where an error happened", async () => {
  const { err } = await simrun(["status", "--debug", "--tree", "/nonexistent"]);
  assert.match(err, /tree\.ts:\d+/);
});

Deno.test("simrun runs a sweep, then finds it done; status, results and explain tell of it", async () => {
  await withFolder({ "counter.js": COUNTER, "a.yaml": SWEEP }, async (cwd) => {
    const planned = await simrun(["-n", "a.yaml", "--json"], { cwd });
    assert.equal(planned.code, 0, planned.err);
    assert.equal(JSON.parse(planned.out).runs_to_run, 3);

    const first = await simrun(["a.yaml", "--json"], { cwd });
    assert.equal(first.code, 0, first.err);
    const summary = JSON.parse(first.out);
    assert.equal(summary.outcome, "completed");
    assert.equal(summary.runs_completed, 3);
    assert.match(first.err, /Done: 3 runs/);

    const again = await simrun(["a.yaml"], { cwd });
    assert.equal(again.code, 0);
    assert.equal(again.out, "");
    assert.match(again.err, /Nothing to do: all 3 runs are done/);
    assert.match((await simrun(["resume"], { cwd })).err, /Nothing to resume: 3 runs, all done/);

    const status = JSON.parse((await simrun(["status", "--json"], { cwd })).out);
    assert.equal(status.runs_completed, 3);
    assert.equal(status.progress, "100%");
    assert.deepEqual(status.runs, {});

    const csv = (await simrun(["results", "--format", "csv"], { cwd })).out.split("\r\n");
    assert.equal(csv.length, 5);
    assert.match(
      csv[0]!,
      /^job,run,by,steps,ending,computed_ms,attempts,reused_from,model,x,nested\.nan$/,
    );
    assert.match(csv[3]!, /,3,10,.*,30,NaN$/);
    const json = JSON.parse((await simrun(["results", "--json"], { cwd })).out);
    assert.deepEqual(json.map((row: { result: { x: number } }) => row.result.x), [10, 20, 30]);

    const name = `count/${json[0].run}`;
    const story = await simrun(["explain", name], { cwd });
    assert.match(story.out, /count\/\S+ {2}completed/);
    assert.match(story.out, /completed 10 steps/);
    assert.equal((await simrun(["logs", name], { cwd })).out, "[step 0] hello \x1b[31mred\n");
    assert.match((await simrun(["explain", "cuont"], { cwd })).err, /Did you mean count\?/);
    assert.match((await simrun(["explain", "count"], { cwd })).out, /^count {2}3 runs: /);
    assert.match((await simrun(["logs", "count"], { cwd })).out, /^(?:count\/\w+ \| .*\n){3}$/);
  });
});

Deno.test("simrun with a run that fails completes the others, says where it failed, and exits 3", async () => {
  await withFolder({ "counter.js": COUNTER, "a.yaml": MIXED }, async (cwd) => {
    const { code, err } = await simrun(["a.yaml"], { cwd });
    assert.equal(code, EXIT.runsFailed.status, err);
    assert.match(err, /1 completed, 1 failed/);
    assert.match(err, /the model threw an error at step 3: .*x went bad \(counter\.js:5:\d+\)/);
    assert.match(err, /simrun explain mixed\//);
    const status = await simrun(["status"], { cwd });
    assert.match(status.out, /1 failed/);
    assert.match(status.out, /x went bad/);
    assert.equal((await simrun(["status", "failed", "--json"], { cwd })).code, 0);
  });
});

Deno.test("simrun shows every mistake of a manifest and of the model's parameters, and runs nothing", async () => {
  const bad = "id: count\nmodel: ./counter.js\nstepz: 10\npriority: hihg\n";
  await withFolder({ "counter.js": COUNTER, "a.yaml": bad }, async (cwd) => {
    for (const command of ["run", "validate"]) {
      const { code, out, err } = await simrun([command, "a.yaml"], { cwd });
      assert.equal(code, 2);
      assert.equal(out, "");
      assert.match(err, /a\.yaml:3:1: error: .*stepz/);
      assert.match(err, /a\.yaml:4:11: error: /);
    }
    await Deno.writeTextFile(`${cwd}/b.yaml`, SWEEP.replace("by:", "buy:"));
    const { code, err } = await simrun(["b.yaml"], { cwd });
    assert.equal(code, 2, err);
    assert.match(err, /buy/);
    const refused = await simrun(["validate", "b.yaml", "--json"], { cwd });
    assert.equal(refused.code, 2);
    assert.match(JSON.parse(refused.out).diagnostics[0].message, /buy/);
    const defaults = "defaults: { model: ./counter.js, steps: 1, parameters: { buy: 1 } }";
    await Deno.writeTextFile(
      `${cwd}/c.yaml`,
      `${defaults}\njobs: [{ id: a }, { id: b }, { id: c }]\n`,
    );
    const once = await simrun(["validate", "c.yaml", "--json"], { cwd });
    assert.equal(
      JSON.parse(once.out).diagnostics.length,
      1,
      "one mistake, in what three jobs share",
    );
    const valid = await simrun(["validate", "b.yaml", "--json", "--syntax"], { cwd });
    assert.equal(JSON.parse(valid.out).valid, true);
  });
});

Deno.test("simrun init writes a template that validates, and never overwrites", async () => {
  await withFolder({}, async (cwd) => {
    assert.match((await simrun(["init"], { cwd })).out, /^basic /m);
    const written = await simrun(["init", "basic", "study"], { cwd });
    assert.equal(written.code, 0, written.err);
    const manifest = written.out.split("\n").find((line) => line.endsWith(".yaml"))!;
    assert.equal((await simrun(["validate", manifest], { cwd })).code, 0);
    const twice = await simrun(["init", "basic", "study"], { cwd });
    assert.equal(twice.code, 2);
    assert.match(twice.err, /is there already; nothing was written/);
    assert.match((await simrun(["init", "basci"], { cwd })).err, /Did you mean basic\?/);
  });
});

Deno.test("simrun doctor finds this machine fit and leaves nothing behind", async () => {
  await withFolder({}, async (cwd) => {
    const { code, out } = await simrun(["doctor", "--json"], { cwd });
    assert.equal(code, 0, out);
    const { findings } = JSON.parse(out);
    assert.ok(findings.some(({ name }: { name: string }) => name === "locking"));
    assert.deepEqual([...Deno.readDirSync(cwd)], []);
  });
});

Deno.test("simrun stops quietly when the reader of its output goes away", async () => {
  await withFolder({ "counter.js": COUNTER, "a.yaml": SWEEP }, async (cwd) => {
    await simrun(["-q", "a.yaml"], { cwd });
    const child = programCommand(["results", "--json"], { cwd }).spawn();
    await child.stdout.cancel();
    const { code, stderr } = await child.output().catch(async () => ({
      ...(await child.status),
      stderr: new Uint8Array(),
    }));
    assert.equal(code, 0);
    assert.equal(new TextDecoder().decode(stderr), "");
  });
});
