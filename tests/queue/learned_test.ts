/** What the journal teaches of models, and what is made of it. */
import assert from "node:assert/strict";
import { checkpointInterval, expectedCostMs } from "../../src/job/checkpoint_interval.ts";
import type { CompletedRun, ModelIdentity, RunEvent } from "../../src/job/event.ts";
import { History } from "../../src/queue/history.ts";
import { Learned } from "../../src/queue/learned.ts";
import { LogTimes } from "../../src/queue/log_times.ts";
import { completed } from "../helpers/events.ts";
import { aJob } from "../helpers/jobs.ts";
import { seeded } from "../helpers/seeded.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MODEL: ModelIdentity = { name: "heat.ts", digest: "m1" };
const EDITED: ModelIdentity = { name: "heat.ts", digest: "m2" };
const OTHER: ModelIdentity = { name: "other.ts", digest: "m9" };

Deno.test("checkpointInterval() is √(2·C·M), with 1 % of overhead at most, from 1 s to 30 min", () => {
  const of = (costMs: number, mtbfMs = DAY) => {
    const { everyMs, rule } = checkpointInterval(costMs, mtbfMs);
    return [Math.round(everyMs), rule];
  };
  assert.deepEqual(of(100), [131_453, "balance"]);
  assert.deepEqual(of(5), [29_394, "balance"]);
  assert.deepEqual(of(4_000), [831_384, "balance"]);
  assert.deepEqual(of(0.001, HOUR), [1_000, "shortest"]);
  assert.deepEqual(of(0, HOUR), [1_000, "shortest"]);
  assert.deepEqual(of(10_000, 10 * DAY), [1_800_000, "longest"]);
  // What it costs counts for more than what would be lost.
  assert.deepEqual(of(60_000), [6_000_000, "overhead"]);
  assert.deepEqual(of(100, 60_000), [10_000, "overhead"]);
  for (const costMs of [0.1, 1, 30, 1e3, 1e5]) {
    for (const mtbfMs of [1e4, HOUR, DAY, 100 * DAY]) {
      assert.ok(costMs / checkpointInterval(costMs, mtbfMs).everyMs <= 0.01 + 1e-12);
    }
  }
});

Deno.test("expectedCostMs() goes by the size, and by what a model's checkpoints took", () => {
  assert.equal(expectedCostMs(0), 5);
  assert.equal(Math.round(expectedCostMs(16 << 20)), 72);
  const known = { ms: 1005, rawBytes: 100e6 };
  assert.equal(expectedCostMs(100e6, known), 1005);
  assert.equal(expectedCostMs(50e6, known), 505);
  assert.equal(expectedCostMs(80, known), 5.0008);
  // A tiny one says what the disk takes for anything, and nothing of what a byte costs.
  assert.equal(expectedCostMs(80, { ms: 30, rawBytes: 80 }), 30.00032);
  assert.equal(Math.round(expectedCostMs(16 << 20, { ms: 30, rawBytes: 80 })), 97);
});

Deno.test("losses() is one a day in a tree that knows nothing, or one in the time limit", () => {
  const learned = Learned.of(new History());
  assert.equal(learned.losses(MODEL).mtbfMs, DAY);
  assert.equal(Math.round(learned.losses(MODEL, HOUR).mtbfMs), HOUR);
  assert.equal(learned.losses(MODEL, 7 * DAY).mtbfMs, DAY);
});

Deno.test("losses() counts simruns that ended without a word, in the time that all of them worked", () => {
  const tree = new Tree();
  tree.campaign(10 * HOUR, "ended").idle(100 * HOUR).campaign(5 * HOUR, "killed");
  tree.idle(30 * DAY).campaign(9 * HOUR, "ended").campaign(HOUR, "killed");
  const { mtbfMs, crashes, workedMs } = tree.learned().losses(MODEL);
  assert.equal(crashes, 2);
  assert.equal(workedMs, 25 * HOUR);
  assert.equal(Math.round(mtbfMs), Math.round((25 + 24) / 3 * HOUR));
  // The last one is not lost when it is at work; its time counts.
  assert.equal(Learned.of(tree.history, true).losses(MODEL).crashes, 1);
  assert.equal(Learned.of(tree.history, true).losses(MODEL).workedMs, 25 * HOUR);
});

Deno.test("losses() counts no time between simruns, nor what repairs write there", () => {
  const tree = new Tree();
  tree.campaign(HOUR, "killed").idle(DAY);
  tree.add({ type: "tree.repaired", lost: [] });
  tree.idle(DAY).add({ type: "runs.continued", job: "any", runs: ["a"], earlier: true });
  tree.idle(DAY).campaign(HOUR, "ended");
  assert.equal(tree.learned().losses(MODEL).workedMs, 2 * HOUR);
});

Deno.test("losses() counts attempts that ended with their slot, for their model only", () => {
  const tree = new Tree().plan("a", MODEL).start("a", MODEL, "r1", "r2", "r3");
  const requeued = (run: string, cause: "slot-lost" | "hang" | "preempted", counted: boolean) =>
    tree.add({ type: "runs.requeued", job: "a", runs: [run], cause, counted });
  requeued("r1", "slot-lost", true);
  requeued("r1", "hang", true);
  requeued("r2", "slot-lost", false);
  requeued("r2", "preempted", false);
  tree.fail("a", "r3", "hang").fail("a", "r2", "model-error");
  const learned = tree.learned();
  assert.equal(learned.losses(MODEL).slots, 3);
  assert.equal(learned.losses(OTHER).slots, 0);
  assert.ok(learned.losses(MODEL).mtbfMs < DAY / 3);
  assert.ok(learned.losses(OTHER).mtbfMs > 0.99 * DAY);
});

Deno.test("checkpoint() is the mean of the job's own, stalls included, else of the model, else of its name", () => {
  const tree = new Tree().plan("a", MODEL).plan("b", MODEL);
  tree.start("a", MODEL, "r1").start("b", MODEL, "r1");
  tree.save("a", "r1", { ms: 90, stallMs: 10, rawBytes: 16e6 });
  tree.save("a", "r1", { ms: 200, rawBytes: 16e6 });
  tree.save("b", "r1", { ms: 30, stallMs: 30, rawBytes: 1e6 });
  const learned = tree.learned();
  assert.deepEqual(learned.checkpoint(MODEL, "a"), {
    count: 2,
    ms: 150,
    rawBytes: 16e6,
    isOwn: true,
  });
  assert.deepEqual(learned.checkpoint(MODEL, "b"), {
    count: 1,
    ms: 60,
    rawBytes: 1e6,
    isOwn: true,
  });
  const all = { count: 3, ms: 120, rawBytes: 11e6, isOwn: false };
  assert.deepEqual(learned.checkpoint(MODEL, "c"), all);
  assert.deepEqual(learned.checkpoint(EDITED, "a"), all);
  assert.equal(learned.checkpoint(OTHER, "a"), undefined);
});

Deno.test("peakMemoryBytes() and outOfMemoryAt() are the most that was seen", () => {
  const tree = new Tree().plan("a", MODEL).start("a", MODEL, "r1", "r2", "r3", "r4");
  tree.complete("a", MODEL, { memoryBytes: 80e6 }, { memoryBytes: 300e6 }, {});
  tree.complete("a", MODEL, { memoryBytes: 100e6 });
  tree.add({
    type: "runs.requeued",
    job: "a",
    runs: ["r4"],
    cause: "out-of-memory",
    counted: true,
    memoryBytes: 1e9,
  });
  tree.fail("a", "r4", "out-of-memory", 2e9);
  const learned = tree.learned();
  assert.equal(learned.peakMemoryBytes(MODEL), 300e6);
  assert.equal(learned.outOfMemoryAt(MODEL), 2e9);
  assert.equal(learned.peakMemoryBytes(EDITED), 300e6);
  assert.equal(learned.peakMemoryBytes(OTHER), undefined);
  assert.equal(learned.outOfMemoryAt(OTHER), undefined);
});

Deno.test("figures that a model has forged are passed over", () => {
  const tree = new Tree().plan("a", MODEL).start("a", MODEL, "r1");
  const forged = {
    memoryBytes: "1e9" as unknown as number,
    longestStepMs: {} as unknown as number,
  };
  tree.complete("a", MODEL, forged, { memoryBytes: 5e6 });
  assert.equal(tree.learned().peakMemoryBytes(MODEL), 5e6);
  assert.equal(tree.learned().hangMs(MODEL, 1000), 1000);
});

Deno.test("hangMs() is three times what runs of the model stood still, and never less than the job says", () => {
  const minutes = (count: number) => count * 60_000;
  const seen = (over: Partial<CompletedRun>) =>
    new Tree().plan("a", MODEL).start("a", MODEL, "r1").complete("a", MODEL, over).learned();
  const slowStart = seen({
    memoryBytes: 1,
    longestStepMs: minutes(20),
    steps: 1e6,
    ms: minutes(30),
  });
  assert.equal(slowStart.hangMs(MODEL, minutes(5)), minutes(60));
  assert.equal(slowStart.hangMs(EDITED, minutes(5)), minutes(60));
  assert.equal(slowStart.hangMs(MODEL, minutes(90)), minutes(90));
  assert.equal(slowStart.hangMs(OTHER, minutes(5)), minutes(5));
  // Of older trees only the mean step is known.
  assert.equal(seen({ steps: 3, ms: minutes(60) }).hangMs(MODEL, minutes(5)), minutes(60));
  assert.equal(seen({ steps: 3e6, ms: minutes(60) }).hangMs(MODEL, minutes(5)), minutes(5));
});

Deno.test("teach() tells a slot what was learned, and changes nothing that a result depends on", () => {
  const tree = new Tree().plan("a", MODEL).start("a", MODEL, "r1");
  tree.save("a", "r1", { ms: 100, stallMs: 0, rawBytes: 16e6 });
  tree.complete("a", MODEL, { memoryBytes: 1, longestStepMs: 600_000 });
  const job = aJob({ id: "a", checkpoint: { every: { kind: "auto" }, keep: 7 } });
  const taught = tree.learned().teach(job, MODEL, HOUR);
  const { every, keep } = taught.checkpoint;
  assert.equal(keep, 7);
  assert.ok(every.kind === "auto" && every.learned !== undefined);
  assert.deepEqual(every.learned.cost, { ms: 100, rawBytes: 16e6 });
  assert.equal(Math.round(every.learned.mtbfMs), HOUR);
  assert.deepEqual({ ...taught, hangMs: job.hangMs, checkpoint: job.checkpoint }, job);
  assert.equal(taught.hangMs, 1_800_000);
  const fixed = aJob({ id: "a", checkpoint: { every: { kind: "steps", steps: 5 }, keep: 1 } });
  assert.deepEqual(tree.learned().teach(fixed, MODEL).checkpoint, fixed.checkpoint);
});

Deno.test("LogTimes has mean and spread of factors, together, apart, and far from one", () => {
  const random = seeded(3);
  for (const scale of [1e-9, 1, 1e12]) {
    const all = new LogTimes(), some = new LogTimes(), rest = new LogTimes();
    const logs: number[] = [];
    for (let i = 0; i < 1000; i++) {
      const time = scale * Math.exp(random.next());
      logs.push(Math.log(time));
      all.add(time);
      (i % 3 === 0 ? some : rest).add(time);
    }
    const mean = logs.reduce((a, b) => a + b) / logs.length;
    const deviance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
    const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a} ${b}`);
    const joined = new LogTimes();
    joined.include(some);
    joined.include(rest);
    for (const times of [all, joined]) {
      close(times.mean, mean);
      close(times.deviance, deviance);
    }
    const left = all.without(some);
    assert.equal(left.count, rest.count);
    close(left.mean, rest.mean);
    close(left.deviance, rest.deviance);
  }
});

/** A tree's journal with a clock. */
class Tree {
  readonly history = new History();
  #seq = 0;
  #nowMs = Date.parse("2026-01-02T03:04:05Z");

  add(event: RunEvent): this {
    const at = new Date(this.#nowMs).toISOString();
    this.history.apply(JSON.parse(JSON.stringify({ seq: ++this.#seq, at, ...event })));
    return this;
  }

  idle(ms: number): this {
    this.#nowMs += ms;
    return this;
  }

  campaign(ms: number, end: "ended" | "killed"): this {
    this.add({
      type: "campaign.started",
      epoch: 1,
      version: "0",
      host: "h",
      pid: 1,
      slots: 1,
      manifests: [],
    });
    this.idle(ms).add({ type: "runs.held", job: "any", runs: [] });
    if (end === "killed") return this;
    const counts = { completed: 0, failed: 0, remaining: 0 };
    return this.add({ type: "campaign.ended", outcome: "completed", ...counts });
  }

  plan(id: string, model: ModelIdentity): this {
    return this.add({ type: "job.planned", job: aJob({ id }), count: 9, model });
  }

  start(job: string, { digest: model }: ModelIdentity, ...runs: string[]): this {
    const pairs = runs.flatMap((run) => [run, `d-${run}`]);
    return this.add({ type: "runs.started", job, model, steps: 100, attempt: 1, runs: pairs });
  }

  save(
    job: string,
    run: string,
    cost: { readonly ms: number; readonly stallMs?: number; readonly rawBytes: number },
  ): this {
    return this.add({ type: "run.checkpointed", job, run, step: 1, file: "f", bytes: 1, ...cost });
  }

  fail(
    job: string,
    run: string,
    failure: "hang" | "model-error" | "out-of-memory",
    memoryBytes?: number,
  ): this {
    const why = { class: failure, message: "m", step: 1, ...(memoryBytes && { memoryBytes }) };
    return this.add({ type: "run.failed", job, run, attempt: 1, failure: why });
  }

  complete(job: string, { digest }: ModelIdentity, ...overs: Partial<CompletedRun>[]): this {
    const runs = overs.map((over, i) => completed(`r${i + 1}`, `d-r${i + 1}`, over));
    return this.add({ type: "runs.completed", job, model: digest, runs });
  }

  learned(): Learned {
    return Learned.of(this.history);
  }
}
