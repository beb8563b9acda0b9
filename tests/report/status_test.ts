/** The state of a tree at one moment. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { sumLive } from "../../src/job/live_sum.ts";
import { History } from "../../src/queue/history.ts";
import { describeOpenNeeds } from "../../src/report/open_needs.ts";
import { zeroCounts } from "../../src/report/selector.ts";
import { treeStatus } from "../../src/report/status.ts";
import { statusJson } from "../../src/report/status_json.ts";
import {
  CLIMATE,
  CLIMATE_LIVE,
  completed,
  failed,
  history,
  journal,
  NOW,
  planned,
  saved,
  SESSION,
  started,
  sweepOf,
} from "./fixtures.ts";

const BASE = { tree: "/data/simruns", nowMs: NOW, live: undefined, working: false } as const;

Deno.test("statusJson() gives the founding example for running simulations", () => {
  const status = treeStatus(history(CLIMATE), { ...BASE, live: CLIMATE_LIVE, working: true });
  const { runs } = statusJson(status) as { runs: Record<string, Record<string, unknown>> };
  assert.deepEqual(Object.keys(runs), ["climate_2030", "climate_2040"]);
  const { progress, steps_done, memory_used, last_checkpoint } = runs.climate_2030!;
  assert.deepEqual(
    { progress, steps_done, memory_used, last_checkpoint },
    {
      progress: "45%",
      steps_done: 450_000,
      memory_used: "3.2 GB",
      last_checkpoint: "10 mins ago",
    },
  );
  assert.equal(runs.climate_2040!.last_checkpoint, "5 mins ago");
  assert.equal(runs.climate_2030!.eta_seconds, 880);
});

Deno.test("treeStatus() counts steps of jobs from live pictures and waits for the rest", () => {
  const status = treeStatus(history(CLIMATE), { ...BASE, live: CLIMATE_LIVE, working: true });
  assert.deepEqual(status.totals, {
    runs: 3,
    counts: { ...zeroCounts(), running: 2, waiting: 1 },
    stepsDone: 750_000,
    stepsTotal: 3_000_000,
    earlierRuns: 0,
  });
  assert.equal(status.etaMs, 2_250_000 / 1025 * 1000);
});

Deno.test("treeStatus() believes the journal where a run ended after the live picture was made", () => {
  const stateOf = (live: string) => {
    const past = history([...CLIMATE, completed("climate_2030", "climate_2030", {})]);
    const at = { ...CLIMATE_LIVE, at: live };
    const status = treeStatus(past, { ...BASE, live: at, working: true, selectors: ["all"] });
    return status.runs.find(({ run }) => run === "climate_2030")?.state;
  };
  const { lastAt } = history([...CLIMATE, completed("climate_2030", "climate_2030", {})]);
  assert.equal(stateOf(new Date(Date.parse(lastAt) - 400).toISOString()), "completed");
  // Begun anew behind what was read of the journal.
  assert.equal(stateOf(new Date(Date.parse(lastAt) + 400).toISOString()), "running");
});

Deno.test("treeStatus() compares a shard's picture with the shard's own journal, and with no other's", () => {
  const past = new History();
  const entries = journal([...CLIMATE, completed("climate_2030", "climate_2030", {})]);
  const place = { segment: 0, offset: 0, bytes: 1, seq: 1 };
  for (const entry of entries) past.apply(entry, { ...place, shard: "1-of-2" });
  const endedMs = Date.parse(entries.at(-1)!.at);
  const at = (ms: number) => new Date(endedMs + ms).toISOString();
  const stateOf = (pictureMs: number, otherMs: number) => {
    const other = { ...CLIMATE_LIVE, at: at(otherMs), running: [] };
    const live = sumLive([{ ...CLIMATE_LIVE, at: at(pictureMs) }, other]);
    const status = treeStatus(past, { ...BASE, live, working: true, selectors: ["all"] });
    return status.runs.find(({ run }) => run === "climate_2030")?.state;
  };
  assert.equal(stateOf(-400, 9_000), "completed");
  assert.equal(stateOf(400, 9_000), "running");
  // What another has written since does not make the picture an old one.
  past.apply({ ...entries[0]!, at: at(5_000) }, { ...place, shard: "2-of-2" });
  assert.equal(stateOf(400, 9_000), "running");
});

Deno.test("treeStatus() calls started runs interrupted when nobody works on the tree, whatever an old picture says", () => {
  const status = treeStatus(history(CLIMATE), { ...BASE, live: CLIMATE_LIVE });
  assert.equal(status.activity.kind, "lost");
  assert.deepEqual(status.runs.map(({ run, state, savedStep }) => [run, state, savedStep]), [
    ["climate_2030", "interrupted", 440_000],
    ["climate_2040", "interrupted", 290_000],
  ]);
  assert.equal(status.totals.stepsDone, 730_000);
  assert.equal(status.etaMs, undefined);
});

Deno.test("treeStatus() takes started runs that no slot computes yet as waiting while simrun works", () => {
  const events = [SESSION, planned("s", 4), started("s", ["a", "b", "c"])];
  const live = { ...CLIMATE_LIVE, running: [{ ...CLIMATE_LIVE.running[0]!, job: "s", run: "a" }] };
  const { totals } = treeStatus(history(events), { ...BASE, live, working: true });
  assert.deepEqual(totals.counts, { ...zeroCounts(), running: 1, waiting: 3 });
});

Deno.test("treeStatus() lists the first failed runs and counts the others", () => {
  const runs = Array.from({ length: 30 }, (_, i) => `r${i}`);
  const events = [
    SESSION,
    planned("s", 30),
    started("s", runs),
    ...runs.map((run) => failed("s", run, "boom")),
  ];
  const status = treeStatus(history(events), BASE);
  assert.equal(status.runs.length, 20);
  assert.deepEqual(status.unlisted, { failed: 10 });
  const all = treeStatus(history(events), { ...BASE, listMax: Infinity });
  assert.equal(all.runs.length, 30);
});

Deno.test("treeStatus() lists runs of a sweep that were never begun when they are asked for", () => {
  const sweep = sweepOf([280, 420, 560]);
  const events = [SESSION, sweep.planned];
  const status = (...selectors: string[]) => treeStatus(history(events), { ...BASE, selectors });
  const { runs } = status("waiting");
  assert.deepEqual(
    runs.map(({ state, stepsDone }) => [state, stepsDone]),
    Array(3).fill(["waiting", 0]),
  );
  const [{ run } = { run: "" }] = runs;
  assert.deepEqual(status(`s/${run.slice(0, 8)}`).runs.map((one) => one.run), [run]);
  assert.deepEqual(status("failed").runs, []);
  assert.deepEqual(status().runs, [], "they are not worth a line each");
});

Deno.test("treeStatus() tells the point of each listed run of a sweep, begun or not, and statusJson() as well", () => {
  const sweep = sweepOf([280, 420, 560]);
  const [, second] = treeStatus(history([SESSION, sweep.planned]), { ...BASE, selectors: ["s"] })
    .runs;
  const events = [SESSION, sweep.planned, started("s", [second!.run]), planned("plain", 1)];
  const status = treeStatus(history(events), { ...BASE, selectors: ["all"] });
  assert.deepEqual(
    status.runs.map(({ job, state, point }) => [job, state, point]),
    [
      ["s", "interrupted", { T: 420 }],
      ["s", "waiting", { T: 280 }],
      ["s", "waiting", { T: 560 }],
      ["plain", "waiting", undefined],
    ],
  );
  const { runs } = statusJson(status) as { runs: Record<string, { point?: { T: number } }> };
  assert.deepEqual(Object.values(runs).map(({ point }) => point?.T), [420, 280, 560, undefined]);
});

Deno.test("treeStatus() looks for no points of a sweep where that would take long", () => {
  const values = Array.from({ length: 20_001 }, (_, i) => i);
  const status = (listMax?: number) =>
    treeStatus(history([SESSION, sweepOf(values).planned]), {
      ...BASE,
      selectors: ["waiting"],
      ...(listMax === undefined ? {} : { listMax }),
    });
  assert.equal(status().runs.some(({ point }) => point !== undefined), false);
  assert.equal(status(Infinity).runs.every(({ point }) => point !== undefined), true);
});

Deno.test("treeStatus() with selectors lists what they choose, in any state", () => {
  const events = [
    SESSION,
    planned("a", 2),
    planned("b", 1),
    started("a", ["x", "y"]),
    completed("a", "x", {}),
    failed("a", "y", "boom"),
    completed("b", "b", {}),
  ];
  const chosen = (...selectors: string[]) =>
    treeStatus(history(events), { ...BASE, selectors }).runs.map(({ job, run }) => `${job}/${run}`);
  assert.deepEqual(chosen("a"), ["a/x", "a/y"]);
  assert.deepEqual(chosen("completed"), ["a/x", "b/b"]);
  assert.deepEqual(chosen("failed", "a"), ["a/y"]);
  assert.deepEqual(chosen("a/x", "b*"), ["a/x", "b/b"]);
  assert.deepEqual(chosen("nothing"), []);
});

Deno.test("treeStatus() takes a finished run as waiting when its job was given more steps", () => {
  const events = [
    SESSION,
    planned("a", 1, { steps: 1_000_000 }),
    completed("a", "a", {}),
    planned("a", 1, { steps: 4_000_000 }),
  ];
  const { totals } = treeStatus(history(events), BASE);
  assert.equal(totals.counts.waiting, 1);
  assert.equal(totals.stepsDone / totals.stepsTotal, 0.25);
});

Deno.test("treeStatus() counts a run that converged early as all done", () => {
  const events = [
    SESSION,
    planned("a"),
    completed("a", "a", {}, { steps: 10, ending: "converged" }),
  ];
  const { totals } = treeStatus(history(events), BASE);
  assert.equal(totals.counts.completed, 1);
  assert.equal(totals.stepsDone, 1_000_000);
});

Deno.test("treeStatus() does not count runs of an earlier sweep as part of the present one", () => {
  const before = sweepOf([1, 2, 3, 4]);
  const now = sweepOf([2, 3, 5]);
  const events = [
    SESSION,
    before.planned,
    started("s", before.runs),
    ...before.completed.slice(1),
    now.planned,
  ];
  const status = treeStatus(history(events), BASE);
  const [sweep] = status.jobs;
  assert.equal(sweep!.runs, 3);
  assert.equal(sweep!.counts.completed, 2);
  assert.equal(sweep!.counts.waiting, 1);
  assert.equal(sweep!.counts.interrupted, 0, "the one of the earlier plan is not waited for");
  assert.equal(sweep!.earlierRuns, 2);
  assert.equal(sweep!.stepsDone, sweep!.stepsTotal * 2 / 3);
  assert.deepEqual(status.runs, []);
  const named = treeStatus(history(events), { ...BASE, selectors: [`s/${before.runs[3]}`] });
  assert.deepEqual(named.runs.map(({ state }) => state), ["interrupted"]);
});

Deno.test("treeStatus() knows how the last simrun ended", () => {
  const ended = { type: "campaign.ended", completed: 1, failed: 0, remaining: 2 } as const;
  const { activity } = treeStatus(
    history([...CLIMATE, saved("climate_2030", "climate_2030", 1), {
      ...ended,
      outcome: "stopped",
    }]),
    BASE,
  );
  assert.equal(activity.kind, "ended");
  assert.equal(treeStatus(history([]), BASE).activity.kind, "never");
});

const PAUSED = [
  SESSION,
  planned("s", 3),
  { type: "runs.held", job: "s", runs: ["a", "b"] },
  started("s", ["c"]),
  {
    type: "runs.requeued",
    job: "s",
    runs: ["c"],
    cause: "hang",
    counted: true,
    message: "no step for 5 s",
    waitMs: 60_000,
  },
] as const;

Deno.test("treeStatus() shows a pause until somebody ends it, whether or not a simrun works", () => {
  const states = (options: typeof BASE | { readonly working: true }, ...more: RunEvent[]) =>
    treeStatus(history([...PAUSED, ...more]), { ...BASE, ...options, selectors: ["all"] })
      .runs.map(({ run, state }) => `${run} ${state}`);
  assert.deepEqual(states({ working: true }), ["a paused", "b paused", "c waiting"]);
  assert.deepEqual(states(BASE), ["a paused", "b paused", "c interrupted"]);
  assert.deepEqual(states({ working: true }, SESSION), ["a paused", "b paused", "c waiting"]);
  assert.deepEqual(
    states(BASE, { type: "runs.continued", job: "s", runs: ["b"], earlier: true }),
    ["a paused", "b waiting", "c interrupted"],
  );
  assert.deepEqual(
    states(BASE, { type: "runs.cancelled", job: "s", runs: ["a", "c"] }),
    ["a cancelled", "b paused", "c cancelled"],
  );
});

Deno.test("statusJson() counts paused and cancelled runs, and says why a run waits and until when", () => {
  const json = (...more: RunEvent[]) =>
    statusJson(treeStatus(history([...PAUSED, ...more]), { ...BASE, working: true })) as {
      runs: Record<string, Record<string, unknown>>;
    } & Record<string, unknown>;
  const { runs, ...all } = json();
  assert.deepEqual([all.runs_paused, all.runs_waiting, all.runs_cancelled], [2, 1, 0]);
  assert.equal(runs["s/a"]!.state, "paused");
  const { state, waiting_because, retry_at, next_attempt, attempts_max } = runs["s/c"]!;
  assert.deepEqual({ state, waiting_because, retry_at, next_attempt, attempts_max }, {
    state: "waiting",
    waiting_because: "it hung: no step for 5 s",
    retry_at: "2026-11-21T12:01:00.000Z",
    next_attempt: 2,
    attempts_max: 4,
  });
  const cancelled = json({ type: "runs.cancelled", job: "s", runs: ["a", "c"] });
  assert.deepEqual([cancelled.runs_paused, cancelled.runs_cancelled], [1, 2]);
  assert.equal(cancelled.runs["s/c"]!.retry_at, undefined);
});

Deno.test("treeStatus() lists a run that waits for its time, and not once that has come or a simrun is new", () => {
  const listed = (more: readonly RunEvent[], nowMs = NOW) =>
    treeStatus(history([...PAUSED, ...more]), { ...BASE, working: true, nowMs })
      .runs.filter(({ state }) => state === "waiting").map(({ run }) => run);
  assert.deepEqual(listed([]), ["c"]);
  assert.deepEqual(listed([], NOW + 60_000), []);
  assert.deepEqual(listed([SESSION]), []);
  assert.deepEqual(listed([{ type: "runs.continued", job: "s", runs: ["c"] }]), []);
  // Tried again by a person, it begins to count anew.
  const retried = history([...PAUSED, { type: "runs.retried", job: "s", runs: ["c"] }]);
  assert.equal(retried.jobs.get("s")!.find("c")!.attempt, 0);
});

Deno.test("treeStatus() looks into a job of which some runs were cancelled and the others are done", () => {
  const events: RunEvent[] = [
    SESSION,
    planned("s", 3),
    completed("s", "a", {}),
    { type: "runs.cancelled", job: "s", runs: ["b", "c"] },
  ];
  const { totals, runs } = treeStatus(history(events), BASE);
  assert.deepEqual(totals.counts, { ...zeroCounts(), completed: 1, cancelled: 2 });
  assert.deepEqual(runs.map(({ run }) => run), ["b", "c"]);
});

Deno.test("describeOpenNeeds() tells how much of what is needed is done, and nothing of what is", () => {
  const jobs = [
    { id: "mesh", runs: 4, counts: { ...zeroCounts(), completed: 3, failed: 1 } },
    { id: "done", runs: 2, counts: { ...zeroCounts(), completed: 2 } },
  ];
  const need = (id: string, accept: "completed" | "any" = "completed") =>
    ({ job: id, runs: "all", accept }) as const;
  assert.deepEqual(describeOpenNeeds([need("mesh"), need("done"), need("gone")], jobs), [
    "It needs mesh: 3 of 4 runs have completed.",
    "1 run of mesh failed or was cancelled: simrun retry mesh takes it up again.",
    "It needs gone, which the tree does not know yet.",
  ]);
  assert.deepEqual(describeOpenNeeds([need("mesh", "any")], jobs), []);
});
