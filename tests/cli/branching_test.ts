/** What people are told of where runs begin, and of where results come from. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, sweepOf } from "../helpers/jobs.ts";
import { WALK } from "../helpers/models.ts";
import { simrun } from "../helpers/program.ts";
import { runJobs } from "../helpers/real_run.ts";

Deno.test("simrun explain and results tell where a run begins, who begins from it, and what is not as it was", async () => {
  await inFolder(async (folder) => {
    const model = module(await place(folder, "walk.ts", WALK));
    const checkpoint = { every: { kind: "auto" }, keep: 3 } as const;
    const job = (id: string, steps: number, over = {}) =>
      aJob({ id, model, steps, checkpoint, ...over });
    const jobs = [
      job("spinup", 60),
      job("next", 80, { from: { job: "spinup", step: "last" } }),
      job("third", 99, {
        from: { job: "next", step: 70 },
        sweep: sweepOf("drift", [0.1, 0.2]),
        seed: 4,
      }),
    ];
    const root = join(folder, "tree");
    await runJobs(root, jobs);
    const told = async (...words: readonly string[]) => {
      const { stdout, stderr } = await simrun([...words, "--tree", root]);
      assert.equal(stderr, "");
      return stdout;
    };
    const [{ run }] = JSON.parse(await told("results", "third", "--json"));
    const story = await told("explain", `third/${run}`);
    assert.match(story, /begins from +next at step 70, that from spinup at step 60\n/);
    assert.match(story, /\d\d:\d\d {2}begins from next at step 70\n/);
    assert.match(story, /identity +spec \w{16}\+\w{16}, model \w{16}, seed 4\n/);
    assert.match(story, /computed by +simrun [\d.]+, Deno [\d.]+, on \S+\n/);
    const parent = await told("explain", "next");
    assert.match(parent, /begins from +spinup at step 60\n/);
    assert.match(parent, /begun from it +at step 70: third\/\w{16}, third\/\w{16}\n/);
    const { lineage, provenance } = JSON.parse(await told("explain", "next", "--json"));
    assert.equal(lineage.ancestors[0].job, "spinup");
    assert.equal(lineage.children.length, 2);
    assert.deepEqual(lineage.changed, []);
    assert.equal(provenance.parent.state_digest, lineage.ancestors[0].state_digest);
    assert.equal(
      await told(
        "results",
        "--columns",
        "job,seed,parent,parent_step,steps",
        "--format",
        "csv",
        "--where",
        "seed == 4 or parent == spinup",
      ),
      "job,seed,parent,parent_step,steps\r\nnext,0,spinup,60,80\r\n" +
        "third,4,next,70,99\r\nthird,4,next,70,99\r\n",
    );
    const [row] = JSON.parse(await told("results", "next", "--provenance"));
    assert.equal(row.parent, "spinup");
    const { computed_by: sessions, ended, started, ...rest } = row.provenance;
    assert.ok(Date.parse(started) <= Date.parse(ended));
    assert.deepEqual([sessions.length, sessions[0].deno], [1, Deno.version.deno]);
    assert.deepEqual(Object.keys(rest), ["seed", "spec_digest", "model", "parent"]);
    // Nobody who does not ask is told, and a parameter of that name comes first.
    assert.doesNotMatch(await told("results", "next"), /seed|computed/);

    await runJobs(root, [{ ...jobs[0]!, steps: 65, parameters: { drift: 0.2 } }]);
    const changed = await told("explain", "next");
    assert.match(
      changed,
      /not as then +parameters, seed, inputs or measuring of spinup changed\n/,
    );
    assert.match(changed, /not as then +it begins at step 65 now, not 60\n/);
    assert.match(changed, /The next simrun: what it rests on changed/);
    const dry = await told("explain", "third");
    assert.match(dry, /begins from +next at step 70/);
  });
});
