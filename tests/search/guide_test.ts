/** Runs led by results: the same points whoever is quicker, killed and resumed, and an end that results decide. */
import assert from "node:assert/strict";
import type { Job, Until } from "../../src/job/job.ts";
import { type Search, SEARCH_METHODS } from "../../src/job/sweep.ts";
import type { Decision } from "../../src/plan/decision.ts";
import { didYouMean } from "../../src/manifest/suggest.ts";
import { type GuidePast, RunGuide } from "../../src/search/guide.ts";
import { guideOfJob } from "../../src/search/grouped_guide.ts";
import { aJob } from "../helpers/jobs.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";
import { aSearch, rosenbrock } from "./landscapes.ts";

function searching(over: Partial<Search> = {}, until?: Until): Job {
  return aJob({ sweep: { parts: [aSearch(over)] }, ...(until && { until }) });
}

function repeating(count: number, until: Partial<Until>): Job {
  const rule = { metric: "loss", atLeast: 1, ...until };
  return aJob({ sweep: { parts: [{ kind: "repeat", count }] }, until: rule });
}

function outcome(loss: number) {
  return { result: { loss }, steps: 1 };
}

/** What a run of the landscape comes to; some fail. */
function lossAt(guide: RunGuide, index: number): number {
  const { at } = guide.proposalAt(index)!;
  return index % 11 === 5 ? NaN : rosenbrock(at);
}

const NEW = (): Decision => "new";

/** Runs that may begin are begun, and those under way end in the order that `pick` says. Answers what was proposed. */
function run(guide: RunGuide, count: number, pick: (open: number) => number): string[] {
  const open: number[] = [];
  let next = guide.ended;
  while (true) {
    while (next < count && open.length < 64 && guide.admits(next)) open.push(next++);
    if (open.length === 0) break;
    const [index] = open.splice(pick(open.length), 1);
    guide.tell(
      index!,
      Number.isNaN(lossAt(guide, index!)) ? undefined : outcome(lossAt(guide, index!)),
    );
  }
  return Array.from({ length: next }, (_, index) => JSON.stringify(guide.proposalAt(index)));
}

Deno.test("the points of a search do not depend on which runs end first", () => {
  const seed = seedOf();
  const random = seeded(seed);
  for (let i = 0; i < cases({ short: 2, long: 40 }); i++) {
    for (const method of SEARCH_METHODS) {
      const parallel = 1 + Math.floor(random.next() * 7);
      const job = searching({ method, parallel, seed: i });
      const inOrder = run(new RunGuide(job, 26), 26, () => 0);
      const anyhow = run(new RunGuide(job, 26), 26, (open) => Math.floor(random.next() * open));
      assert.deepEqual(anyhow, inOrder, `${method}, ${parallel} parallel, seed ${seed}`);
      assert.equal(inOrder.length, 26);
    }
  }
});

/** What a tree tells of a guide that came so far: all that was begun was proposed, and some of it has ended. */
function pastOf(guide: RunGuide, begun: number, isOver: (index: number) => boolean): GuidePast {
  return {
    proposed: (index) => index < begun ? guide.proposalAt(index) : undefined,
    outcome: (index) => isOver(index) ? outcome(lossAt(guide, index)) : undefined,
  };
}

function decided(isOver: (index: number) => boolean) {
  return (index: number): Decision => {
    if (!isOver(index)) return "new";
    return index % 11 === 5 ? "retry" : "done";
  };
}

Deno.test("a search that is killed anywhere and resumed proposes what it would have", () => {
  for (const method of SEARCH_METHODS) {
    const job = searching({ method, parallel: 3 });
    const whole = new RunGuide(job, 24);
    const places = run(whole, 24, () => 0);
    for (const ended of [0, 4, 5, 6, 13, 23]) {
      // Of the window behind what has ended without a gap some have ended as well.
      const isOver = (index: number) => index < ended || index === ended + 1;
      const past = pastOf(whole, Math.min(24, ended + 3), isOver);
      const resumed = new RunGuide(job, 24, past);
      const decisions = resumed.decideAll(decided(isOver));
      const again = new RunGuide(job, 24, pastOf(whole, 0, isOver));
      assert.deepEqual(again.decideAll(decided(isOver)), decisions);
      for (const [guide, what] of [[resumed, "recorded"], [again, "proposed anew"]] as const) {
        for (let index = guide.ended; index < 24; index++) {
          assert.ok(guide.admits(index), `${method} ${what} ${index} after ${ended}`);
          assert.equal(JSON.stringify(guide.proposalAt(index)), places[index], `${method} ${what}`);
          guide.tell(
            index,
            Number.isNaN(lossAt(guide, index)) ? undefined : outcome(lossAt(guide, index)),
          );
        }
      }
    }
  }
});

Deno.test("a larger budget keeps what was proposed, and goes on", () => {
  for (const method of SEARCH_METHODS) {
    const first = new RunGuide(searching({ method, count: 21 }), 21);
    const before = run(first, 21, () => 0);
    const all = run(new RunGuide(searching({ method, count: 30 }), 30), 30, () => 0);
    assert.deepEqual(all.slice(0, 21), before, method);
    const isOver = (index: number) => index < 21;
    const raised = new RunGuide(searching({ method, count: 30 }), 30, pastOf(first, 21, isOver));
    raised.decideAll(decided(isOver));
    assert.equal(raised.ended, 21, method);
    assert.deepEqual(run(raised, 30, () => 0), all, method);
  }
});

Deno.test("what was proposed stays, also where it would be proposed otherwise now", () => {
  const job = searching({ count: 12 });
  const at = [0.25, 0.75];
  const past: GuidePast = {
    proposed: (index) => index < 5 ? { at, values: {}, from: 0 } : undefined,
    outcome: () => undefined,
  };
  const guide = new RunGuide(job, 12, past);
  guide.decideAll(NEW);
  assert.deepEqual(guide.proposalAt(2)!.at, at);
  // Results that become others propose others.
  guide.decideAll((index) => index === 0 ? "changed-parameters" : "new");
  assert.deepEqual(guide.proposalAt(3)!.at, at);
  assert.equal(guide.proposalAt(4), undefined);
});

Deno.test("no run of a search begins before what its point follows from has ended", () => {
  for (const method of SEARCH_METHODS) {
    const guide = new RunGuide(searching({ method, parallel: 4 }), 40);
    guide.decideAll(NEW);
    assert.deepEqual([0, 1, 2, 3, 4].map((index) => guide.admits(index)), [
      true,
      true,
      true,
      true,
      false,
    ]);
    for (const index of [1, 2, 3]) guide.tell(index, outcome(index));
    assert.equal(guide.admits(4), false, method);
    assert.equal(guide.proposalAt(4), undefined);
    guide.tell(0, undefined);
    assert.equal(guide.admits(4), true, method);
  }
});

Deno.test("a search stops by the first runs alone that say so, in their order", () => {
  const until = { metric: "loss", below: 1, atLeast: 1 };
  const guide = new RunGuide(searching({ parallel: 4 }, until), 40);
  guide.decideAll(NEW);
  for (const index of [0, 1, 2, 3]) assert.ok(guide.admits(index));
  guide.tell(2, outcome(0.5));
  assert.ok(guide.stopped === undefined);
  guide.tell(0, outcome(3));
  guide.tell(1, outcome(0.7));
  assert.deepEqual(guide.stopped, { after: 2, why: "loss 0.7 is below 1" });
  guide.tell(3, outcome(0.1));
  assert.deepEqual(guide.best, { index: 1, value: 0.7 });
  assert.equal(guide.admits(4), false);
});

Deno.test("rules: above for what is maximized, no improvement, not before so many, failed runs in between", () => {
  const stop = (job: Job, count: number, losses: readonly (number | undefined)[]) => {
    const guide = new RunGuide(job, count);
    guide.decideAll(NEW);
    losses.forEach((loss, index) =>
      guide.tell(index, loss === undefined ? undefined : outcome(loss))
    );
    return guide.stopped;
  };
  const rule = (until: Partial<Until>, goal: Search["goal"] = "minimize") =>
    searching({ goal }, { metric: "loss", atLeast: 1, ...until });
  assert.deepEqual(stop(rule({ above: 5 }, "maximize"), 9, [1, 2, 9]), {
    after: 3,
    why: "loss 9 is above 5",
  });
  assert.deepEqual(stop(rule({ noImprovement: 3 }), 9, [5, 2, undefined, NaN, 2]), {
    after: 5,
    why: "no better loss than 2 in 3 runs",
  });
  assert.equal(stop(rule({ noImprovement: 3 }), 9, [5, 2, undefined, NaN, 1]), undefined);
  assert.equal(stop(rule({ noImprovement: 2 }), 9, [undefined, undefined, undefined]), undefined);
  assert.equal(stop(rule({ below: 1, atLeast: 4 }), 9, [0.5, 7, 7])?.after, undefined);
  assert.equal(stop(rule({ below: 1, atLeast: 4 }), 9, [0.5, 7, 7, 7])?.after, 4);
});

Deno.test("a mean is known well enough when its standard error says so: as a number, or as a share of it", () => {
  const random = seeded(5);
  const values = Array.from({ length: 400 }, () => 10 + 4 * (random.next() - 0.5));
  const reach = (standardError: Until["standardError"], atLeast = 30) => {
    const guide = new RunGuide(repeating(400, { standardError: standardError!, atLeast }), 400);
    guide.decideAll(NEW);
    values.forEach((value, index) => guide.tell(index, outcome(value)));
    return guide.stopped?.after ?? Infinity;
  };
  const errorAfter = (count: number) => {
    const mean = values.slice(0, count).reduce((sum, one) => sum + one, 0) / count;
    const square = values.slice(0, count).reduce((sum, one) => sum + (one - mean) ** 2, 0);
    return Math.sqrt(square / (count - 1) / count);
  };
  const after = reach({ value: 0.1, isRelative: false });
  assert.ok(errorAfter(after) <= 0.1 && errorAfter(after - 1) > 0.1, `${after}`);
  assert.equal(reach({ value: 0.01, isRelative: true }) > 100, true);
  assert.equal(reach({ value: 1000, isRelative: false }), 30);
  assert.equal(reach({ value: 1e-9, isRelative: false }), Infinity);
});

Deno.test("repeats of a sampled point are one value of the mean", () => {
  const sample = {
    kind: "sample",
    method: "random",
    count: 50,
    seed: 0,
    over: [{ name: "x", distribution: { kind: "uniform", min: 0, max: 1 } }],
  } as const;
  const job = aJob({
    sweep: { parts: [sample, { kind: "repeat", count: 4 }] },
    until: { metric: "loss", standardError: { value: 0.2, isRelative: false }, atLeast: 8 },
  });
  const guide = new RunGuide(job, 200);
  guide.decideAll(NEW);
  // Each point has a value of its own, the same in its four repeats: as many values as points are known.
  for (let index = 0; index < 200; index++) guide.tell(index, outcome(Math.floor(index / 4) % 2));
  const points = guide.stopped!.after / 4;
  assert.ok(Number.isInteger(points));
  assert.ok(points > 5 && points < 10, `${points}`);
});

Deno.test("what is not needed any more is left alone, and what failed counts when the job is over", () => {
  const job = repeating(8, { below: 1 });
  const past: GuidePast = { proposed: () => undefined, outcome: (index) => outcome(5 - index * 2) };
  const guide = new RunGuide(job, 8, past);
  const before: Decision[] = [
    "done",
    "retry",
    "done",
    "done",
    "done",
    "restart",
    "new",
    "cancelled",
  ];
  const decisions = guide.decideAll((index) => before[index]!);
  assert.deepEqual(guide.stopped, { after: 4, why: "loss -1 is below 1" });
  assert.deepEqual(decisions, [
    "done",
    "counted",
    "done",
    "done",
    "done",
    "not-needed",
    "not-needed",
    "cancelled",
  ]);
  // While it is not over, failed runs are tried again like any other.
  const open = new RunGuide(repeating(8, { below: -100 }), 8, past);
  assert.deepEqual(open.decideAll((index) => before[index]!), before);
  assert.equal(open.ended, 1);
});

Deno.test("a failed run of a search is tried again only as long as nothing has come of going on without it", () => {
  const guide = new RunGuide(searching({ parallel: 2, count: 9 }), 9, {
    proposed: () => ({ at: [0.5, 0.5], values: {}, from: 0 }),
    outcome: () => outcome(1),
  });
  const of = (...decisions: Decision[]) =>
    guide.decideAll((index) => decisions[index] ?? "new").slice(0, decisions.length);
  assert.deepEqual(of("done", "retry", "done"), ["done", "retry", "done"]);
  assert.deepEqual(of("done", "retry", "done", "done"), ["done", "counted", "done", "done"]);
  assert.deepEqual(of("retry", "retry", "retry", "retry"), ["retry", "retry", "retry", "retry"]);
});

Deno.test("a run of a search that a bad disk has failed is tried again, also when the search is over", () => {
  const past = {
    proposed: (index: number) => ({ at: [index / 9, 0.5], values: {}, from: 0 }),
    outcome: () => outcome(1),
    hasFailedByChance: (index: number) => index === 1,
  };
  const guide = new RunGuide(searching({ parallel: 2, count: 9 }), 9, past);
  const decisions = (failed: number) =>
    guide.decideAll((index) => index === failed ? "retry" : "done");
  assert.deepEqual(decisions(1), ["done", "retry", ...Array(7).fill("done")]);
  // What was proposed without it is as good as it was.
  assert.deepEqual(guide.proposalAt(8)!.at, [8 / 9, 0.5]);
  assert.deepEqual(decisions(2), ["done", "done", "counted", ...Array(6).fill("done")]);
});

Deno.test("what is held for a changed model holds what follows from it", () => {
  const guide = new RunGuide(searching({ parallel: 2, count: 5 }), 5);
  const decisions = guide.decideAll((index) => index === 1 ? "held-model" : "new");
  assert.deepEqual(decisions, ["new", "held-model", "new", "held-model", "held-model"]);
});

Deno.test("a number that the results do not have is told once with those they have, and ends a search", () => {
  const job = searching({ parallel: 2, count: 9 });
  const guide = new RunGuide(job, 9, undefined, { suggest: didYouMean });
  guide.decideAll(NEW);
  const told = [0, 1, 2].map((index) =>
    guide.tell(index, { result: { los: 1, deep: { T: 2n }, word: "x" }, steps: 1 })
  );
  assert.deepEqual(told, [
    'The result has no number "loss". Did you mean "los"? Its numbers: los, deep.T.',
    undefined,
    undefined,
  ]);
  assert.match(guide.hopeless!, /no number "loss"/);
  const fine = new RunGuide(searching({ parallel: 2, count: 9 }), 9);
  fine.decideAll(NEW);
  fine.tell(0, outcome(3));
  fine.tell(1, { result: {}, steps: 1 });
  assert.equal(fine.hopeless, undefined);
});

Deno.test("the metric may be nested, be the result itself, or the steps that were done", () => {
  const told = (metric: string, result: unknown) => {
    const guide = new RunGuide(searching({ metric, count: 2 }), 2);
    guide.decideAll(NEW);
    guide.tell(0, { result, steps: 40 });
    return guide.best?.value;
  };
  assert.equal(told("fit.rms", { fit: { rms: 2 } }), 2);
  assert.equal(told("result", 7), 7);
  assert.equal(told("result.x", { x: 3 }), 3);
  assert.equal(told("steps", { x: 3 }), 40);
  assert.equal(told("constructor", { x: 3 }), undefined);
});

Deno.test("each combination of a sweep ends when its own mean is known", () => {
  const job = aJob({
    sweep: {
      parts: [
        { kind: "axis", name: "T", axis: { kind: "list", values: [1, 2, 3] } },
        { kind: "repeat", count: 40 },
      ],
    },
    until: { metric: "loss", standardError: { value: 0.1, isRelative: false }, atLeast: 4 },
  });
  const guide = guideOfJob(job);
  assert.deepEqual(new Set(guide.decideAll(NEW)), new Set(["new"]));
  assert.deepEqual(guide.fronts, [0, 40, 80]);
  // The first one is known soon, the second never, the third after its failed run.
  const value = (index: number) => index < 40 ? 5 : index < 80 ? index % 2 * 9 : 7;
  for (let index = 119; index >= 0; index--) {
    guide.tell(index, index === 81 ? undefined : outcome(value(index)));
  }
  assert.deepEqual(guide.needless, [{ from: 4, to: 40 }, { from: 84, to: 120 }]);
  assert.deepEqual(guide.stopped, {
    after: 48,
    why: "the mean of loss is known well enough in 2 of 3 combinations",
  });
  // Begun again it decides the same for each of them.
  const again = guideOfJob(job, {
    proposed: () => undefined,
    outcome: (index) => outcome(value(index)),
  });
  const decisions = again.decideAll((index) => index % 40 < 20 ? "done" : "new");
  assert.deepEqual([decisions[4], decisions[25], decisions[65], decisions[119]], [
    "done",
    "not-needed",
    "new",
    "not-needed",
  ]);
  assert.equal(again.stopped, undefined);
  assert.deepEqual(again.fronts, [60]);
});
