/** What is handed to Slurm and noted in the tree, whatever Slurm and the disk say to it. */
import assert from "node:assert/strict";
import { Fault } from "../../src/job/fault.ts";
import type { SlurmAnswer } from "../../src/slurm/client.ts";
import { listSubmissions, type Submission } from "../../src/slurm/submission.ts";
import { submitScripts } from "../../src/slurm/submit.ts";
import { readTasks } from "../../src/slurm/tasks.ts";
import { openTree } from "../../src/store/tree.ts";
import { inFolder } from "../helpers/folder.ts";

const SUBMISSION: Submission = {
  ...{ format: "simrun submission", version: 1, submittedAt: "2026-11-01T00:00:00Z", host: "h" },
  ...{ of: 2, shards: [1, 2], runs: 2, stepMs: { a: 3 } },
  manifests: [{ path: "a.yaml", folder: "/m", text: "id: a\n" }],
};
const SCRIPTS = {
  submission: SUBMISSION,
  pilot: (folder: string) => `#!/bin/bash\n# ${folder}\n`,
  then: () => "#!/bin/bash\n",
};

const says = (text: string): SlurmAnswer => ({ ok: true, text });
const refuses: SlurmAnswer = { ok: false, missing: false, message: "Invalid account" };

/** Answers in turn, and keeps what it was asked. */
function slurmOf(...answers: readonly (SlurmAnswer | (() => SlurmAnswer))[]) {
  const asked: (readonly string[])[] = [];
  const left = [...answers];
  return {
    asked,
    slurm: (program: string, args: readonly string[]) => {
      asked.push([program, ...args]);
      const answer = left.shift()!;
      return Promise.resolve(typeof answer === "function" ? answer() : answer);
    },
  };
}

Deno.test("submitScripts() notes the numbers that Slurm gave, one folder a submission", () =>
  inFolder(async (folder) => {
    const layout = await openTree(`${folder}/T`, "write");
    const { slurm, asked } = slurmOf(says("12;cluster\n"), says("13\n"), says("14\n"));
    const first = await submitScripts(slurm, layout, SCRIPTS);
    assert.deepEqual(first.record, { job: "12", cluster: "cluster", then: "13" });
    await submitScripts(slurm, layout, { ...SCRIPTS, then: undefined });
    assert.deepEqual(
      listSubmissions(layout).map(({ number, job, submission }) => [number, job?.job, submission]),
      [[1, "12", SUBMISSION], [2, "14", SUBMISSION]],
    );
    const script = `${layout.slurmFolder}/1/pilot.sh`;
    assert.equal(Deno.readTextFileSync(script), SCRIPTS.pilot(`${layout.slurmFolder}/1`));
    assert.deepEqual(asked.slice(0, 2), [
      ["sbatch", "--parsable", script],
      ["sbatch", "--parsable", "--dependency=afterany:12", `${layout.slurmFolder}/1/then.sh`],
    ]);
  }));

Deno.test("submitScripts() leaves nothing of what Slurm refuses, and tells of a job that it has taken", () =>
  inFolder(async (folder) => {
    const layout = await openTree(`${folder}/T`, "write");
    await assert.rejects(
      submitScripts(slurmOf(refuses).slurm, layout, SCRIPTS),
      (error) => error instanceof Fault && /sbatch said no: Invalid account/.test(error.message),
    );
    assert.deepEqual([...Deno.readDirSync(layout.slurmFolder)], []);
    await assert.rejects(
      submitScripts(slurmOf(says("12\n"), refuses).slurm, layout, SCRIPTS),
      (error) =>
        error instanceof Fault && /submitted as job 12, the last job is not/.test(error.message),
    );
    assert.deepEqual(listSubmissions(layout).map(({ job }) => job), [{ job: "12" }]);
    // The folder goes away while Slurm answers: nobody can write the number down any more.
    const lost = slurmOf(() => {
      Deno.removeSync(layout.slurmFolder, { recursive: true });
      return says("15\n");
    });
    await assert.rejects(
      submitScripts(lost.slurm, layout, { ...SCRIPTS, then: undefined }),
      (error) =>
        error instanceof Fault && /took it as job 15, which could not be noted/.test(error.message),
    );
  }));

Deno.test("readTasks() finds the job of a submission whose number was lost by its script", () =>
  inFolder(async (folder) => {
    const layout = await openTree(`${folder}/T`, "write");
    const { slurm } = slurmOf(says("12\n"), says("14\n"));
    for (let time = 0; time < 2; time++) {
      await submitScripts(slurm, layout, { ...SCRIPTS, then: undefined });
    }
    const script = `${layout.slurmFolder}/2/pilot.sh`;
    Deno.removeSync(`${layout.slurmFolder}/2/job.json`);
    const { slurm: knows, asked } = slurmOf(
      says(`13 /elsewhere/pilot.sh\n14 ${script}\n14 ${script}\n`),
      says("JobId=14 ArrayJobId=14 ArrayTaskId=1-2 JobState=PENDING Reason=Priority\n"),
    );
    const tasks = await readTasks(knows, listSubmissions(layout));
    assert.deepEqual(tasks.map(({ id, state }) => [id, state]), [["14_1", "PENDING"], [
      "14_2",
      "PENDING",
    ]]);
    assert.deepEqual(asked[0], [
      ...["squeue", "--me", "--states=all", "--noheader", "--format=%F %o"],
    ]);
    // Slurm is away: what the earlier submission says would be out of date, but it is all there is.
    const away = await readTasks(slurmOf(refuses, refuses).slurm, listSubmissions(layout));
    assert.deepEqual(away.map(({ id, verdict }) => [id, verdict]), [["12_1", "unasked"], [
      "12_2",
      "unasked",
    ]]);
  }));
