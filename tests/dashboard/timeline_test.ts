/** The timeline: a fold of journal lines, and its lanes in a window of time. */
import assert from "node:assert/strict";
import type { JournalEntry, RunEvent } from "../../src/job/event.ts";
import { Timeline } from "../../src/dashboard/timeline.ts";
import { lanesOf } from "../../src/dashboard/timeline_lanes.ts";
import { curvesOf } from "../../src/dashboard/curves.ts";

class Journal {
  readonly timeline = new Timeline();
  #seq = 0;
  /** Whose journal is heard, of a tree that is cut. */
  shard: string | undefined;

  say(atMs: number, event: Partial<RunEvent> & { readonly type: RunEvent["type"] }): void {
    const entry = { seq: ++this.#seq, at: new Date(atMs).toISOString(), ...event };
    const place = { segment: 0, offset: 0, bytes: 0, seq: this.#seq };
    const location = this.shard === undefined ? place : { ...place, shard: this.shard };
    this.timeline.apply(entry as JournalEntry, location);
  }

  begin(atMs: number, slots: number): void {
    this.say(atMs, { type: "campaign.started", slots });
  }

  start(atMs: number, ...runs: string[]): void {
    this.say(atMs, { type: "runs.started", job: "j", runs: runs.flatMap((run) => [run, "d"]) });
  }

  complete(atMs: number, ...runs: string[]): void {
    const records = runs.map((run) => ({ run })) as never;
    this.say(atMs, { type: "runs.completed", job: "j", runs: records });
  }

  lanes(width = 1000, fromMs?: number, toMs?: number) {
    return lanesOf(this.timeline, { fromMs, toMs, width, nowMs: 1e6, isWorking: () => false });
  }

  /** Each lane as a text: run, state, from and to. */
  told(width?: number, fromMs?: number, toMs?: number): string[][] {
    return this.lanes(width, fromMs, toMs).lanes.map((lane) =>
      lane.map(({ run, runs, state, fromMs, toMs }) => `${run}×${runs} ${state} ${fromMs}-${toMs}`)
    );
  }
}

Deno.test("Timeline: runs take the first slot that is free; what waits in a slot begins when it is its turn", () => {
  const journal = new Journal();
  journal.begin(0, 2);
  journal.start(0, "a");
  journal.start(0, "b");
  // Handed to a slot in advance.
  journal.start(10, "c");
  journal.complete(50, "a");
  journal.say(70, { type: "run.failed", job: "j", run: "b" });
  journal.complete(90, "c");
  journal.say(90, { type: "campaign.ended", outcome: "failed" });
  assert.deepEqual(journal.told(), [
    ["a×1 completed 0-50", "c×1 completed 50-90"],
    ["b×1 failed 0-70"],
  ]);
});

Deno.test("Timeline: tried again, moved, cancelled and lost are told apart, and a batch is as bad as its worst run", () => {
  const journal = new Journal();
  journal.begin(0, 1);
  journal.start(0, "a");
  const back = { type: "runs.requeued", job: "j", runs: ["a"] } as const;
  journal.say(10, { ...back, cause: "slot-lost", counted: true });
  journal.start(10, "a");
  journal.say(15, { type: "run.checkpointed", job: "j", run: "a" });
  journal.say(20, { ...back, cause: "preempted", counted: false });
  journal.start(20, "b", "c", "d");
  journal.complete(25, "b", "d");
  journal.say(30, { type: "runs.cancelled", job: "j", runs: ["c"] });
  journal.start(40, "a");
  // Killed: nobody said how it ended.
  journal.begin(100, 1);
  journal.start(110, "a");
  journal.complete(120, "a");
  const whole = journal.told(1000, 0);
  assert.deepEqual(whole, [[
    "a×1 retried 0-10",
    "a×1 moved 10-20",
    "b×3 cancelled 20-30",
    "a×1 lost 40-40",
    "a×1 completed 110-120",
  ]]);
  assert.deepEqual(journal.lanes(1000, 0).lanes[0]![1]!.saves, [15]);
  // The last session is shown when nothing is asked for.
  assert.deepEqual(journal.told(), [["a×1 completed 110-120"]]);
});

Deno.test("Timeline: each shard has slots of its own, and one that begins or ends leaves those of the others alone", () => {
  const journal = new Journal();
  journal.shard = "10-of-12";
  journal.begin(0, 1);
  journal.start(0, "a");
  journal.shard = "2-of-12";
  journal.begin(5, 2);
  journal.start(5, "b");
  journal.start(6, "c");
  journal.complete(20, "b");
  journal.say(30, { type: "campaign.ended", outcome: "stopped" });
  journal.shard = "10-of-12";
  journal.complete(50, "a");
  const { shards, lanes, sessions } = journal.lanes();
  assert.deepEqual(shards, ["2/12", "2/12", "10/12"]);
  assert.deepEqual(
    lanes.map((lane) => lane.map(({ run, state, toMs }) => `${run} ${state} ${toMs}`)),
    [["b completed 20"], ["c lost 30"], ["a completed 50"]],
  );
  assert.deepEqual(sessions, [{ fromMs: 0, toMs: 50 }, { fromMs: 5, toMs: 30 }]);
  // Nobody is there, and nobody has said how it ended.
  journal.start(60, "d");
  assert.deepEqual(journal.told()[2], ["a×1 completed 0-50", "d×1 lost 60-60"]);
});

Deno.test("lanesOf() answers no more pieces than can be told apart, and loses no run and no failure", () => {
  const journal = new Journal();
  journal.begin(0, 1);
  for (let i = 0; i < 50_000; i++) {
    journal.start(i * 10, `r${i}`);
    if (i === 33_333) journal.say(i * 10 + 9, { type: "run.failed", job: "j", run: `r${i}` });
    else journal.complete(i * 10 + 9, `r${i}`);
  }
  const [lane] = journal.lanes(500).lanes;
  assert.ok(lane!.length <= 1000, `${lane!.length} pieces`);
  assert.equal(lane!.reduce((sum, { runs }) => sum + runs, 0), 50_000);
  assert.equal(lane!.filter(({ state }) => state === "failed").length, 1);
  // Near enough each is one.
  const near = journal.lanes(500, 333_200, 333_400).lanes[0]!;
  assert.ok(near.every(({ runs }) => runs === 1));
});

Deno.test("Timeline forgets its oldest bars when there are very many, and says so", () => {
  const journal = new Journal();
  journal.begin(0, 2);
  journal.start(1, "first");
  for (let i = 0; i < 200_000; i++) {
    journal.start(i + 2, "r");
    journal.complete(i + 3, "r");
  }
  assert.ok(journal.timeline.bars.length <= 150_000);
  assert.ok(journal.lanes().forgotten > 0);
  // What goes on is never forgotten.
  assert.equal(journal.timeline.bars[0]!.run, "first");
});

Deno.test("curvesOf() keeps every peak of a long series, and leaves gaps for what is no number", () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => `${i},${i === 77_777 ? 99 : i % 7}`);
  const { rows: count, curves } = curvesOf(`step,a\n${rows.join("\n")}\n`);
  assert.equal(count, 100_000);
  const [{ x, y }] = curves as [typeof curves[0]];
  assert.ok(x.length <= 1000);
  assert.equal(y[x.indexOf(77_777)], 99);
  assert.deepEqual(x, x.toSorted((a, b) => a - b));
  const gap = curvesOf('step,"a, b"\n0,1\n5,nan\n10,inf\n15,2\n').curves[0]!;
  assert.deepEqual(gap, { name: "a, b", x: [0, 5, 10, 15], y: [1, null, null, 2] });
});
