/** What `simrun status`, `explain` and the end of a run print, letter by letter. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { treeStatus } from "../../src/report/status.ts";
import { SummaryFold } from "../../src/report/summary.ts";
import { renderStatus } from "../../src/screen/status_view.ts";
import { noteOf, noteText } from "../../src/screen/note.ts";
import { renderSummary } from "../../src/screen/summary_view.ts";
import {
  CLIMATE,
  CLIMATE_LIVE,
  completed,
  failed,
  history,
  job,
  planned,
  saved,
  SESSION,
  started,
} from "../report/fixtures.ts";
import { BASE, CANVAS, chaptersIn, PLAIN, storyLines } from "./fixtures.ts";

Deno.test("renderStatus() shows a working simrun as the founding example has it", () => {
  const status = treeStatus(history(CLIMATE), { ...BASE, live: CLIMATE_LIVE, working: true });
  assert.deepEqual(renderStatus(status, CANVAS), [
    "simrun is working on 2 slots (process 4242 on node1)",
    "",
    "job                                      done",
    "climate_2030  ━━━━━━━━━───────────  45%   0/1  1 running",
    "climate_2040  ━━━━━━──────────────  30%   0/1  1 running",
    "climate_2050  ────────────────────   0%   0/1  1 waiting",
    "all           ━━━━━───────────────  25%   0/3  2 running, 1 waiting",
    "1,030 steps/s, 37 min left",
    "",
    "running       progress  steps done   rate    left  memory used  last checkpoint",
    "climate_2030       45%     450,000  625/s  15 min       3.2 GB  10 mins ago",
    "climate_2040       30%     300,000  400/s  30 min       2.8 GB  5 mins ago, attempt 2",
  ]);
});

Deno.test("renderStatus() lists as many running runs as anybody reads, and all where all are asked for", () => {
  const runs = Array.from({ length: 300 }, (_, slot) => `r${slot}`);
  const [one] = CLIMATE_LIVE.running;
  const running = runs.map((run, slot) => ({ ...one!, slot, job: "wide", run }));
  const events = [SESSION, planned("wide", 300), started("wide", runs)];
  const live = { ...CLIMATE_LIVE, running };
  const status = treeStatus(history(events), { ...BASE, live, working: true });
  const lines = renderStatus(status, CANVAS);
  assert.equal(lines.filter((line) => line.startsWith("wide/r")).length, 256);
  assert.equal(lines.at(-1), "… and 44 more: simrun status running --all");
  const whole = renderStatus(status, { ...CANVAS, isWhole: true });
  assert.equal(whole.filter((line) => line.startsWith("wide/r")).length, 300);
});

Deno.test("renderStatus() after a kill says what was saved, what failed and what to type", () => {
  const events = [
    ...CLIMATE,
    planned("ising", 2),
    started("ising", ["a", "b"]),
    failed("ising", "a", "T must be positive\x1b[2J"),
    saved("climate_2040", "climate_2040", 300_000),
  ];
  assert.deepEqual(renderStatus(treeStatus(history(events), BASE), CANVAS), [
    "No simrun is working here; the last one was killed.",
    "",
    "job                                      done",
    "climate_2030  ━━━━━━━━╸───────────  44%   0/1  1 interrupted",
    "climate_2040  ━━━━━━──────────────  30%   0/1  1 interrupted",
    "climate_2050  ────────────────────   0%   0/1  1 waiting",
    "ising         ╸───────────────────  <1%   0/2  1 interrupted, 1 failed",
    "all           ━━━─────────────────  15%   0/5  3 interrupted, 1 failed, 1 waiting",
    "",
    "interrupted   progress  steps done",
    "climate_2030       44%     440,000  saved at step 440,000, 5 s ago",
    "climate_2040       30%     300,000  saved at step 300,000, just now",
    "ising/b             0%           0  nothing saved; begins anew",
    "",
    "failed   progress  steps done",
    "ising/a        1%      12,000  the model threw an error: T must be positive\\x1b[2J (models/ising.ts:14:9)",
    "",
    "simrun resume goes on with what is not done.",
  ]);
});

Deno.test("renderStatus() of a tree where nothing ran says how to begin", () => {
  assert.deepEqual(renderStatus(treeStatus(history([]), BASE), CANVAS), [
    "No simrun has worked on this tree yet.",
    "",
    "Nothing was run here yet. Type simrun jobs/*.yaml to begin.",
  ]);
});

Deno.test("renderStory() tells attempts, checkpoints and the failure with its place", () => {
  const events: RunEvent[] = [
    SESSION,
    planned("ising", 2, { parameters: { L: 64 } }),
    started("ising", ["a", "b"]),
    saved("ising", "a", 4_000),
    saved("ising", "a", 8_000),
    saved("ising", "a", 12_000),
    {
      type: "runs.requeued",
      job: "ising",
      runs: ["a"],
      cause: "slot-lost",
      counted: true,
      message: "killed by SIGKILL",
    },
    started("ising", ["a"], { attempt: 2 }),
    { type: "run.resumed", job: "ising", run: "a", step: 12_000, rejected: [] },
    failed("ising", "a", "T must be positive"),
  ];
  const ising = job("ising", { parameters: { L: 64 } });
  const lines = storyLines(events, "a", { job: ising, point: { T: 2.25 }, folder: "/home/ada" });
  assert.deepEqual(lines, [
    "ising/a  failed",
    "",
    "  model       models/ising.ts",
    "  priority    normal",
    "  parameters  L: 64, T: 2.25",
    "  steps       12,000 of 1,000,000 (1%)",
    "  saved       step 12,000",
    "",
    "  2026-11-21 11:59:52  planned for 1,000,000 steps, model m1",
    "  2026-11-21 11:59:53  attempt 1 started, to 1,000,000 steps",
    "  2026-11-21 11:59:54  saved 3 times, steps 4,000 to 12,000 (1.2 MB each), last at 11:59:56",
    "  2026-11-21 11:59:57  back to the queue (its process died: killed by SIGKILL); a failed attempt",
    "  2026-11-21 11:59:58  attempt 2 started, to 1,000,000 steps",
    "  2026-11-21 11:59:59  went on at step 12,000",
    "  2026-11-21 12:00:00  attempt 1 failed: the model threw an error at step 12,000: T must be positive (models/ising.ts:14:9)",
    "",
    "Next: simrun resume tries it again; the other runs are not touched.",
    "simrun logs ising/a shows what it logged.",
  ]);
});

const FACTS = { tree: "/data/simruns", elapsedMs: 80_000, total: 5, skipped: 2 };
const goOn = (more = ""): string => `simrun resume${more && ` ${more}`}`;
const END = { paint: PLAIN, folder: "/home/ada", treeFlag: "", goOn, stopped: undefined };

function summaryOf(events: readonly RunEvent[]) {
  const fold = new SummaryFold();
  for (const event of events) fold.apply(event);
  return fold;
}

Deno.test("renderSummary() of a completed campaign says where the numbers are", () => {
  const fold = summaryOf(["a", "b", "c"].map((run) => completed("s", run, {})));
  assert.deepEqual(renderSummary(fold.summary(FACTS), END), [
    "Done: 5 runs in 1 min 20 s; 3 completed, 2 were done before.",
    "simrun results    the numbers",
  ]);
});

Deno.test("renderSummary() of failures names them, where they happened and what to type", () => {
  const fold = summaryOf([
    completed("s", "a", {}),
    failed("s", "b", "boom"),
    failed("s", "c", "boom"),
  ]);
  const lines = renderSummary(fold.summary(FACTS), { ...END, treeFlag: " --tree x" });
  assert.deepEqual(lines, [
    "Done, with failures: 5 runs in 1 min 20 s; 1 completed, 2 failed, 2 were done before.",
    "failed  2 runs, s/b first  the model threw an error at step 12,000: boom (models/ising.ts:14:9)",
    "simrun explain s/b --tree x    what happened to it",
    "simrun results --tree x    the numbers",
  ]);
});

Deno.test("renderSummary() of a stopped campaign says how to go on", () => {
  const lines = renderSummary(summaryOf([completed("s", "a", {})]).summary(FACTS), {
    ...END,
    stopped: "by SIGINT",
  });
  assert.deepEqual(lines, [
    "Stopped by SIGINT after 1 min 20 s: 1 of 5 runs completed, 2 were done before, 2 remain.",
    "simrun resume    goes on where it stopped",
  ]);
  // A batch job goes on by itself.
  const inJob = { ...END, stopped: "by SIGUSR2", goOn: undefined };
  const said = renderSummary(summaryOf([completed("s", "a", {})]).summary(FACTS), inJob);
  assert.equal(said.length, 1);
  const full = summaryOf([completed("s", "a", {})]).summary({ ...FACTS, total: 3, skipped: 1 });
  assert.equal(
    renderSummary(full, { ...END, stopped: "the disk is full" })[0],
    "Stopped: the disk is full; after 1 min 20 s 1 of 3 runs completed, 1 was done before, 1 remains.",
  );
});

Deno.test("SummaryFold tells a reason against checkpoints once, and does not count what began anew as gone on", () => {
  const refused = (run: string): RunEvent => ({
    type: "run.resumed",
    job: "s",
    run,
    step: 0,
    rejected: [{ file: "step-5.ckpt", reason: "its parameters are others" }],
  });
  const one = summaryOf([refused("a")]).summary(FACTS);
  assert.deepEqual(one.warnings, [
    "s/a: checkpoint step-5.ckpt not used: its parameters are others",
  ]);
  const many = summaryOf(["a", "b", "c"].map(refused)).summary(FACTS);
  assert.deepEqual(many.warnings, ["3 runs: checkpoints not used: its parameters are others"]);
  assert.equal(many.resumed, 0);
});

Deno.test("SummaryFold does not count a run as gone on whose next attempt began anew", () => {
  const started = (attempt: number): RunEvent => ({
    type: "runs.started",
    job: "s",
    model: "m1",
    steps: 10,
    attempt,
    runs: ["a", "d", "b", "e"],
  });
  const resumed = (run: string): RunEvent => ({
    type: "run.resumed",
    job: "s",
    run,
    step: 5,
    rejected: [],
  });
  const first = [started(1), resumed("a"), resumed("b")];
  assert.equal(summaryOf(first).summary(FACTS).resumed, 2);
  assert.equal(summaryOf([...first, started(2)]).summary(FACTS).resumed, 0);
  assert.equal(summaryOf([...first, started(2), resumed("b")]).summary(FACTS).resumed, 1);
});

Deno.test("SummaryFold keeps different failures apart and the same ones together, whatever their steps", () => {
  const later = failed("s", "d", "boom") as RunEvent & { readonly type: "run.failed" };
  const groups = summaryOf([
    failed("s", "b", "boom"),
    failed("s", "c", "bang"),
    { ...later, failure: { ...later.failure, step: 13_000 } },
  ]).summary(FACTS).failureGroups;
  assert.deepEqual(
    groups.map(({ count, run, failure }) => [count, run, failure.message, failure.step]),
    [[2, "b", "boom", 0], [1, "c", "bang", 12_000]],
  );
});

Deno.test("renderStatus() tells failures that are the same on one line, each of them with isWhole", () => {
  const events = [planned("s", 30), started("s", ["a", "b", "c"])];
  for (const run of ["a", "b", "c"]) events.push(failed("s", run, "boom"));
  const status = treeStatus(history(events), BASE);
  const text = renderStatus(status, CANVAS).join("\n");
  assert.match(text, /3 runs +s\/a, … +the model threw an error: boom/);
  assert.equal(text.match(/boom/g)!.length, 1);
  const whole = renderStatus(status, { ...CANVAS, isWhole: true }).join("\n");
  assert.equal(whole.match(/boom/g)!.length, 3);
});

Deno.test("renderStory() of a run that converged, after a kill and a lost slot, says so in words", () => {
  const events: RunEvent[] = [
    SESSION,
    planned("s"),
    started("s", ["s"]),
    saved("s", "s", 4_000),
    SESSION,
    started("s", ["s"]),
    { type: "run.resumed", job: "s", run: "s", step: 4_000, rejected: [] },
    { type: "runs.requeued", job: "s", runs: ["s"], cause: "slot-lost", counted: false },
    started("s", ["s"]),
    completed("s", "s", {}, { steps: 60_000, ending: "converged" }),
  ];
  const lines = storyLines(events, "s", { job: job("s") });
  assert.match(lines.join("\n"), /steps +60,000 \(converged; 1,000,000 asked for\)/);
  const again = storyLines([...events, started("s", ["s"])], "s", { job: job("s") });
  assert.deepEqual(chaptersIn(again), [
    "planned for 1,000,000 steps, model m1",
    "attempt 1 started, to 1,000,000 steps",
    "saved step 4,000",
    "interrupted: simrun was killed or lost",
    "went on with attempt 1, to 1,000,000 steps",
    "went on at step 4,000",
    "given to a new slot, because its slot ended",
    "went on with attempt 1, to 1,000,000 steps",
    "completed 60,000 steps",
    "attempt 1 started, to 1,000,000 steps",
  ]);
});

Deno.test("noteOf() is silent of runs that only waited in a slot that ended, and names a refusal's topic", () => {
  const lost = { type: "runs.requeued", job: "s", runs: ["a"], cause: "slot-lost" } as const;
  assert.equal(noteOf({ ...lost, counted: false }, "/"), undefined);
  assert.match(noteText(noteOf({ ...lost, counted: true }, "/")!), /^s\/a: .*it is tried again$/);
  const topics = ["a", "b"].map((run) => {
    const rejected = [{ file: `${run}.ckpt`, reason: "other parameters" }];
    return noteOf({ type: "run.resumed", job: "s", run, step: 0, rejected }, "/")!.topic;
  });
  assert.equal(topics[0], topics[1]);
  assert.ok(topics[0]);
  assert.equal(noteText({ kind: "warning", text: "3 runs: done" }), "3 runs: done");
});

Deno.test("renderSummary() says when there was nothing to do", () => {
  const fold = summaryOf([]);
  assert.deepEqual(renderSummary(fold.summary({ ...FACTS, total: 2 }), END), [
    "Nothing to do: all 2 runs are done.",
    "simrun results    the numbers",
  ]);
  const none = renderSummary(fold.summary({ ...FACTS, total: 0, skipped: 0 }), END);
  assert.deepEqual(none, ["Nothing to do: there were no runs."]);
});

Deno.test("renderStatus() shows what runs of a sweep stand for, cut to its place, and not where there is no room", () => {
  const point = { co2: 450, label: `\x1b[2J${"x".repeat(100)}` };
  const read = treeStatus(history([SESSION, planned("s", 2), started("s", ["a", "b"])]), BASE);
  const status = {
    ...read,
    runs: read.runs.map((run) => run.run === "a" ? { ...run, point } : run),
  };
  const lines = renderStatus(status, CANVAS);
  const at = lines.findIndex((line) => line.startsWith("interrupted "));
  assert.match(lines[at]!, /^interrupted {2}parameters {2,}progress {2}steps done$/);
  assert.match(lines[at + 1]!, /^s\/a {10}co2: 450, label: \\x1b\[2Jx+… {2} +0% {11}0/);
  assert.match(lines[at + 2]!, /^s\/b {72,}0% {11}0/);
  const narrow = renderStatus(status, { ...CANVAS, columns: 80 }).join("\n");
  assert.doesNotMatch(narrow, /co2/);
});
