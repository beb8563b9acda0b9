/** Kill -9 of the orchestrator and of slots, with real processes: the same bits, and no process left behind. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunEvent } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import { readLines } from "../../src/worker/lines.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, sweepOf } from "../helpers/jobs.ts";
import { WALK } from "../helpers/models.ts";
import { isAlive, slotsOf, until } from "../helpers/processes.ts";
import { keptResults, runJobs, sumOf } from "../helpers/real_run.ts";
import { seeded } from "../helpers/seeded.ts";

const ORCHESTRATOR = fileURLToPath(new URL("../helpers/orchestrator.ts", import.meta.url));

/** Chosen anew each time, and printed when it fails. */
const SEED = Number(Deno.env.get("SIMRUN_SEED") ?? Date.now() % 1e6);

Deno.test("kill -9 of the orchestrator at any moment: the same bits, no orphan, nothing saved is lost", async () => {
  await inFolder(async (folder) => {
    const jobs = [...await walks(folder), await onTheWalks(folder)];
    const golden = join(folder, "golden");
    await runJobs(golden, jobs, { slots: 2 });
    const wanted = await keptResults(golden);
    const root = join(folder, "tree");
    const request = await place(folder, "request.json", JSON.stringify({ root, jobs, slots: 2 }));
    const random = seeded(SEED);
    const promises = new Promises();
    let kills = 0;
    for (const killed of [true, true, true, false]) {
      // The first of every kind of event, and any one after it, may be the last.
      const after = killed ? 1 + random.below(18) : Infinity;
      const { events, slots, status } = await orchestrate(request, after);
      await until(() => !slots.some(isAlive), `slots ${slots} of a killed orchestrator end`);
      events.forEach((event) => promises.hear(event));
      if (status !== 0) kills++;
    }
    const kept = await keptResults(root);
    assert.equal(sumOf(kept), sumOf(wanted), `seed ${SEED}, ${kills} kills`);
    assert.ok(kills >= 1, "it was killed at least once");
  });
});

Deno.test("kill -9 of a slot: its run goes on from its checkpoint, the other never notices", async () => {
  await inFolder(async (folder) => {
    const jobs = await walks(folder, 36_000);
    const golden = join(folder, "golden");
    await runJobs(golden, jobs, { slots: 2 });
    const root = join(folder, "tree");
    const saved = new Set<string>();
    let isKilled = false;
    const ran = await runJobs(root, jobs, { slots: 2 }, (event) => {
      if (event.type !== "run.checkpointed" || isKilled) return;
      saved.add(event.run);
      if (saved.size < 2) return;
      isKilled = true;
      Deno.kill(slotsOf(Deno.pid)[0]!, "SIGKILL");
    });
    assert.equal(ran.outcome.completed, 2);
    const requeued = ran.events("runs.requeued");
    assert.deepEqual(requeued.map(({ cause, counted }) => [cause, counted]), [["slot-lost", true]]);
    assert.match(requeued[0]!.message!, /killed \(SIGKILL\)/);
    const [run] = requeued[0]!.runs;
    const attempts = ran.events("runs.completed").flatMap(({ runs }) =>
      runs.map((one) => [one.run, one.attempt])
    );
    for (const [id, attempt] of attempts) assert.equal(attempt, id === run ? 2 : 1);
    const [resumed, ...others] = ran.events("run.resumed");
    assert.equal(resumed!.run, run);
    assert.ok(resumed!.step > 0, `resumed at ${resumed!.step}`);
    assert.deepEqual(others, []);
    assert.equal(sumOf(await keptResults(root)), sumOf(await keptResults(golden)));
  });
});

Deno.test("slots end with their orchestrator, also where it ended well", async () => {
  await inFolder(async (folder) => {
    const [job] = await walks(folder);
    const root = join(folder, "tree");
    let slots: number[] = [];
    await runJobs(root, [{ ...job!, steps: 500 }], { slots: 2 }, (event) => {
      if (event.type === "runs.started") slots = slotsOf(Deno.pid);
    });
    assert.ok(slots.length > 0);
    await until(() => !slots.some(isAlive), "the slots end");
  });
});

/** Two runs of some thousand steps with a checkpoint every few. */
async function walks(folder: string, steps = 6000): Promise<Job[]> {
  const model = module(await place(folder, "walk.ts", WALK));
  return [aJob({
    id: "walk",
    model,
    steps,
    measureEverySteps: 40,
    checkpoint: { every: { kind: "steps", steps: steps / 12 }, keep: 2 },
    sweep: sweepOf("drift", [0.1, 0.2]),
  })];
}

/** Goes on from what the walk with its own drift has computed. */
async function onTheWalks(folder: string): Promise<Job> {
  const text = WALK.replace(
    "return { u, energy: 0",
    "return { u, energy: ctx.needs.walk[0].result.sum",
  );
  return aJob({
    id: "after",
    model: module(await place(folder, "after.ts", text)),
    steps: 3000,
    checkpoint: { every: { kind: "steps", steps: 500 }, keep: 2 },
    sweep: { parts: [...sweepOf("drift", [0.1, 0.2]).parts, ...sweepOf("cells", [300]).parts] },
    needs: [{ job: "walk", runs: "same-point", accept: "completed" }],
  });
}

/** Runs the orchestrator in a process of its own and kills it behind so many events. */
async function orchestrate(request: string, killAfter: number) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--quiet",
      "--unstable-worker-options",
      ORCHESTRATOR,
      request,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const events: RunEvent[] = [];
  let slots: number[] = [];
  for await (const line of readLines(child.stdout)) {
    events.push(JSON.parse(line));
    slots = [...new Set([...slots, ...slotsOf(child.pid)])];
    if (events.length === killAfter) child.kill("SIGKILL");
  }
  return { events, slots, status: (await child.status).code };
}

/** What was told over all invocations, and must stay true. */
class Promises {
  readonly #saved = new Map<string, number>();
  readonly #completed = new Set<string>();

  /** A run never goes on from an earlier step than was told as saved, and never completes twice. */
  hear(event: RunEvent): void {
    if (event.type === "run.checkpointed") this.#saved.set(event.run, event.step);
    if (event.type === "run.resumed") {
      const saved = this.#saved.get(event.run) ?? 0;
      assert.deepEqual(event.rejected, []);
      assert.ok(event.step >= saved, `${event.run} goes on at ${event.step}, saved was ${saved}`);
    }
    if (event.type !== "runs.completed") return;
    for (const { run } of event.runs) {
      assert.ok(!this.#completed.has(run), `${run} completed twice`);
      this.#completed.add(run);
    }
  }
}
