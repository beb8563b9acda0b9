/** Campaigns whose runs are led by results: what begins when, what is not needed any more, and what is told of it. */
import assert from "node:assert/strict";
import type { CampaignOptions } from "../../src/campaign/campaign_options.ts";
import type { Outcome } from "../../src/campaign/outcome.ts";
import { RunTable } from "../../src/campaign/run_table.ts";
import type { RunEvent } from "../../src/job/event.ts";
import type { Job, Until } from "../../src/job/job.ts";
import { type Search, SEARCH_METHODS } from "../../src/job/sweep.ts";
import type { Guide } from "../../src/plan/guide.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { guideOfJob } from "../../src/search/grouped_guide.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { seeded } from "../helpers/seeded.ts";
import { cases } from "../helpers/torture.ts";
import { aSearch, rosenbrock } from "../search/landscapes.ts";
import { type Course, Played } from "./played_campaign.ts";

type Started = Extract<RunEvent, { type: "runs.started" }>;

function searching(over: Partial<Search> = {}, more: Partial<Job> = {}): Job {
  return aJob({ id: "fit", sweep: { parts: [aSearch({ count: 30, ...over })] }, ...more });
}

interface Play {
  readonly jobs: readonly Job[];
  readonly slots?: number;
  /** Of the place that a run of a search has; undefined for any other. */
  readonly course: (index: number, at: readonly number[] | undefined, job: number) => Course;
  readonly options?: Partial<CampaignOptions>;
}

interface PlayedToEnd {
  readonly outcome: Outcome;
  readonly played: Played;
  readonly started: readonly Started[];
  readonly guides: readonly (Guide | undefined)[];
}

async function play(
  { jobs, slots = 1, course, options = {} }: Play,
  at: (played: Played) => Parameters<Played["play"]>[0] = () => [],
): Promise<PlayedToEnd> {
  const guides = jobs.map((job) =>
    job.until === undefined && job.sweep?.parts[0]?.kind !== "search" ? undefined : guideOfJob(job)
  );
  const toPlan = jobs.map((job, i) => ({
    job,
    model: { name: "model.ts", digest: "m1" },
    inputDigests: {},
    ...(guides[i] && { guide: guides[i] }),
  }));
  const plan = makePlan(toPlan, new History(), { rerun: "none", reuse: false, acceptModel: false });
  const table = new RunTable(plan.total);
  table.add(plan, () => 0);
  const played = new Played(table, {
    course: (job, index) => course(index, guides[job]?.proposalAt(index)?.at, job),
    campaign: {
      root: "/tree",
      epoch: 1,
      holder: "test",
      slots,
      withFiles: () => undefined,
      ...options,
    },
  });
  const outcome = await played.play(at(played));
  return { outcome, played, started: played.world.events("runs.started"), guides };
}

/** What was proposed for each run, as the journal has it. */
function proposals(started: readonly Started[]): Record<string, string> {
  return Object.fromEntries(
    started.flatMap(({ runs, proposed = [] }) =>
      proposed.map((one, i) => [runs[2 * i]!, JSON.stringify(one)])
    ),
  );
}

const complete = (ms: number, result: unknown): Course => ({ ms, ends: "completes", result });

Deno.test("a search proposes the same however many slots there are and however long its runs take", async () => {
  for (let seed = 1; seed <= cases({ short: 1, long: 30 }); seed++) {
    for (const method of SEARCH_METHODS) {
      const job = searching({ method, parallel: 3, seed }, { retries: 0 });
      const random = seeded(seed);
      const end = (index: number, at: readonly number[], ms: number): Course =>
        index % 7 === 4 ? { ms, ends: "fails" } : complete(ms, { loss: rosenbrock(at) });
      const one = await play({ jobs: [job], course: (index, at) => end(index, at!, 10) });
      const three = await play({
        jobs: [job],
        slots: 3,
        course: (index, at) => end(index, at!, 1 + 400 * random.next() ** 3),
      });
      assert.equal(Object.keys(proposals(one.started)).length, 30);
      assert.deepEqual(proposals(three.started), proposals(one.started), `${method} ${seed}`);
      assert.deepEqual(three.guides[0]!.best, one.guides[0]!.best);
      assert.deepEqual([three.outcome.completed, three.outcome.failed], [26, 4]);
    }
  }
});

Deno.test("no more runs of a search are under way than it says, and as many as that where there are slots", async () => {
  const job = searching({ method: "nelder-mead", parallel: 3 });
  const { played } = await play({
    jobs: [job],
    slots: 8,
    course: () => complete(100, { loss: 1 }),
  });
  const most = Math.max(
    ...played.begun.map(({ atMs }) =>
      played.begun.filter((one) => one.atMs <= atMs && atMs < one.atMs + 100).length
    ),
  );
  assert.equal(most, 3);
});

Deno.test("a run of a search that is retried, preempted or given back stays what was proposed", async () => {
  const job = searching({ method: "random", parallel: 2, count: 8 }, {
    priority: 3,
    checkpoint: { every: { kind: "auto" }, keep: 3 },
  });
  const tries = new Map<number, number>();
  const { started, outcome } = await play({
    jobs: [job],
    course: (index) => {
      tries.set(index, (tries.get(index) ?? 0) + 1);
      if (index === 3 && tries.get(index)! < 3) return { ms: 5, ends: "kills its slot" };
      return complete(5, { loss: 1 });
    },
  });
  assert.equal(outcome.completed, 8);
  const ofThree = started.filter(({ runs }) => runs[0] === "0004");
  assert.equal(ofThree.length, 3);
  assert.equal(
    new Set(ofThree.map(({ runs, proposed }) => `${runs[1]} ${JSON.stringify(proposed)}`)).size,
    1,
  );
});

Deno.test("until: what is under way ends, what had not begun is not needed, and the campaign is complete", async () => {
  const until: Until = { metric: "loss", below: 0.5, atLeast: 1 };
  const job = searching({ method: "random", parallel: 4 }, { until });
  const losses = (index: number) => ({ loss: index === 9 ? 0.25 : 1 + index });
  const { outcome, played, started } = await play({
    jobs: [job],
    slots: 4,
    course: (index) => complete(index === 9 ? 50 : 10, losses(index)),
  });
  assert.deepEqual(outcome.stopped, undefined);
  assert.deepEqual([outcome.failed, outcome.remaining], [0, 0]);
  assert.equal(outcome.completed + outcome.unneeded!, 30);
  assert.deepEqual(played.world.events("job.stopped"), [
    { type: "job.stopped", job: "fit", after: 10, of: 30, why: "loss 0.25 is below 0.5" },
  ]);
  // 10 to 12 were let begin before the tenth had ended.
  assert.deepEqual(started.flatMap(({ runs }) => runs[0]).length, 13);
  assert.deepEqual(played.campaign.live().counts.total, outcome.completed);
  assert.equal(played.campaign.live().progress!.fraction, 1);
});

Deno.test("until of a sweep: the first runs in their order decide, whoever ends first", async () => {
  const until: Until = { metric: "result", below: 0, atLeast: 1 };
  const job = aJob({ id: "mc", sweep: points(40), until });
  const random = seeded(3);
  for (const slots of [1, 3]) {
    const { outcome, played } = await play({
      jobs: [job],
      slots,
      course: (index) =>
        complete(200 + 2000 * random.next(), index === 17 || index === 20 ? -index : 1),
    });
    const [stopped, ...more] = played.world.events("job.stopped");
    assert.deepEqual([stopped!.after, stopped!.why, more], [18, "result -17 is below 0", []]);
    assert.equal(outcome.remaining, 0);
    assert.ok(outcome.completed >= 18 && outcome.completed < 30, `${outcome.completed}`);
  }
});

Deno.test("what is given back, waits for its time or is paused is not needed either", async () => {
  const until: Until = { metric: "loss", below: 0, atLeast: 1 };
  const job = searching({ method: "random", parallel: 4, count: 20 }, {
    until,
    backoff: { firstMs: 60_000, mostMs: 60_000 },
  });
  let tries = 0;
  const { outcome, played } = await play({
    jobs: [job],
    slots: 3,
    course: (index) => {
      // It is to be tried again after a minute, and the third one says before that nothing more is needed.
      if (index === 3 && tries++ === 0) return { ms: 1, ends: "fails for a passing reason" };
      return complete(index === 2 ? 500 : 5, { loss: index === 2 ? -1 : 1 });
    },
  }, (played) => [{ ms: 100, then: () => void played.campaign.steering.pause([5]) }]);
  assert.equal(played.world.events("job.stopped")[0]!.after, 3);
  assert.deepEqual([outcome.remaining, outcome.paused, outcome.failed], [0, undefined, 0]);
  assert.equal(tries, 1);
  assert.equal(played.table.stateOf(3), "unneeded");
});

Deno.test("until of several combinations: each leaves its slots to the others when its mean is known", async () => {
  const until: Until = {
    metric: "result",
    standardError: { value: 0.5, isRelative: false },
    atLeast: 3,
  };
  const values = { kind: "list", values: [1, 2, 3] } as const;
  const parts = [{ kind: "axis", name: "T", axis: values }, { kind: "repeat", count: 50 }] as const;
  const { outcome, started, played } = await play({
    jobs: [aJob({ id: "mc", sweep: { parts }, until })],
    slots: 2,
    // The second combination is never known.
    course: (index) => complete(1000, index >= 50 && index < 100 ? index % 2 * 50 : 1),
  });
  const [stopped, ...others] = played.world.events("job.stopped");
  assert.deepEqual(others, []);
  assert.match(stopped!.why, /known well enough in 2 of 3 combinations/);
  assert.deepEqual([outcome.remaining, outcome.failed, stopped!.after], [0, 0, 56]);
  const begun = started.flatMap(({ runs }) => runs).length / 2;
  assert.equal(begun, outcome.completed);
  assert.ok(begun >= 56 && begun < 66, `${begun}`);
});

Deno.test("what slots give back when nothing more is needed is not begun again", async () => {
  const until: Until = { metric: "loss", below: 0, atLeast: 1 };
  const job = searching({ method: "random", parallel: 3, count: 9 }, {
    until,
    checkpoint: { every: { kind: "auto" }, keep: 3 },
  });
  const { outcome, played } = await play({
    jobs: [job],
    slots: 3,
    course: (index) => complete(index === 0 ? 1000 : 60_000, { loss: -1 }),
  }, (played) => [{ ms: 5000, then: () => played.campaign.steering.resize(1) }]);
  assert.equal(played.world.events("job.stopped")[0]!.after, 1);
  // The one that keeps its slot comes to its end.
  assert.deepEqual([outcome.completed, outcome.unneeded, outcome.remaining], [2, 7, 0]);
  assert.equal(played.begun.length, 3);
});

Deno.test("cancelled runs count as worst, and the search goes on without them", async () => {
  const job = searching({ method: "nelder-mead", parallel: 2, count: 12 });
  const { outcome, guides } = await play(
    { jobs: [job], course: (_, at) => complete(100, { loss: rosenbrock(at!) }) },
    (played) => [{ ms: 50, then: () => void played.campaign.steering.cancel([0, 7]) }],
  );
  assert.deepEqual([outcome.completed, outcome.cancelled, outcome.remaining], [10, 2, 0]);
  assert.equal(guides[0]!.ended, 12);
});

Deno.test("a failed run that somebody tries again runs, while the search goes on and when it has stopped", async () => {
  for (const until of [undefined, { metric: "loss", below: 0, atLeast: 1 }]) {
    const job = searching({ method: "nelder-mead", parallel: 2, count: 12 }, {
      retries: 0,
      ...(until && { until }),
    });
    let tries = 0;
    const { outcome, guides, played } = await play({
      jobs: [job, aJob({ id: "other" })],
      slots: 2,
      course: (index, at) => {
        if (at === undefined) return complete(5000, 0);
        if (index === 1 && tries++ === 0) return { ms: 100, ends: "fails" };
        return complete(100, { loss: index === 6 ? -1 : rosenbrock(at) });
      },
    }, (played) => [{ ms: 3000, then: () => played.campaign.steering.retry([1]) }]);
    assert.equal(tries, 2);
    assert.deepEqual([outcome.failed, outcome.remaining], [0, 0]);
    assert.equal(played.table.stateOf(1), "settled");
    assert.equal(guides[0]!.ended, until === undefined ? 12 : 7);
  }
});

Deno.test("a search whose results have no such number ends, and each run that will never begin says why", async () => {
  const job = searching({ metric: "los", parallel: 3, count: 9 });
  const { outcome, played } = await play({
    jobs: [job],
    course: () => complete(5, { loss: 1 }),
  });
  // One more had begun when the third ended.
  assert.deepEqual([outcome.completed, outcome.failed], [4, 5]);
  const [warning, ...others] = played.world.events("run.warned");
  assert.deepEqual(others, []);
  assert.match(warning!.message, /no number "los"\. Its numbers: loss\./);
  const [failed] = played.world.events("run.failed");
  assert.deepEqual([failed!.run, failed!.failure.class], ["0005", "needs"]);
  assert.match(failed!.failure.message, /no number "los"/);
});

Deno.test("who needs a search waits for its end, and what it did not need is no reason to fail", async () => {
  const until: Until = { metric: "result", below: 5, atLeast: 1 };
  const need = { job: "fit", runs: "all", accept: "completed" } as const;
  const { outcome, started } = await play({
    jobs: [
      aJob({ id: "after", priority: 0, needs: [need] }),
      searching({ metric: "result", method: "random", parallel: 2, count: 9 }, { until }),
    ],
    slots: 2,
    course: (index, _, job) => complete(10, job === 0 ? 0 : 7 - index),
  });
  assert.equal(started.at(-1)!.job, "after");
  assert.deepEqual([outcome.failed, outcome.remaining], [0, 0]);
  // On other results it would be another run: those that count are in its digest.
  assert.match(started.at(-1)!.runs[1]!, /^[0-9a-f]{16}\+[0-9a-f]{16}$/);
});

Deno.test("a search that needs another job waits for it as well", async () => {
  const need = { job: "first", runs: "all", accept: "completed" } as const;
  const { started, outcome } = await play({
    jobs: [searching({ metric: "result", count: 6 }, { needs: [need] }), aJob({ id: "first" })],
    slots: 2,
    course: (index) => complete(10, index),
  });
  assert.deepEqual(started.map(({ job }) => job).slice(0, 2), ["first", "fit"]);
  assert.equal(outcome.completed, 7);
});
