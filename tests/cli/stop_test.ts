/** Stopping the real program by signals, going on, and what of it can be seen and exported meanwhile. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { programCommand, simrun, withFolder } from "./program.ts";

/** About a minute of work, unless it is stopped. */
const SLOW = `
export function init() { return { n: 0, field: new Float64Array(8) }; }
export function step(state) {
  for (let i = 0; i < 40000; i++) state.field[i % 8] += Math.sqrt(i);
  state.n++;
}
export function result(state) { return { n: state.n }; }
`;
const JOB = "id: slow\nmodel: ./slow.js\nsteps: 1_000_000\ncheckpoint_every: 10\n";

/** Starts the job and waits until something of it was saved. */
async function startAndWait(cwd: string): Promise<Deno.ChildProcess> {
  const child = programCommand(["slow.yaml"], { cwd }).spawn();
  for (let i = 0; i < 200; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { code, out } = await simrun(["status", "--json"], { cwd });
    if (code === 0 && JSON.parse(out).runs.slow?.last_checkpoint_step > 0) return child;
  }
  child.kill("SIGKILL");
  throw new Error("nothing was saved in 20 s");
}

for (
  const [signal, exit] of [
    ["SIGINT", EXIT.interrupted],
    ["SIGTERM", EXIT.terminated],
    ["SIGUSR2", EXIT.stopped],
  ] as const
) {
  Deno.test(`simrun saves what runs at ${signal}, exits ${exit.status} and says how to go on`, async () => {
    await withFolder({ "slow.js": SLOW, "slow.yaml": JOB }, async (cwd) => {
      const child = await startAndWait(cwd);
      child.kill(signal);
      const { code, stderr } = await child.output();
      const talk = new TextDecoder().decode(stderr);
      assert.equal(code, exit.status, talk);
      assert.match(talk, new RegExp(`Stopped by ${signal} after `));
      assert.match(talk, /simrun resume/);
      const status = JSON.parse((await simrun(["status", "--json"], { cwd })).out);
      assert.equal(status.simrun.state, "ended");
      assert.equal(status.runs.slow.state, "interrupted");
      assert.ok(status.runs.slow.last_checkpoint_step > 0);
      const story = await simrun(["explain", "slow"], { cwd });
      assert.match(story.out, /slow {2}interrupted/);
      assert.match(story.out, /goes on at step/);
    });
  });
}

Deno.test("simrun status after kill -9 says so; checkpoints are listed, checked and exported", async () => {
  await withFolder({ "slow.js": SLOW, "slow.yaml": JOB }, async (cwd) => {
    const child = await startAndWait(cwd);
    const working = await simrun(["status"], { cwd });
    assert.match(working.out, /^simrun is working on \d+ slots? \(process \d+ on /);
    const busy = await simrun(["slow.yaml"], { cwd });
    assert.equal(busy.code, EXIT.treeBusy.status, busy.err);
    child.kill("SIGKILL");
    await child.output();
    const status = await simrun(["status"], { cwd });
    assert.match(status.out, /the last one was killed/);
    assert.match(status.out, /simrun resume goes on/);

    const list = JSON.parse((await simrun(["checkpoints", "slow", "--json"], { cwd })).out);
    assert.ok(list.length >= 1 && list.length <= 4);
    const sound = list.filter(({ valid }: { valid: boolean }) => valid);
    assert.ok(sound.length >= 1);
    const exported = await simrun(["checkpoints", "export", "slow", "-o", "state.safetensors"], {
      cwd,
    });
    assert.equal(exported.code, 0, exported.err);
    const bytes = await Deno.readFile(join(cwd, "state.safetensors"));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    assert.deepEqual(header.field.shape, [8]);
    assert.equal(header.field.dtype, "F64");
    const twice = await simrun(["checkpoints", "export", "slow", "-o", "state.safetensors"], {
      cwd,
    });
    assert.equal(twice.code, 2);
    assert.match(twice.err, /--force/);
    const npy = ["checkpoints", "export", "slow", "--format", "npy", "-o", "out"];
    assert.equal((await simrun(npy, { cwd })).code, 0);
    assert.deepEqual([...Deno.readDirSync(join(cwd, "out"))].map(({ name }) => name).sort(), [
      "field.npy",
      "state.json",
    ]);
  });
});
