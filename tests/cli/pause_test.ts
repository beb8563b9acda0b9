/** A pause that somebody asked for, through the real program: it outlives Ctrl-C, and ends when somebody says so. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { PACED } from "../helpers/models.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { programCommand, simrun } from "./program.ts";

const JOBS = `
id: walk
model: ./paced.js
steps: 40
sweep:
  drift: [0.1, 0.2, 0.3]
---
id: other
model: ./paced.js
steps: 40
`;

Deno.test("simrun pause outlives Ctrl-C and resume; continue and retry end it with nobody at work", async () => {
  await inFolder((cwd) =>
    leavesNoProcess(async () => {
      await place(cwd, "paced.js", PACED);
      await place(cwd, "pace.txt", "500");
      await place(cwd, "jobs.yaml", JOBS);
      const child = programCommand(["jobs.yaml", "-j", "1"], { cwd }).spawn();
      const shows = (counts: Readonly<Record<string, number>>) => async () => {
        const { code, out } = await simrun(["status", "--json"], { cwd });
        if (code !== 0) return false;
        const status = JSON.parse(out);
        return Object.entries(counts).every(([name, count]) => status[name] === count);
      };
      await until(shows({ runs_running: 1 }), "one is computed", 60_000);
      // On a machine that is busy the slot may need longer than who asks is kept waiting.
      const paused = await simrun(["pause", "walk"], { cwd });
      assert.match(paused.err, /^3 runs (?:to be )?paused[.:]/);
      const cancelled = await simrun(["cancel", "other"], { cwd });
      assert.match(cancelled.err, /^1 run (?:to be )?cancelled[.:]/);
      await until(shows({ runs_paused: 3, runs_cancelled: 1 }), "it is done", 60_000);
      assert.equal((await simrun(["slots", "2"], { cwd })).err, "2 slots from now on, 1 before.\n");
      await place(cwd, "big.yaml", "id: big\nmodel: paced.js\nsteps: 3\nmemory: 900TiB\n");
      const refused = await simrun(["submit", "big.yaml"], { cwd });
      assert.equal(refused.code, EXIT.usage.status);
      assert.match(
        refused.err,
        /^big\.yaml:4:9: error: A run of job big needs .*\n {3}4 \| memory/,
      );
      child.kill("SIGINT");
      const { code, stderr } = await child.output();
      assert.equal(code, EXIT.interrupted.status);
      const told = new TextDecoder().decode(stderr);
      assert.match(told, /simrun continue all {4}lets the 3 paused runs/);
      assert.match(told, /note: 2 slots from now on, 1 before\n/);

      await place(cwd, "pace.txt", "0");
      const none = await simrun(["resume"], { cwd });
      assert.deepEqual(none, {
        code: EXIT.stopped.status,
        out: "",
        err: "Nothing to resume: 3 of 4 runs are paused, and nothing else is left. " +
          "simrun continue all lets them go on.\n",
      });
      const again = await simrun(["jobs.yaml"], { cwd });
      assert.equal(again.code, EXIT.stopped.status);
      assert.match(again.err, /note: 3 runs stay paused: simrun continue all lets them go on\./);
      assert.match(again.err, /Stopped: all that is left is paused/);
      assert.match(
        (await simrun(["explain", "other"], { cwd })).out,
        /simrun retry other takes it/,
      );

      const sweep = await simrun(["explain", "walk"], { cwd });
      assert.match(sweep.out, /^walk {2}3 runs: 3 paused\n/);
      assert.match(sweep.out, / {2}\d {2}paused {2}on request.* walk\/\w+ \(drift: 0\.\d\)/);
      assert.match(sweep.out, /The next simrun: 3 paused\./);

      const wrong = await simrun(["continue", "wlak"], { cwd });
      assert.deepEqual([wrong.code, /Did you mean walk\?/.test(wrong.err)], [
        EXIT.usage.status,
        true,
      ]);
      assert.deepEqual(await simrun(["continue", "walk"], { cwd }), {
        code: 0,
        out: "",
        err: "3 runs may go on. simrun resume computes them.\n",
      });
      const taken = await simrun(["retry", "cancelled", "--json", "-q"], { cwd });
      assert.deepEqual([taken.code, JSON.parse(taken.out).runs, taken.err], [0, 1, ""]);
      const journal = await Deno.readTextFile(`${cwd}/simruns/hot/journal.jsonl`);
      for (const type of ["runs.continued", "runs.retried"]) {
        const line = journal.split("\n").find((line) => line.includes(`"${type}"`))!;
        assert.match(line, /"earlier":true/, "nobody worked when it was written");
      }
      const nothing = await simrun(["continue", "walk"], { cwd });
      assert.deepEqual(
        [nothing.code, /there is no simrun to ask/.test(nothing.err)],
        [EXIT.usage.status, true],
      );
      const done = await simrun(["resume", "--json"], { cwd });
      const { runs_completed, runs_cancelled, runs_remaining } = JSON.parse(done.out);
      assert.deepEqual(
        [done.code, runs_completed, runs_cancelled, runs_remaining],
        [0, 4, 0, 0],
        done.err,
      );
    })
  );
});

Deno.test("simrun cancel and pause hold with nobody at work, for runs that began and for those that never did", async () => {
  await inFolder((cwd) =>
    leavesNoProcess(async () => {
      await place(cwd, "paced.js", PACED);
      await place(cwd, "pace.txt", "500");
      await place(cwd, "jobs.yaml", JOBS);
      const child = programCommand(["jobs.yaml", "-j", "1"], { cwd }).spawn();
      const counts = async (): Promise<Record<string, number>> =>
        JSON.parse((await simrun(["status", "--json"], { cwd })).out);
      await until(
        async () => {
          const { code, out } = await simrun(["status", "--json"], { cwd });
          return code === 0 && JSON.parse(out).runs_running === 1;
        },
        "one is computed",
        60_000,
      );
      child.kill("SIGINT");
      await child.output();
      await place(cwd, "pace.txt", "0");

      const paused = await simrun(["pause", "other"], { cwd });
      assert.equal(
        paused.err,
        "1 run paused. simrun continue other lets it go on.\n",
      );
      const cancelled = await simrun(["cancel", "walk", "--json"], { cwd });
      assert.deepEqual(JSON.parse(cancelled.out), {
        ok: true,
        message: "3 runs cancelled. simrun retry cancelled takes them up again.",
        runs: 3,
      });
      const { runs_paused, runs_cancelled } = await counts();
      assert.deepEqual({ runs_paused, runs_cancelled }, { runs_paused: 1, runs_cancelled: 3 });
      const again = await simrun(["cancel", "walk"], { cwd });
      assert.equal(again.code, EXIT.usage.status);
      assert.match(again.err, /none of what is meant is running or waiting: 3 runs are cancelled/);
      const left = await simrun(["jobs.yaml"], { cwd });
      assert.equal(left.code, EXIT.stopped.status, "one is paused");
      await simrun(["continue", "other"], { cwd });
      const others = await simrun(["jobs.yaml"], { cwd });
      assert.equal(others.code, EXIT.runsFailed.status, "what was cancelled is not done");
      const unknown = await simrun(["cancel", "wolk"], { cwd });
      assert.match(unknown.err, /no job and no run "wolk"[^]*Did you mean walk\?/);

      assert.equal((await simrun(["retry", "cancelled"], { cwd })).code, 0);
      assert.equal((await simrun(["resume", "-q"], { cwd })).code, 0);
      assert.equal((await counts()).runs_completed, 4);
    })
  );
});
