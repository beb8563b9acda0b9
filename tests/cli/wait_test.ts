/** `simrun wait`: ends when nobody works any more, with the status of what became of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

/** Goes on until a file says that it may end. */
const MODEL = `
export function init() { return { n: 0 }; }
export function step(state, ctx) {
  state.n++;
  if (ctx.params.fails) throw new Error("on purpose");
  const { gate } = ctx.params;
  if (!gate || state.n < 2) return;
  for (;;) {
    try { Deno.statSync(gate); return; } catch {}
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}
`;

const manifest = (folder: string, parameters: string) =>
  `jobs: [{ id: j, model: m.ts, steps: 3, checkpoint_every: 1, allow: { read: ["${folder}"] }, parameters: { ${parameters} } }]\n`;

Deno.test("simrun wait waits for a simrun at work, here and in shards, and tells what became of it", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      await place(folder, "j.yaml", manifest(folder, `gate: "${folder}/gate"`));
      const tree = join(folder, "T");
      for (const shard of [[], ["--shard", "1/1"]]) {
        const at = shard.length === 0 ? tree : `${tree}-cut`;
        const child = startSimrun([join(folder, "j.yaml"), "--tree", at, ...shard]);
        await until(async () => {
          const { status, stdout } = await simrun(["status", "--tree", at, "--json"]);
          return status === 0 && JSON.parse(stdout).runs_running === 1;
        }, "a run at work");
        const late = await simrun(["wait", "--tree", at, "--timeout", "0s"]);
        assert.deepEqual([late.status, late.stderr], [
          75,
          "Not over yet: 0 of 1 run completed, 1 running.\n",
        ]);
        const waiting = simrun(["wait", "--tree", at, "--json"]);
        await place(folder, "gate", "");
        const { status, stdout, stderr } = await waiting;
        assert.deepEqual([status, stderr], [0, "1 of 1 run completed.\n"]);
        const told = JSON.parse(stdout);
        assert.deepEqual([told.over, told.runs_completed], [true, 1]);
        assert.equal((await child.status).code, 0);
        await Deno.remove(join(folder, "gate"));
      }
    })
  ));

Deno.test("simrun wait ends with 3 when a run failed, with 75 when one is not done", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      await place(folder, "j.yaml", manifest(folder, "fails: 1"));
      assert.equal((await simrun(["j.yaml", "-q"], { cwd: folder })).status, 3);
      const failed = await simrun(["wait"], { cwd: folder });
      assert.deepEqual([failed.status, failed.stderr], [3, "0 of 1 run completed, 1 failed.\n"]);
      await place(folder, "j.yaml", manifest(folder, `gate: "${folder}/gate"`));
      const tree = join(folder, "T");
      const child = startSimrun([join(folder, "j.yaml"), "--tree", tree]);
      await until(async () => {
        const { status, stdout } = await simrun(["status", "--tree", tree, "--json"]);
        return status === 0 && JSON.parse(stdout).runs_running === 1;
      }, "a run at work");
      child.kill("SIGKILL");
      await child.status;
      const lost = await simrun(["wait", "--tree", tree]);
      assert.deepEqual([lost.status, lost.stderr], [75, "0 of 1 run completed, 1 interrupted.\n"]);
      const nowhere = await simrun(["wait", "--tree", join(folder, "none")]);
      assert.equal(nowhere.status, 2);
      assert.match(nowhere.stderr, /There is no tree/);
    })
  ));
