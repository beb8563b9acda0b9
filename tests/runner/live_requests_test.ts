/** What is asked of a campaign at work, and what is answered. */
import assert from "node:assert/strict";
import type { ControlAction } from "../../src/job/control.ts";
import type { Fault } from "../../src/job/fault.ts";
import type { Diagnostic } from "../../src/manifest/diagnostic.ts";
import { readSubmitted } from "../../src/runner/added_jobs.ts";
import { LiveRequests } from "../../src/runner/live_requests.ts";
import type { JobProblems } from "../../src/runner/prepare.ts";
import { openRunner } from "../../src/runner/runner.ts";
import { stage } from "../campaign/fake_world.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, points } from "../helpers/jobs.ts";
import { COUNT } from "../helpers/models.ts";

async function staged() {
  const { campaign, table, plan } = await stage([aJob({ id: "sweep", sweep: points(40) })]);
  const requests = new LiveRequests({
    table,
    steering: campaign.steering,
    slots: () => 1,
    submit: () => Promise.reject(new Error("not here")),
  });
  const names = Array.from({ length: 40 }, (_, index) => plan.jobs[0]!.identify(index).run);
  return { ask: (action: ControlAction) => requests.perform(action), names };
}

Deno.test("the beginning of several runs' names is refused, with what they are called; nothing is done", async () => {
  const { ask, names } = await staged();
  const first = names.map((name) => name[0]!).find((letter, _, all) =>
    all.filter((other) => other === letter).length > 1
  )!;
  const meant = names.filter((name) => name.startsWith(first));
  await assert.rejects(ask({ type: "cancel", selectors: [`sweep/${first}`] }), (error: Error) => {
    assert.match(
      error.message,
      new RegExp(`is the beginning of ${meant.length} runs: sweep/${first}`),
    );
    return true;
  });
  const all = await ask({ type: "cancel", selectors: [`sweep/${first}*`] });
  assert.deepEqual(all, {
    ok: true,
    message: `${meant.length} runs cancelled.`,
    runs: meant.length,
  });
});

Deno.test("answers tell what to type next in the words that were asked with", async () => {
  const { ask, names } = await staged();
  const [one] = names;
  const selectors = [`sweep/${one!.slice(0, 12)}`];
  const paused = await ask({ type: "pause", selectors });
  assert.equal(
    paused.message,
    `1 run paused. simrun continue sweep/${one!.slice(0, 12)} lets it go on.`,
  );
  const again = await ask({ type: "pause", selectors });
  assert.deepEqual([again.ok, /running or waiting/.test(again.message)], [false, true]);
  assert.equal((await ask({ type: "continue", selectors })).message, "1 run may go on.");
  const retried = await ask({ type: "retry", selectors: ["all"] });
  assert.deepEqual(retried, {
    ok: false,
    message:
      "Nothing was done: none of what is meant failed or was cancelled: 40 runs are waiting.",
    runs: 0,
  });
});

Deno.test("when nothing can be done to what is meant, it is told what that is and what to type", async () => {
  const { ask, names } = await staged();
  const [one, two] = names.map((name) => `sweep/${name}`);
  await ask({ type: "cancel", selectors: [one!] });
  await ask({ type: "pause", selectors: [two!] });
  const none = "Nothing was done: none of what is meant";
  const message = async (action: ControlAction) => {
    const answer = await ask(action);
    assert.deepEqual([answer.ok, answer.runs], [false, 0]);
    return answer.message;
  };
  assert.equal(
    await message({ type: "priority", selectors: [one!], priority: 1 }),
    `${none} is running or waiting: it is cancelled. simrun retry ${one} takes it up again.`,
  );
  assert.equal(
    await message({ type: "pause", selectors: [one!, two!] }),
    `${none} is running or waiting: 1 run is paused, 1 is cancelled. ` +
      `simrun retry ${one} ${two} takes them up again. ` +
      `simrun continue ${one} ${two} lets them go on.`,
  );
  assert.equal(
    await message({ type: "cancel", selectors: ["waiting", one!] }),
    `${none} is running or waiting. ` +
      "States narrow names: failed ising means the failed runs of ising.",
  );
  assert.match(
    await message({ type: "continue", selectors: ["waiting"] }),
    /is paused: 38 runs are waiting\.$/,
  );
});

Deno.test("what was paused by its state goes on by another word; a pattern is told as a shell takes it", async () => {
  const { ask } = await staged();
  const pause = async (...selectors: string[]) =>
    (await ask({ type: "pause", selectors })).message.replace(/^\d+ runs? paused\. /, "");
  assert.equal(await pause("waiting"), "simrun continue paused lets them go on.");
  await ask({ type: "continue", selectors: ["all"] });
  assert.equal(await pause("waiting", "swe*"), "simrun continue 'swe*' lets them go on.");
  assert.equal((await ask({ type: "continue", selectors: ["swe*"] })).ok, true);
});

Deno.test("what is submitted again unchanged is told to be there already", async () => {
  const { campaign, table } = await stage([aJob({})]);
  const ask = async (jobs: number, toRun: number) => {
    const submit = () => Promise.resolve({ jobs, toRun });
    const requests = new LiveRequests({
      table,
      steering: campaign.steering,
      slots: () => 1,
      submit,
    });
    return (await requests.perform({ type: "submit", manifests: [] })).message;
  };
  assert.equal(await ask(0, 0), "Nothing new; this simrun has all of it already.");
  assert.equal(await ask(2, 0), "2 jobs taken up, nothing of it is to be computed.");
  assert.equal(await ask(1, 3), "1 job taken up, 3 runs to compute.");
});

Deno.test("continue takes back a pause that a run in the middle of a step has not come to", async () => {
  const { world, campaign, table } = await stage([aJob({ id: "long" })]);
  const requests = new LiveRequests({
    table,
    steering: campaign.steering,
    slots: () => 1,
    submit: () => Promise.reject(new Error("not here")),
  });
  await world.slot.ready();
  const paused = requests.perform({ type: "pause", selectors: ["long"] });
  await world.settle();
  assert.deepEqual(await requests.perform({ type: "continue", selectors: ["long"] }), {
    ok: true,
    message: "1 run may go on.",
    runs: 1,
  });
  assert.equal((await paused).ok, false);
  assert.match(
    (await requests.perform({ type: "continue", selectors: ["long"] })).message,
    /none of what is meant is paused: it is running\.$/,
  );
});

Deno.test("a misspelt job or state is answered with the one that was meant", async () => {
  const { ask } = await staged();
  for (
    const [word, meant] of [
      ["sweap", "Did you mean sweep?"],
      ["swe", "Did you mean sweep?"],
      ["runing", "Did you mean running?"],
      ["sweap/3f", "Did you mean sweep/3f?"],
      ["sweep/zz", "simrun status shows what there is."],
      ["zebra", "simrun status shows what there is."],
    ] as const
  ) {
    await assert.rejects(ask({ type: "pause", selectors: [word] }), (error: Fault) => {
      assert.equal(error.message, `This campaign has no job or run ${word}.`);
      assert.equal(error.hint, meant);
      return true;
    });
  }
});

Deno.test("what is submitted and asks for too much is refused with its place", async () => {
  await inFolder(async (folder) => {
    await place(folder, "count.js", COUNT);
    const path = `${folder}/more.yaml`;
    const text = "id: more\nmodel: count.js\nsteps: 3\nmemory: 8GiB\n";
    const runner = await openRunner({
      root: `${folder}/tree`,
      jobs: [aJob({ model: module(`${folder}/count.js`) })],
      slots: 1,
      memoryBytes: 2 ** 30,
    });
    try {
      const { jobs, locate } = readSubmitted([{ path, text }]);
      await assert.rejects(runner.add(jobs, [{ path, text }], locate), (error: JobProblems) => {
        const [{ message, place: at }] = error.diagnostics as [Diagnostic];
        assert.match(message, /needs 8\.00 GiB; all slots together have 1\.00 GiB/);
        assert.deepEqual([at?.path, at?.line, at?.column], [path, 4, 9]);
        return true;
      });
    } finally {
      await runner.close();
    }
  });
});
