/**
 * Lanes: what goes to one PLECS is computed by one slot at a time, and nobody else waits for that. With the night that
 * this program was made for: a sweep since two, a verification at three, a connection that fails, and both done at six.
 */
import assert from "node:assert/strict";
import { RunTable } from "../../src/campaign/run_table.ts";
import type { Job, Priority } from "../../src/job/job.ts";
import { DEFAULT_PLECS_BATCH, type PlecsModel } from "../../src/job/plecs.ts";
import { makePlan, type Plan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { forSeeds, type Seeded } from "../helpers/seeded.ts";
import { cases } from "../helpers/torture.ts";
import { type Course, Played } from "./played_campaign.ts";

const SAVED = { every: { kind: "auto" }, keep: 3 } as const;
const CAMPAIGN = { root: "/tree", epoch: 1, holder: "test", withFiles: () => undefined };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function plecs(over: Partial<PlecsModel> = {}): PlecsModel {
  return {
    kind: "plecs",
    path: "/buck.plecs",
    url: "http://localhost:1080",
    protocol: "auto",
    signals: [],
    solver: {},
    waveforms: false,
    batch: DEFAULT_PLECS_BATCH,
    segments: 1,
    waitMs: 0,
    ...over,
  };
}

function planOf(jobs: readonly Job[], after?: RunTable): Plan {
  const toPlan = jobs.map((job) => ({
    job,
    model: { name: job.model.path, digest: job.model.path },
    inputDigests: {},
  }));
  const options = { rerun: "none", reuse: false, acceptModel: false } as const;
  return makePlan(toPlan, new History(), options, after);
}

function clock(ms: number): string {
  const minutes = Math.floor(ms / MINUTE) + 2 * 60;
  const two = (count: number) => String(count).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

interface Night {
  readonly played: Played;
  /** When each run of the critical job was begun. */
  readonly begun: readonly number[];
  /** When it was done, and when the sweep was. */
  readonly doneMs: number;
  readonly allDoneMs: number;
}

/** Time begins at 02:00. */
async function night(sweep: Partial<Job>, slots: number): Promise<Night> {
  const low = aJob({ id: "sweep", priority: 3, ...sweep });
  const critical = aJob({
    id: "verification",
    priority: 0,
    model: plecs({ path: "/design.plecs" }),
    backoff: { firstMs: 5_000, mostMs: 5 * MINUTE },
  });
  const plan = planOf([low]);
  const table = new RunTable(plan.total);
  table.add(plan, () => 0);
  const played: Played = new Played(table, {
    course: (job, _index, attempt): Course => {
      if (job === 0) return { ms: MINUTE, ends: "completes" };
      return attempt === 1
        ? { ms: 5_000, ends: "fails for a passing reason" }
        : { ms: 10 * MINUTE, ends: "completes" };
    },
    campaign: { ...CAMPAIGN, slots },
  });
  const outcome = await played.play([{
    ms: HOUR,
    then: () => {
      assert.ok(played.campaign.hold());
      table.add(planOf([critical], table), () => 0);
      played.campaign.release();
    },
  }]);
  assert.deepEqual([outcome.completed, outcome.failed], [low.sweep === undefined ? 2 : 121, 0]);
  const begun = played.begun.filter(({ job }) => job === 1).map(({ atMs }) => atMs);
  const doneMs = begun.at(-1)! + 10 * MINUTE;
  return { played, begun, doneMs, allDoneMs: played.world.nowMs };
}

const SWEEP = { sweep: points(120) };

Deno.test("the night: a sweep since 02:00, a critical job at 03:00, a connection error, success at the second attempt", async () => {
  // The sweep's runs come in segments, so that they give way at once and lose nothing.
  const model = plecs({ segments: 60, solver: { TimeSpan: 1 } });
  const { played, begun, doneMs, allDoneMs } = await night(
    { ...SWEEP, model, checkpoint: SAVED },
    3,
  );
  assert.equal(begun.length, 2);
  assert.equal(clock(begun[0]!), "03:00");
  // It fails after five seconds, and waits five seconds, a tenth more or less.
  assert.ok(Math.abs(begun[1]! - begun[0]! - 10_000) <= 500, `${begun[1]! - begun[0]!}`);
  assert.equal(clock(doneMs), "03:10");
  // Two hours of the sweep, and ten minutes of the other: nothing of it was computed twice.
  assert.equal(clock(allDoneMs), "04:10");
  assert.equal(clock(allDoneMs) < "06:00", true);
  const requeued = played.world.events("runs.requeued");
  assert.deepEqual([...new Set(requeued.map(({ job, cause }) => `${job} ${cause}`))].sort(), [
    "sweep preempted",
    "verification transient",
  ]);
  assert.equal(played.slotsMost, 1);
});

Deno.test("a call of many runs is not cut off: what is critical comes right after it", async () => {
  const { begun, played } = await night({ ...SWEEP, model: plecs({ batch: 8 }) }, 3);
  // Batches of eight minutes since 02:00: one of them ends at 03:04.
  assert.equal(clock(begun[0]!), "03:04");
  const after = played.begun.findIndex(({ job }) => job === 1);
  assert.equal(played.begun.slice(0, after).length, 64);
});

Deno.test("beside a busy PLECS other models have all other slots", async () => {
  const jobs = [
    aJob({ id: "plecs", model: plecs({ batch: 4 }), sweep: points(40), priority: 0 }),
    aJob({ id: "own", sweep: points(40), steps: 1 }),
  ];
  const plan = planOf(jobs);
  const table = new RunTable(plan.total);
  table.add(plan, () => 0);
  const played = new Played(table, {
    course: () => ({ ms: MINUTE, ends: "completes" }),
    campaign: { ...CAMPAIGN, slots: 3 },
  });
  await played.play();
  // Forty minutes on one slot; the forty others beside it on two.
  assert.equal(played.world.nowMs, 40 * MINUTE);
  assert.equal(played.slotsMost, 3);
});

Deno.test("in every campaign a lane has one slot at a time, and each run ends once", async () => {
  forSeedsOf(cases({ short: 150, long: 3_000 }));
  for (const random of seeds.splice(0)) await playAtRandom(random);
});

const seeds: Seeded[] = [];

function forSeedsOf(count: number): void {
  forSeeds(count, (random) => seeds.push(random));
}

async function playAtRandom(random: Seeded): Promise<void> {
  const jobs = Array.from({ length: 2 + random.below(5) }, (_, i) =>
    aJob({
      id: `job-${i}`,
      model: random.next() < 0.3 ? { kind: "module", path: "/m.ts" } : plecs({
        url: `http://localhost:${1080 + random.below(2)}`,
        batch: 1 + random.below(5),
        segments: random.next() < 0.5 ? 1 : 4,
      }),
      priority: random.below(4) as Priority,
      sweep: points(1 + random.below(20)),
      retries: random.below(3),
      checkpoint: random.next() < 0.5 ? SAVED : { every: { kind: "off" }, keep: 3 },
    }));
  const plan = planOf(jobs);
  const table = new RunTable(plan.total);
  table.add(plan, () => 0);
  const courses = new Map<string, Course>();
  const played: Played = new Played(table, {
    course(job, index, attempt) {
      const key = `${job}/${index}/${attempt}`;
      const chance = random.next();
      const ends = chance < 0.05
        ? "fails for a passing reason"
        : chance < 0.1
        ? "kills its slot"
        : chance < 0.15
        ? "fails"
        : "completes";
      const known = courses.get(key) ?? { ms: 1 + random.below(MINUTE), ends };
      courses.set(key, known);
      assertLanes();
      return known;
    },
    campaign: { ...CAMPAIGN, slots: 1 + random.below(4) },
  });
  const assertLanes = () => {
    const urls = [...played.slots].flatMap(({ current }) => {
      const model = current && jobs[current.job]!.model;
      return model?.kind === "plecs" ? [model.url] : [];
    });
    assert.equal(new Set(urls).size, urls.length, `two slots at ${urls}`);
  };
  const { completed, failed } = await played.play();
  assert.equal(completed + failed, plan.total);
  const ended = [
    ...played.world.events("runs.completed").flatMap(({ job, runs }) =>
      runs.map(({ run }) => `${job}/${run}`)
    ),
    ...played.world.events("run.failed").map(({ job, run }) => `${job}/${run}`),
  ];
  assert.equal(new Set(ended).size, plan.total);
  assert.equal(ended.length, plan.total);
}
