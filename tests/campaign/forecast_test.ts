/** When a campaign will be done: a range that holds, and that gets narrower. */
import assert from "node:assert/strict";
import { forecast } from "../../src/campaign/forecast.ts";
import { playOut } from "../../src/campaign/playout.ts";
import { RunTimes } from "../../src/campaign/run_times.ts";
import type { Live, LiveRun } from "../../src/job/live.ts";
import { makePlan, type PlannedJob } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { Rates } from "../../src/queue/rates.ts";
import { completed, historyOf } from "../helpers/events.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { forSeeds, type Seeded } from "../helpers/seeded.ts";
import { cases } from "../helpers/torture.ts";

Deno.test("forecast() holds the true end in at least 80 % of random campaigns, whenever it is asked", () => {
  const asked = { start: new Hits(), early: new Hits(), half: new Hits(), late: new Hits() };
  forSeeds(cases({ short: 150, long: 2000 }), (random) => {
    const campaign = new RandomCampaign(random);
    asked.start.count(campaign, 0);
    asked.early.count(campaign, 0.15);
    asked.half.count(campaign, 0.5);
    asked.late.count(campaign, 0.85);
  });
  for (const [when, hits] of Object.entries(asked)) {
    console.log(`${when}: ${hits.text}`);
    assert.ok(hits.share >= 0.8, `${when}: ${hits.text}`);
    // A range from now to for ever would hold all of them.
    assert.ok(hits.width < 6, `${when}: ${hits.text}`);
  }
});

Deno.test("forecast() gets narrower as runs end", () => {
  const [job] = jobsOf(aJob({ id: "a", steps: 1000, sweep: points(400) }));
  const widths = [1, 4, 20, 100].map((ended) => {
    const times = new RunTimes();
    for (let i = 0; i < ended; i++) times.computed(job!, 1000 * Math.exp(0.4 * Math.sin(i * 7)));
    const work = forecast([{ job: job!, left: 300, ended }], [], 2, times)!;
    assert.ok(work.lowMs! <= work.etaMs && work.etaMs <= work.highMs!);
    return Math.log(work.highMs! / work.lowMs!);
  });
  for (let i = 1; i < widths.length; i++) assert.ok(widths[i]! < widths[i - 1]!, `${widths}`);
  assert.ok(widths.at(-1)! < 0.3, `${widths}`);
});

Deno.test("forecast() knows from history before anything has run, and from nothing nothing", () => {
  const [job] = jobsOf(aJob({ id: "a", steps: 100, sweep: points(10) }));
  const left = [{ job: job!, left: 10, ended: 0 }];
  assert.equal(forecast(left, [], 2, new RunTimes()), undefined);
  const past = historyOf({
    type: "runs.completed",
    job: "before",
    model: "m1",
    runs: [990, 1000, 1010, 1000].map((ms, i) => completed(`r${i}`, `d${i}`, { ms, steps: 50 })),
  });
  // Steps of a fiftieth of a second, a hundred of them ten times on two slots.
  const work = forecast(left, [], 2, new RunTimes(Rates.of(past)))!;
  assert.ok(work.lowMs! > 7_000 && work.lowMs! < 10_000, `${work.lowMs}`);
  assert.ok(work.highMs! > 10_000 && work.highMs! < 18_000, `${work.highMs}`);
});

Deno.test("forecast() takes runs to differ of which it has seen one only, under way", () => {
  const [job] = jobsOf(aJob({ id: "a", steps: 100, sweep: points(10) }));
  const run = underWay("a", { step: 50, steps: 100, elapsedMs: 5_000 });
  const work = forecast([{ job: job!, left: 10, ended: 0 }], [run], 1, new RunTimes())!;
  assert.ok(work.lowMs! > 20_000 && work.lowMs! < 80_000, `${work.lowMs}`);
  assert.ok(work.highMs! > 110_000, `${work.highMs}`);
  const alone = forecast([{ job: job!, left: 1, ended: 9 }], [run], 1, new RunTimes())!;
  assert.ok(alone.highMs! - alone.lowMs! < 5_000, `${alone.lowMs} ${alone.highMs}`);
});

Deno.test("belief() leaves what is said of the model when the job's own runs say otherwise", () => {
  const [slow, quick] = jobsOf(aJob({ id: "slow", steps: 10 }), aJob({ id: "quick", steps: 10 }));
  const times = new RunTimes();
  for (let i = 0; i < 50; i++) times.computed(quick!, 10 + i % 3);
  assert.ok(Math.abs(Math.exp(times.belief(slow!)!.logMs) - 11) < 0.5);
  for (let i = 0; i < 5; i++) times.computed(slow!, 1000 + i);
  assert.ok(Math.exp(times.belief(slow!)!.logMs) > 900, `${Math.exp(times.belief(slow!)!.logMs)}`);
  // And the quick one is not slowed down by it.
  assert.ok(Math.exp(times.belief(quick!)!.logMs) < 20);
});

Deno.test("playOut() counts what runs take beside their computing, and answers the same each time", () => {
  const tiny = { runs: 10_000, logMs: Math.log(0.01), sigma: 0.1, doubt: 0, overheadMs: 0.09 };
  const range = playOut({ waiting: [tiny], underWay: [], slots: 2 });
  assert.ok(Math.abs(range.middleMs - 500) < 5, `${range.middleMs}`);
  assert.deepEqual(playOut({ waiting: [tiny], underWay: [], slots: 2 }), range);
});

Deno.test("playOut() gives a run with cores as many places, and counts what they are taken for", () => {
  const one = { runs: 3, logMs: Math.log(1000), sigma: 0, doubt: 0, overheadMs: 0 };
  const middle = (cores: number, runs: number, slots = 4) =>
    Math.round(
      playOut({ waiting: [{ ...one, runs, cores }], underWay: [], slots }).middleMs,
    );
  assert.equal(middle(3, 3), 3000, "two do not fit beside each other");
  assert.equal(middle(2, 4), 2000);
  const many = middle(4, 1000);
  assert.ok(Math.abs(many - 1e6) < 1e4, `${many}`);
  const begun = [{ logMs: Math.log(700), sigma: 0, cores: 3 }];
  const beside = playOut({ waiting: [{ ...one, runs: 1, cores: 2 }], underWay: begun, slots: 4 });
  assert.equal(Math.round(beside.middleMs), 1700);
});

Deno.test("playOut() does not share a single run out among the slots", () => {
  const long = { runs: 1, logMs: Math.log(1000), sigma: 0, doubt: 0, overheadMs: 0 };
  const short = { ...long, runs: 10, logMs: Math.log(10) };
  assert.equal(
    Math.round(playOut({ waiting: [long, short], underWay: [], slots: 8 }).middleMs),
    1000,
  );
  const begun = [{ logMs: Math.log(700), sigma: 0 }];
  assert.equal(Math.round(playOut({ waiting: [short], underWay: begun, slots: 2 }).middleMs), 700);
  // The work of a hundred jobs taken together is not lost.
  const many = Array.from({ length: 100 }, () => ({ ...short, runs: 5 }));
  assert.ok(Math.abs(playOut({ waiting: many, underWay: [], slots: 1 }).middleMs - 5000) < 10);
});

/** How often the truth was in the range, and how wide that was. */
class Hits {
  #asked = 0;
  #held = 0;
  #logWidth = 0;

  count(campaign: RandomCampaign, share: number): void {
    const { work, leftMs } = campaign.at(share);
    if (work?.lowMs === undefined || leftMs <= 0) return;
    this.#asked++;
    if (leftMs >= work.lowMs && leftMs <= work.highMs!) this.#held++;
    this.#logWidth += Math.log(work.highMs! / Math.max(1, work.lowMs));
  }

  get share(): number {
    return this.#held / this.#asked;
  }

  /** As a factor between the ends, the typical one. */
  get width(): number {
    return Math.exp(this.#logWidth / this.#asked);
  }

  get text(): string {
    return `${(this.share * 100).toFixed(1)} % of ${this.#asked} held, × ${
      this.width.toFixed(2)
    } wide`;
  }
}

/** Jobs whose runs differ log-normally, on some slots, after some history of their models, or none. */
class RandomCampaign {
  readonly #jobs: readonly PlannedJob[];
  readonly #runs: { readonly job: PlannedJob; readonly beginsMs: number; readonly ms: number }[] =
    [];
  readonly #rates: Rates;
  readonly #slots: number;
  readonly #endMs: number;

  constructor(random: Seeded) {
    const models = Array.from({ length: 1 + random.below(2) }, () => ({
      logMs: Math.log(100) + 5 * random.next(),
      sigma: 0.05 + random.next(),
      past: random.pick([0, 0, 3, 30]),
    }));
    this.#slots = random.pick([1, 2, 4, 8]);
    const jobs = Array.from(
      { length: 1 + random.below(3) },
      (_, i) =>
        aJob({
          id: `job-${i}`,
          steps: 1 + random.below(1000),
          sweep: points(5 + random.below(80)),
          model: { kind: "module", path: `/${i % models.length}.ts` },
        }),
    );
    this.#jobs = jobsOf(...jobs);
    const draw = (model: number, steps: number) => {
      const { logMs, sigma } = models[model]!;
      return steps * Math.exp(logMs + sigma * normal(random));
    };
    this.#rates = Rates.of(historyOf(...models.flatMap(({ past }, i) =>
      past === 0 ? [] : [{
        type: "runs.completed" as const,
        job: `past-${i}`,
        model: `m${i}`,
        runs: Array.from(
          { length: past },
          (_, k) => completed(`r${k}`, `d${k}`, { steps: 10, ms: draw(i, 10) }),
        ),
      }]
    )));
    const free = new Float64Array(this.#slots);
    for (const job of this.#jobs) {
      for (let i = 0; i < job.count; i++) {
        const slot = free.indexOf(Math.min(...free));
        const ms = draw(job.number % models.length, job.job.steps);
        this.#runs.push({ job, beginsMs: free[slot]!, ms });
        free[slot]! += ms;
      }
    }
    this.#endMs = Math.max(...free);
  }

  /** What was forecast when this share of the time had passed, and what was left in truth. */
  at(share: number): { readonly work: Live["work"]; readonly leftMs: number } {
    const nowMs = share * this.#endMs;
    const times = new RunTimes(this.#rates);
    const ended = new Map<PlannedJob, number>();
    const running: LiveRun[] = [];
    for (const { job, beginsMs, ms } of this.#runs) {
      if (beginsMs + ms <= nowMs) {
        times.computed(job, ms);
        times.occupied(job, 1, ms);
        ended.set(job, (ended.get(job) ?? 0) + 1);
      } else if (beginsMs <= nowMs) {
        const elapsedMs = nowMs - beginsMs;
        const { id, steps } = job.job;
        running.push(underWay(id, { step: Math.floor(steps * elapsedMs / ms), steps, elapsedMs }));
      }
    }
    const progress = this.#jobs.map((job) => {
      const done = ended.get(job) ?? 0;
      return { job, ended: done, left: job.count - done };
    });
    return { work: forecast(progress, running, this.#slots, times), leftMs: this.#endMs - nowMs };
  }
}

function jobsOf(...jobs: ReturnType<typeof aJob>[]): readonly PlannedJob[] {
  const toPlan = jobs.map((job) => ({
    job,
    model: { name: job.model.path, digest: `m${/\d/.exec(job.model.path)?.[0] ?? 1}` },
    inputDigests: {},
  }));
  return makePlan(toPlan, new History(), { rerun: "none", reuse: false, acceptModel: false }).jobs;
}

function underWay(job: string, over: Pick<LiveRun, "step" | "steps" | "elapsedMs">): LiveRun {
  const stepsPerSecond = over.step / over.elapsedMs * 1000;
  return {
    slot: 0,
    job,
    run: "r",
    attempt: 1,
    fromStep: 0,
    stepsPerSecond,
    memoryBytes: 0,
    ...over,
  };
}

function normal(random: Seeded): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
