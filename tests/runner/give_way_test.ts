/** A campaign under --nice, with real slots: it gives way to others, comes back, and computes the same. */
import assert from "node:assert/strict";
import os from "node:os";
import { join } from "node:path";
import type { LoadSample } from "../../src/campaign/governor.ts";
import type { Live } from "../../src/job/live.ts";
import type { LoadSource } from "../../src/runner/machine_load.ts";
import type { Runner } from "../../src/runner/runner.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, sweepOf } from "../helpers/jobs.ts";
import { PACED } from "../helpers/models.ts";
import { isAlive, leavesNoProcess, sleep, slotsOf, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { keptResults, runJobs } from "../helpers/real_run.ts";
import { isTorture } from "../helpers/torture.ts";

/** Slots begin late on a machine that is busy. */
const LONG_MS = 60_000;

const HOURLY = { every: { kind: "time", everyMs: 3_600_000 }, keep: 3 } as const;

/** Others as the test says; two seconds pass at every look. */
class Others implements LoadSource {
  readonly isKnown = true;
  readonly everyMs = 0;
  cores = 0;
  #atMs = 0;

  sample(): LoadSample {
    return { atMs: this.#atMs += 2000, cores: 2, others: this.cores };
  }
}

Deno.test("a run whose slot gives way to others is saved, waits, comes back and computes the same to the bit", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "pace.txt", "60");
      const model = module(await place(folder, "model.ts", PACED));
      const job = aJob({
        model,
        steps: 3_000,
        checkpoint: HOURLY,
        sweep: sweepOf("drift", [0.1, 0.2]),
      });
      const root = join(folder, "tree");
      const others = new Others();
      const told: string[] = [];
      let given: Live | undefined;
      let campaign: Runner | undefined;
      const course = async () => {
        await until(() => campaign?.live().running.length === 2, "both runs are computed", LONG_MS);
        others.cores = 1.9;
        await until(() => campaign!.live().running.length === 1, "one gives way", LONG_MS);
        given = campaign!.live();
        others.cores = 0;
        await until(() => campaign!.live().running.length === 2, "it is back", LONG_MS);
        assert.equal(campaign!.live().givesWay, undefined);
        await place(folder, "pace.txt", "0");
      };
      const onWarning = (message: string) => told.push(message);
      const request = { slots: 2, nice: true, load: others, onWarning };
      let driven: Promise<void> | undefined;
      const ran = await runJobs(root, [job], request, (_event, runner) => {
        campaign = runner;
        driven ??= course();
      });
      await driven;
      assert.equal(ran.outcome.completed, 2);
      const { slots, of, othersCores } = given!.givesWay!;
      assert.deepEqual([slots, of, given!.slots], [1, 2, 1]);
      assert.ok(othersCores > 0.5 && othersCores <= 1.9, `${othersCores}`);
      const requeued = ran.events("runs.requeued");
      assert.deepEqual(requeued.map(({ cause, counted }) => [cause, counted]), [["load", false]]);
      const [run] = requeued[0]!.runs;
      const resumed = ran.events("run.resumed").filter((event) => event.run === run);
      assert.ok(resumed.length === 1 && resumed[0]!.step > 0, "it goes on where it was");
      const attempts = ran.events("runs.started").filter(({ runs }) => runs.includes(run!));
      assert.deepEqual(attempts.map(({ attempt }) => attempt), [1, 1]);
      assert.match(
        told.join("\n"),
        /^1 of 2 slots gives way: others use \d\.\d cores\nothers need /,
      );
      const alone = join(folder, "alone");
      await runJobs(alone, [job], { slots: 2 });
      assert.deepEqual(await keptResults(root), await keptResults(alone));
    })
  );
});

Deno.test("a system that does not tell what others compute is told of once, and nothing pauses", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "pace.txt", "0");
      const model = module(await place(folder, "model.ts", PACED));
      const told: string[] = [];
      const load: LoadSource = { isKnown: false, everyMs: 0, sample: () => assert.fail("asked") };
      const request = { nice: true, load, onWarning: (message: string) => told.push(message) };
      const { outcome } = await runJobs(join(folder, "tree"), [aJob({ model })], request);
      assert.equal(outcome.completed, 1);
      assert.equal(told.length, 1);
      assert.match(told[0]!, /^This system does not tell what others compute: /);
    })
  );
});

const canCompete = Deno.build.os === "linux" && (os.getPriority() <= 0 || Deno.uid() === 0);

// Half a minute of a busy machine: in the long version only.
if (isTorture) {
  Deno.test({
    name: "run --nice -j 2 gives a slot to real processes that compute, and takes it back" +
      (canCompete ? "" : " (left out: needs Linux and no niceness)"),
    ignore: !canCompete,
    async fn() {
      await inFolder((folder) =>
        leavesNoProcess(async () => {
          await place(folder, "pace.txt", "5");
          await place(folder, "model.ts", PACED);
          const manifest = await place(
            folder,
            "jobs.yaml",
            "id: walk\nmodel: model.ts\nsteps: 5000\ncheckpoint_every: 1h\nsweep: { drift: [0.1, 0.2] }\n",
          );
          const tree = ["--tree", join(folder, "tree")];
          const child = startSimrun(["run", "--nice", "-j", "2", manifest, ...tree]);
          const hogs: Deno.ChildProcess[] = [];
          try {
            await until(() => slotsOf(child.pid).length === 2, "both slots work", LONG_MS);
            for (let i = 0; i < navigator.hardwareConcurrency; i++) {
              const hog = new Deno.Command("/bin/sh", { args: ["-c", "while :; do :; done"] })
                .spawn();
              hogs.push(hog);
              os.setPriority(hog.pid, 0);
            }
            const begun = performance.now();
            await until(() => slotsOf(child.pid).length === 1, "one gives way", LONG_MS);
            console.log(`      gave way after ${Math.round(performance.now() - begun)} ms`);
            const { stdout } = await simrun(["status", "--json", ...tree]);
            assert.equal(JSON.parse(stdout).simrun.slots_giving_way, 1);
            for (const hog of hogs) hog.kill("SIGKILL");
            const calm = performance.now();
            // Not on a machine that more than these use.
            const isBack = await until(() => slotsOf(child.pid).length === 2, "it is back", 30_000)
              .then(() => true, () => false);
            const waitedMs = Math.round(performance.now() - calm);
            console.log(isBack ? `      came back after ${waitedMs} ms` : "      others went on");
            await place(folder, "pace.txt", "0");
            assert.equal((await child.status).code, 0);
            const journal = Deno.readTextFileSync(join(folder, "tree/hot/journal.jsonl"));
            assert.match(journal, /"type":"runs.requeued".*"cause":"load","counted":false/);
            assert.doesNotMatch(journal, /"attempt":2/);
          } finally {
            for (const hog of hogs) if (isAlive(hog.pid)) hog.kill("SIGKILL");
            await Promise.all(hogs.map((hog) => hog.status));
            await sleep(0);
          }
          const alone = ["--tree", join(folder, "alone")];
          assert.equal((await simrun(["run", "-q", manifest, ...alone])).status, 0);
          assert.deepEqual(
            await keptResults(join(folder, "tree")),
            await keptResults(join(folder, "alone")),
          );
        })
      );
    },
  });
}
