/** Runs that take several cores: never more than there are, nobody waits for ever, and who is more urgent comes first. */
import assert from "node:assert/strict";
import type { CampaignOptions } from "../../src/campaign/campaign_options.ts";
import { coresOf, MemoryBudget } from "../../src/campaign/memory_budget.ts";
import { RunTable } from "../../src/campaign/run_table.ts";
import type { Job, Priority } from "../../src/job/job.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { AGING_MS } from "../../src/queue/ready_queue.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { forSeeds, type Seeded } from "../helpers/seeded.ts";
import { cases } from "../helpers/torture.ts";
import { stage, type Staged } from "./fake_world.ts";
import { Played } from "./played_campaign.ts";

const SAVED = { every: { kind: "time", everyMs: 60_000 }, keep: 3 } as const;
const UNSAVED = { every: { kind: "off" }, keep: 3 } as const;
const GIB = 2 ** 30;

Deno.test("MemoryBudget gives as many even shares as a run has cores, and more where it asks for more", () => {
  const budget = new MemoryBudget(10 * GIB, 4);
  const three = budget.sizeFor(undefined, 3);
  assert.deepEqual([coresOf(three), budget.bytesOf(three)], [3, 6 * GIB]);
  assert.equal(budget.sizeFor(5 * GIB, 3), three);
  const large = budget.sizeFor(7 * GIB, 3);
  assert.deepEqual([coresOf(large), budget.bytesOf(large) >= 7 * GIB], [3, true]);
  assert.ok(
    budget.sizeFor(10 * GIB, 2) < three,
    "more cores are a larger size, whatever the memory",
  );
  const above = budget.above(three)!;
  assert.deepEqual([coresOf(above), budget.bytesOf(above)], [3, 10 * GIB]);
  budget.resize(2);
  assert.equal(budget.bytesOf(three), 10 * GIB, "three shares of two are not more than all");
});

Deno.test("in every campaign of runs with cores none is used twice, and none is given to who comes later", async () => {
  const seeds: Seeded[] = [];
  forSeeds(cases({ short: 60, long: 300 }), (random) => seeds.push(random));
  for (const [seed, random] of seeds.entries()) await playAtRandom(random, `campaign ${seed}`);
});

async function playAtRandom(random: Seeded, name: string): Promise<void> {
  const cores = 1 + random.below(8);
  const jobs = Array.from({ length: 2 + random.below(6) }, (_, i) =>
    aJob({
      id: `job-${i}`,
      priority: random.below(4) as Priority,
      sweep: points(1 + random.below(10)),
      retries: 1,
      backoff: { firstMs: 0, mostMs: 0 },
      checkpoint: random.next() < 0.5 ? SAVED : UNSAVED,
      cores: 1 + random.below(random.next() < 0.5 ? 1 : cores),
      ...(i > 0 && random.next() < 0.3 && {
        needs: [{ job: `job-${random.below(i)}`, runs: "all", accept: "any" } as const],
      }),
    }));
  const later = jobs.map(() => random.next() < 0.3);
  // Longer than what is handed to a slot ahead, so that what begins was chosen at that moment.
  const ms = jobs.map(() => 300 + random.below(5_000));
  const isFatal = new Set(jobs.filter(() => random.next() < 0.1));
  const watch = watched(jobs, cores, name);
  const played = playedOf(jobs.filter((_, i) => !later[i] || jobs[i]!.needs !== undefined), {
    cores,
    began: watch.began,
    settled: watch.settled,
    course: (job, index, attempt) => ({
      // No two end at the same instant: who is heard first would get what both have.
      ms: ms[jobs.indexOf(watch.jobAt(job))]! + 0.137 * job + 0.0137 * index,
      ends: isFatal.has(watch.jobAt(job)) && index === 0 && attempt === 1
        ? "kills its slot"
        : "completes",
    }),
  });
  watch.play = played;
  const changes = Array.from({ length: random.below(4) }, () => ({
    ms: random.below(8_000),
    then: () => {
      const slots = 1 + random.below(cores);
      watch.lowers(() =>
        random.next() < 0.5
          ? played.campaign.steering.resize(slots)
          : played.campaign.restrain(slots)
      );
    },
  }));
  const submits = jobs.filter((job, i) => later[i] && job.needs === undefined)
    .map((job) => ({ ms: random.below(10_000), then: () => submit(played, job) }));
  const atLast = {
    ms: 12_000,
    then: () => {
      played.campaign.steering.resize(cores);
      played.campaign.restrain();
    },
  };
  assert.ok(played.campaign.hold(), "what is submitted later is waited for");
  const release = { ms: 12_001, then: () => played.campaign.release() };
  const outcome = await played.play([...changes, ...submits, atLast, release]);
  assert.deepEqual(watch.problems, []);
  assert.deepEqual([outcome.stopped, outcome.failed], [undefined, 0], name);
  assert.equal(outcome.completed, played.table.total, name);
}

/** Looks at every beginning, and whenever nothing more happens at a moment. */
function watched(jobs: readonly Job[], cores: number, name: string) {
  let allowed = cores;
  /** What comes first of all that waits, and the runs that were there when it had come so far. */
  let head: { readonly job: Job; readonly running: Set<string> } | undefined;
  let waited: readonly Job[] = [];
  const begunNow: Job[] = [];
  let requeued = 0;
  const problems: string[] = [];
  const complain = (what: string) => {
    const all = jobs.map(({ id, priority, cores, checkpoint }) =>
      `${id}: priority ${priority}, ${cores} cores, ${checkpoint.every.kind}`
    );
    const { nowMs } = parts.play!.world;
    problems.push(`${name}, ${nowMs} ms, limit ${parts.limit()}: ${what}\n${all.join("\n")}`);
  };
  const parts = {
    problems,
    play: undefined as Played | undefined,
    jobAt: (job: number): Job => parts.play!.table.jobs[job]!.job,
    busy: () =>
      [...parts.play!.slots].flatMap(({ current }) =>
        current === undefined ? [] : [parts.jobAt(current.job)]
      ),
    running: (isMeant: (job: Job) => boolean) =>
      [...parts.play!.slots].flatMap(({ current }) =>
        current !== undefined && isMeant(parts.jobAt(current.job))
          ? [`${current.job}/${current.index}`]
          : []
      ),
    limit: () => parts.play!.campaign.live().slots,
    waiting: () => {
      const { table } = parts.play!;
      return table.jobs.flatMap((planned) => {
        const numbers = Array.from({ length: planned.count }, (_, i) => planned.offset + i);
        return numbers.some((number) => table.stateOf(number) === "ready") ? [planned.job] : [];
      });
    },
    /** What saves nothing comes to its end first. */
    lowers(change: () => void): void {
      const before = coresAll(parts.busy());
      change();
      allowed = Math.max(parts.limit(), Math.min(before, allowed));
    },
    began(job: number): void {
      const begun = parts.jobAt(job);
      if (head !== undefined && !comesBefore(head.job, begun)) head = undefined;
      const busy = parts.busy();
      const most = Math.max(allowed, parts.limit());
      if (coresAll(busy) > most) complain(`${coresAll(busy)} cores are used`);
      begunNow.push(begun);
    },
    settled(): void {
      const busy = parts.busy();
      allowed = Math.max(parts.limit(), Math.min(allowed, coresAll(busy)));
      const waiting = parts.waiting();
      const [first] = firstOf(waiting);
      // What comes second may have to leave free cores to what comes first.
      const fresh = begunNow.splice(0).filter((one) =>
        first !== undefined && comesBefore(first, one) && busy.includes(one)
      );
      const free = parts.limit() - coresAll(busy) + coresAll(fresh);
      // What it needs may have ended at this moment.
      const wasReady = first?.needs === undefined || waited.includes(first);
      // What was asked back after that had begun was no room before.
      const { length } = parts.play!.world.events("runs.requeued");
      const isCalm = length === requeued;
      requeued = length;
      if (
        first !== undefined && fresh.length > 0 && wasReady && isCalm && coresOfJob(first) <= free
      ) {
        complain(`${fresh[0]!.id} begins before ${first.id}`);
      }
      waited = waiting;
      if (first === undefined) return void (head = undefined);
      const isRoom = coresAll(busy) + coresOfJob(first) <= parts.limit();
      if (isRoom) complain(`${first.id} waits, though there are cores for it`);
      // Beside what is more urgent it has no place, and others may use what that leaves.
      const before = coresAll(busy.filter((one) => !comesBefore(first, one)));
      if (before + coresOfJob(first) > parts.limit()) return void (head = undefined);
      const running = new Set(parts.running((job) => comesBefore(first, job)));
      if (head === undefined || comesBefore(first, head.job) || comesBefore(head.job, first)) {
        head = { job: first, running };
      }
      const isPast = head.running.isDisjointFrom(running);
      if (isPast) complain(`${first.id} waits longer than for what was there before it`);
    },
  };
  return parts;
}

function firstOf(jobs: readonly Job[]): Job[] {
  return jobs.filter((job) => !jobs.some((other) => comesBefore(other, job)));
}

function coresOfJob({ cores = 1 }: Job): number {
  return cores;
}

function coresAll(jobs: readonly Job[]): number {
  return jobs.reduce((sum, job) => sum + coresOfJob(job), 0);
}

function comesBefore(a: Job, b: Job): boolean {
  return a.priority < b.priority || a.priority === b.priority && coresOfJob(a) > coresOfJob(b);
}

function planOf(jobs: readonly Job[], after?: RunTable) {
  const toPlan = jobs.map((job) => ({
    job,
    model: { name: job.model.path, digest: job.model.path },
    inputDigests: {},
  }));
  const options = { rerun: "none", reuse: false, acceptModel: false } as const;
  return makePlan(toPlan, new History(), options, after);
}

function playedOf(
  jobs: readonly Job[],
  { cores, ...options }:
    & { readonly cores: number }
    & Pick<ConstructorParameters<typeof Played>[1], "course" | "began" | "settled" | "slotStartMs">,
): Played {
  const memory = new MemoryBudget(64 * GIB, cores);
  const table = new RunTable(
    0,
    undefined,
    ({ job }) => memory.sizeFor(job.memoryBytes, job.cores),
  );
  table.add(planOf(jobs), () => 0);
  const campaign: CampaignOptions = {
    root: "/tree",
    epoch: 1,
    holder: "test",
    withFiles: () => undefined,
    slots: cores,
    memory,
  };
  return new Played(table, { ...options, campaign });
}

function submit(played: Played, job: Job): void {
  assert.ok(played.campaign.hold());
  played.table.add(planOf([job], played.table), () => 0);
  played.campaign.release();
}

/** Cores of those that compute, by job. */
function coresNow({ slots }: Played, jobAt: (job: number) => Job): number {
  return coresAll([...slots].flatMap(({ current }) => current ? [jobAt(current.job)] : []));
}

Deno.test("a wide run does not wait for ever behind short ones of its priority that save nothing", async () => {
  for (const ms of [5, 700]) {
    const small = aJob({ id: "small", sweep: points(4_000), checkpoint: UNSAVED });
    const wide = aJob({ id: "wide", cores: 4, checkpoint: UNSAVED });
    const played = playedOf([small], {
      cores: 4,
      // Never two at the same time.
      course: (job, index) => ({ ms: job === 1 ? 100 : ms + index % 7, ends: "completes" }),
    });
    const outcome = await played.play([{ ms: 1_200, then: () => submit(played, wide) }]);
    assert.equal(outcome.completed, 4_001);
    const { atMs } = played.begun.find(({ job }) => job === 1)!;
    // What its slots had before them, and the processes that changed.
    assert.ok(atMs - 1_200 < ms + 1_000, `${ms}: after ${atMs - 1_200} ms`);
  }
});

Deno.test("a wide run of low priority is begun after hours behind others, and not asked to leave for these", async () => {
  const hour = AGING_MS;
  const small = aJob({ id: "small", priority: 2, sweep: points(600), checkpoint: SAVED });
  const wide = aJob({ id: "wide", priority: 3, cores: 3, checkpoint: SAVED });
  const played = playedOf([small, wide], {
    cores: 3,
    course: (job, index) => ({ ms: job === 1 ? hour / 2 : 60_000 + index, ends: "completes" }),
  });
  // Whatever happens meanwhile is an occasion to think again.
  const more = Array.from({ length: 20 }, (_, i) => ({
    ms: i * hour / 12,
    then: () => submit(played, aJob({ id: `more-${i}`, checkpoint: SAVED })),
  }));
  const outcome = await played.play(more);
  assert.equal(outcome.completed, 621);
  const begun = played.begun.filter(({ job }) => job === 1);
  assert.equal(begun.length, 1, "it was begun once, and came to its end");
  assert.ok(
    begun[0]!.atMs > 0.9 * hour && begun[0]!.atMs < 1.2 * hour,
    `${begun[0]!.atMs / hour} h`,
  );
});

Deno.test("a critical wide run has as many cores as it needs at once, and takes back no more", async () => {
  const small = aJob({ id: "small", sweep: points(6), checkpoint: SAVED });
  const staged = await stage([small], { slots: 6, memory: new MemoryBudget(64 * GIB, 6) });
  for (const slot of [...staged.world.slots]) await slot.ready();
  await staged.add(aJob({ id: "wide", cores: 4, priority: 0, checkpoint: UNSAVED }));
  const asked = live(staged).filter(({ sent }) => sent.at(-1)!.type === "yield");
  assert.equal(asked.length, 4);
  for (const slot of asked) await slot.yields();
  for (const slot of live(staged)) {
    if (slot.sent.at(-1)!.type === "exit") await slot.crashes({ status: 0 });
  }
  await staged.world.slot.ready();
  assert.equal(staged.world.events("runs.started").at(-1)!.job, "wide");
  assert.deepEqual(staged.campaign.live().cores, { total: 6, free: 0 });
  assert.equal(staged.world.events("runs.requeued").every(({ counted }) => !counted), true);
});

Deno.test("cores that are kept for a wide run are given to others when it is paused, and when it is cancelled", async () => {
  for (const what of ["pause", "cancel"] as const) {
    const small = aJob({ id: "small", sweep: points(9), checkpoint: UNSAVED });
    const staged = await stage([small], { slots: 2 });
    const [first, second] = [...staged.world.slots];
    await first!.ready();
    await second!.ready();
    await staged.add(aJob({ id: "wide", cores: 2, priority: 1 }));
    await first!.completes();
    const started = () => staged.world.events("runs.started").length;
    assert.equal(started(), 2, "the core is kept free");
    assert.deepEqual(staged.campaign.live().cores?.waiting, { job: "wide", cores: 2 });
    await staged.campaign.steering[what]([9]);
    await staged.world.settle();
    for (const slot of live(staged)) {
      if (slot.sent.at(-1)?.type === "exit") await slot.crashes({ status: 0 });
      else if (slot.batches.length === 0) await slot.ready();
    }
    assert.ok(started() > 2, what);
  }
});

Deno.test("with fewer slots nothing is begun before what saves nothing has ended on those that are too many", async () => {
  const staged = await stage([aJob({ sweep: points(9), checkpoint: UNSAVED })], { slots: 3 });
  const slots = [...staged.world.slots];
  for (const slot of slots) await slot.ready();
  staged.campaign.steering.resize(2);
  const started = () => staged.world.events("runs.started").length;
  // The first is to go: while it computes, another that has ended takes nothing more.
  await slots[2]!.completes();
  assert.equal(started(), 3);
  await slots[1]!.completes();
  const busy = live(staged).filter(({ working }) => working !== undefined);
  assert.equal(busy.length, 2, "one beside the one that is to go");
  await slots[0]!.completes();
  for (const slot of live(staged)) {
    if (slot.sent.at(-1)?.type === "exit") await slot.crashes({ status: 0 });
  }
  assert.equal(live(staged).filter(({ working }) => working !== undefined).length, 2);
});

Deno.test("a run that was out of memory has the same cores in the larger slot", async () => {
  const memory = new MemoryBudget(10 * GIB, 4);
  const { world } = await stage([aJob({ cores: 2, retries: 1 })], { slots: 4, memory });
  assert.equal(world.slot.memoryBytesMax, 4 * GIB);
  await world.slot.ready();
  await world.slot.crashes({
    status: 133,
    signal: "SIGTRAP",
    stderr: "# Fatal JavaScript out of memory: Reached heap limit",
  });
  assert.equal(world.slot.memoryBytesMax, 8 * GIB);
});

Deno.test("others on the machine leave one wide run its cores; somebody who allows fewer does not", async () => {
  const wide = aJob({ id: "wide", sweep: points(4), cores: 2, checkpoint: SAVED });
  const jobAt = () => wide;
  const played = playedOf([wide], {
    cores: 4,
    course: (_, index) => ({ ms: 10_000 + index, ends: "completes" }),
  });
  const used: number[] = [];
  const look = (ms: number) => ({ ms, then: () => void used.push(coresNow(played, jobAt)) });
  const { steering } = played.campaign;
  await played.play([
    look(1_000),
    { ms: 2_000, then: () => played.campaign.restrain(1) },
    look(3_000),
    { ms: 4_000, then: () => steering.resize(1) },
    look(5_000),
    { ms: 6_000, then: () => steering.resize(3) },
    look(7_000),
    { ms: 8_000, then: () => played.campaign.restrain() },
    look(9_000),
    { ms: 10_500, then: () => steering.resize(4) },
    look(11_000),
  ]);
  assert.deepEqual(used, [4, 2, 0, 2, 2, 4]);
});

function live({ world }: Staged) {
  return world.slots.filter(({ isGone }) => !isGone);
}
