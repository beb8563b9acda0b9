/** Statistics: what counts as a retry and what does not, and the same numbers as a count from scratch, whatever happens. */
import assert from "node:assert/strict";
import type { RequeueCause, RunEvent } from "../../src/job/event.ts";
import type { FailureClass } from "../../src/job/run.ts";
import { Statistics } from "../../src/report/statistics.ts";
import {
  type FailureCause,
  type StatisticsCounts,
  zeroCounts,
} from "../../src/report/statistics_counts.ts";
import { statisticsJson } from "../../src/report/statistics_json.ts";
import { statisticsReport, successRate, totalRuns } from "../../src/report/statistics_report.ts";
import { cases } from "../helpers/torture.ts";
import { forSeeds, type Seeded } from "../helpers/seeded.ts";
import { completed, failed, planned, saved, SESSION, started } from "./fixtures.ts";

const requeued = (cause: RequeueCause, counted: boolean, ...runs: string[]): RunEvent => ({
  type: "runs.requeued",
  job: "a",
  runs,
  cause,
  counted,
});
const begun = (run: string, over = {}) => started("a", [run], over);
const done = (run: string) => completed("a", run, 1);
const broken = (run: string) => failed("a", run, "x went bad");

function countsOf(...events: readonly RunEvent[]): Partial<StatisticsCounts> {
  const statistics = new Statistics();
  for (const event of events) statistics.apply(event, 0);
  const { totals } = statisticsReport([statistics]);
  return Object.fromEntries(Object.entries(totals).filter(([, count]) => count > 0));
}

Deno.test("Statistics: what the scheduler counts is a retry; what machines and people do is none", () => {
  for (const cause of ["slot-lost", "hang", "transient", "out-of-memory"] as const) {
    const tried = [begun("r"), requeued(cause, true, "r"), begun("r"), done("r")];
    assert.deepEqual(countsOf(...tried), { afterRetry: 1, retries: 1 }, cause);
  }
  const none = ["stopped", "slot-lost", "disk", "preempted", "load", "memory", "control"] as const;
  for (const cause of none) {
    const tried = [begun("r"), requeued(cause, false, "r"), begun("r"), done("r")];
    assert.deepEqual(countsOf(...tried), { firstAttempt: 1 }, cause);
  }
  // A kill leaves no line at all.
  assert.deepEqual(countsOf(begun("r"), SESSION, begun("r"), done("r")), { firstAttempt: 1 });
});

Deno.test("Statistics: a failed run that a later simrun or a person takes up again is the same run", () => {
  const once = [begun("r"), requeued("hang", true, "r"), begun("r"), broken("r")];
  assert.deepEqual(countsOf(...once), { failed: 1, retries: 1 });
  assert.deepEqual(countsOf(...once, SESSION, begun("r")), { unfinished: 1 });
  const twice = [...once, SESSION, begun("r"), broken("r")];
  assert.deepEqual(countsOf(...twice), { failed: 1, retries: 2 });
  const asked: RunEvent = { type: "runs.retried", job: "a", runs: ["r"] };
  assert.deepEqual(countsOf(...twice, asked, begun("r"), done("r")), { afterRetry: 1, retries: 3 });
});

Deno.test("Statistics: a run that is computed again after it completed is another one, and so is another spec", () => {
  const first = [begun("r"), requeued("hang", true, "r"), begun("r"), done("r")];
  const both = { firstAttempt: 1, afterRetry: 1, retries: 1 };
  assert.deepEqual(countsOf(...first, begun("r"), done("r")), both);
  const other = begun("r", { runs: ["r", "another"] });
  assert.deepEqual(countsOf(begun("r"), broken("r"), other, done("r")), {
    failed: 1,
    firstAttempt: 1,
  });
  const left = [begun("r"), requeued("hang", true, "r"), other];
  assert.deepEqual(countsOf(...left), { unfinished: 1 }, "it never ended, and never will");
  assert.deepEqual(countsOf(...left, done("r")), { firstAttempt: 1 });
});

Deno.test("Statistics: cancelled, reused and not needed runs are neither successes nor failures", () => {
  const cancelled: RunEvent = { type: "runs.cancelled", job: "a", runs: ["r", "never"] };
  assert.deepEqual(countsOf(begun("r"), cancelled), { cancelled: 2 });
  const retried: RunEvent = { type: "runs.retried", job: "a", runs: ["r", "never"] };
  assert.deepEqual(countsOf(begun("r"), cancelled, retried), { unfinished: 1 });
  assert.deepEqual(countsOf(begun("r"), cancelled, begun("r"), done("r")), {
    cancelled: 1,
    firstAttempt: 1,
  });
  const { runs: [run] } = done("r") as { runs: readonly [never] } & RunEvent;
  const from = { job: "b", run: "b" };
  const reused: RunEvent = { type: "run.reused", job: "a", model: "m1", from, run };
  assert.deepEqual(countsOf(broken("r"), reused), { reused: 1 });
  const stopped: RunEvent = { type: "job.stopped", job: "a", after: 1, of: 3, why: "enough" };
  const given = [begun("r"), begun("s"), stopped, requeued("control", false, "r"), done("s")];
  assert.deepEqual(countsOf(...given), { firstAttempt: 1 });
  assert.deepEqual(countsOf(...given, planned("a"), begun("r")), {
    firstAttempt: 1,
    unfinished: 1,
  });
});

Deno.test("Statistics: causes tell how many runs had them and how many of these recovered", () => {
  const statistics = new Statistics();
  const events = [
    ...["p", "q", "r"].flatMap((run) => [begun(run), requeued("slot-lost", true, run)]),
    ...[begun("p"), requeued("slot-lost", true, "p"), begun("p"), done("p")],
    ...[begun("q"), broken("q")],
  ];
  for (const event of events) statistics.apply(event, 0);
  assert.deepEqual(statisticsReport([statistics]).causes, [
    { cause: "slot-lost", attempts: 4, runs: 3, recovered: 1, failed: 1 },
    { cause: "model-error", attempts: 1, runs: 1, recovered: 0, failed: 1 },
  ]);
});

Deno.test("statisticsReport() adds trees up by job and by the model's file name; names of runs do not clash", () => {
  const one = (model: string, ...events: RunEvent[]) => {
    const statistics = new Statistics();
    for (const id of ["a", "b"]) {
      const plan = { ...planned(id) as RunEvent & { type: "job.planned" } };
      statistics.apply({ ...plan, model: { name: model, digest: "m1" } }, 0);
    }
    for (const event of events) statistics.apply(event, 0);
    return statistics;
  };
  const { totals, jobs, models, causes } = statisticsReport([
    one("ising.ts", begun("r"), broken("r"), completed("b", "r", 1)),
    one("heat.ts", done("r"), begun("s"), broken("s"), begun("s"), done("s")),
  ]);
  assert.deepEqual(totals, {
    ...zeroCounts(),
    failed: 1,
    firstAttempt: 2,
    afterRetry: 1,
    retries: 1,
  });
  assert.equal(totalRuns(totals), 4);
  assert.equal(successRate(totals), 3 / 4);
  const { firstAttempt, afterRetry, failed: lost } = jobs.get("a")!;
  assert.deepEqual([firstAttempt, afterRetry, lost, jobs.get("b")!.firstAttempt], [1, 1, 1, 1]);
  assert.deepEqual(causes, [
    { cause: "model-error", attempts: 2, runs: 2, recovered: 1, failed: 1 },
  ]);
  assert.deepEqual([...models.keys()], ["ising.ts", "heat.ts"]);
  assert.deepEqual(models.get("ising.ts"), { ...zeroCounts(), failed: 1, firstAttempt: 1 });
});

Deno.test("statisticsJson() leaves out rates of nothing", () => {
  const report = statisticsReport([new Statistics()]);
  const json = statisticsJson(report, { trees: ["/t"] });
  for (const rate of ["success_rate", "recovered_share", "mean_retries", "since"]) {
    assert.ok(!(rate in json), rate);
  }
  assert.equal(json.runs_total, 0);
});

interface Story {
  state: keyof StatisticsCounts | "unneeded" | "never";
  digest: string;
  atMs: number;
  readonly failures: FailureCause["cause"][];
}

/** Counted from the whole stories of runs at the end, and not along the way. */
function fromScratch(events: readonly RunEvent[], sinceMs: number) {
  const now = new Map<string, Story>();
  const all: Story[] = [];
  const fresh = (run: string): Story => {
    const story: Story = { state: "never", digest: "", atMs: -Infinity, failures: [] };
    now.set(run, story);
    all.push(story);
    return story;
  };
  events.forEach((event, atMs) => {
    const runs = event.type === "runs.started"
      ? event.runs.filter((_, i) => i % 2 === 0)
      : event.type === "runs.completed"
      ? event.runs.map(({ run }) => run)
      : "runs" in event
      ? event.runs as readonly string[]
      : [(event as RunEvent & { type: "run.failed" }).run];
    for (const run of runs) {
      let story = now.get(run);
      if (event.type === "run.checkpointed") {
        if (story?.state === "unfinished") story.atMs = atMs;
        continue;
      }
      const isOver = story?.state === "firstAttempt" || story?.state === "afterRetry";
      const digest = event.type === "runs.started" ? event.runs[event.runs.indexOf(run) + 1]! : "";
      const isOther = event.type === "runs.started" && story !== undefined &&
        story.digest !== "" && story.digest !== digest;
      if (isOther && story!.state === "unfinished") story!.state = "never";
      if (story === undefined || isOver || isOther) story = fresh(run);
      if (event.type === "runs.started") {
        story.digest = digest;
        story.state = "unfinished";
      } else if (event.type === "runs.completed") {
        story.state = story.failures.length > 0 ? "afterRetry" : "firstAttempt";
      } else if (event.type === "run.failed") {
        story.failures.push(event.failure.class);
        story.state = "failed";
      } else if (event.type === "runs.requeued") {
        if (event.counted) story.failures.push(event.cause);
        story.state = "unfinished";
      } else story.state = "cancelled";
      story.atMs = atMs;
    }
  });
  const counts: Record<string, number> = zeroCounts();
  const causes = new Map<string, [attempts: number, runs: number, recovered: number]>();
  for (const { state, failures, atMs } of all) {
    if (state === "never" || atMs < sinceMs) continue;
    counts[state]!++;
    if (state === "afterRetry") counts.retries! += failures.length;
    if (state === "failed") counts.retries! += failures.length - 1;
    for (const cause of new Set(failures)) {
      const sum = causes.get(cause) ?? [0, 0, 0];
      sum[0] += failures.filter((one) => one === cause).length;
      sum[1]++;
      if (state === "afterRetry") sum[2]++;
      causes.set(cause, sum);
    }
  }
  return { counts, causes };
}

function randomEvent(random: Seeded): RunEvent {
  const run = random.pick(["p", "q", "r"]);
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return begun(run, {
        runs: ["p", "q", "r"]
          .filter((one) => one === run || random.below(2) > 0)
          .flatMap((one) => [one, random.pick(["d1", "d1", "d1", "d2"])]),
      });
    case 3:
      return done(run);
    case 4: {
      const event = broken(run) as RunEvent & { type: "run.failed" };
      const name = random.pick<FailureClass>(["model-error", "hang"]);
      return { ...event, failure: { ...event.failure, class: name } };
    }
    case 5:
      return requeued(random.pick<RequeueCause>(["hang", "slot-lost"]), random.below(2) > 0, run);
    case 6:
      return random.below(3) > 0
        ? saved("a", run, 1)
        : { type: "runs.cancelled", job: "a", runs: [run] };
    default:
      return requeued("stopped", false, run);
  }
}

Deno.test("Statistics: after any events, from any moment on, the numbers are those of a count from scratch", () => {
  forSeeds(cases({ short: 2_000, long: 100_000 }), (random) => {
    const events = Array.from({ length: random.below(40) }, () => randomEvent(random));
    const sinceMs = random.below(2) === 0 ? -Infinity : random.below(events.length + 1);
    const statistics = new Statistics(sinceMs);
    events.forEach((event, atMs) => statistics.apply(event, atMs));
    const { totals, causes } = statisticsReport([statistics]);
    const expected = fromScratch(events, sinceMs);
    assert.deepEqual(totals, expected.counts);
    const found = causes.map(({ cause, attempts, runs, recovered }) =>
      [cause, [attempts, runs, recovered]] as const
    );
    assert.deepEqual(new Map<string, unknown>(found), expected.causes);
  });
});
