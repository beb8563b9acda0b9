/** T25: a thousand runs that take their slots with them, on a fake clock: attempts, slots and lines stay bounded. */
import assert from "node:assert/strict";
import { type FakeSlot, type FakeWorld, stage } from "../campaign/fake_world.ts";
import { attack, placeAll } from "../bad_input/attack.ts";
import { inFolder } from "../helpers/folder.ts";
import { aJob, points } from "../helpers/jobs.ts";
import type { Seeded } from "../helpers/seeded.ts";
import { cases, isTorture, seeded, seedOf } from "../helpers/torture.ts";

const RUNS = 1000;
const SLOTS = 4;
const RETRIES = 3;
/** What a process takes to begin, and a run to break. */
const START_MS = 100;
const RUN_MS = 10;

/** How a slot behaves: at its start, and with the batch that it is at. */
interface Behaviour {
  readonly atStart?: "dies" | "dies when it is ready";
  /** Called when the batch has been worked on for a while. */
  readonly atWork?: (slot: FakeSlot, random: Seeded) => Promise<void>;
}

interface Storm {
  readonly world: FakeWorld;
  readonly slotsStarted: number;
  /** Starts of slots in the busiest time of a process's start. */
  readonly startsAtOnce: number;
  readonly living: number;
  readonly outcome: string;
  readonly failed: number;
  readonly completed: number;
  readonly attempts: ReadonlyMap<string, number>;
  readonly starts: number;
  readonly steps: number;
}

/** Plays the world until the campaign ends: every slot begins after a time, works for a time, and does what it does. */
async function storm({ atStart, atWork }: Behaviour, seed: number): Promise<Storm> {
  const random = seeded(seed);
  const { world, outcome } = await stage(
    [aJob({ id: "storm", sweep: points(RUNS), retries: RETRIES })],
    { slots: SLOTS },
  );
  const queue: { readonly atMs: number; readonly act: () => Promise<void> }[] = [];
  const later = (ms: number, act: () => Promise<void>) =>
    queue.push({ atMs: world.nowMs + ms, act });
  const known = new Set<FakeSlot>();
  const busy = new Map<FakeSlot, number>();
  const startedAt: number[] = [];
  let living = 0;
  const look = () => {
    living = Math.max(living, world.slots.filter(({ isGone }) => !isGone).length);
    for (const slot of world.slots) {
      if (slot.isGone) continue;
      if (!known.has(slot)) {
        known.add(slot);
        startedAt.push(world.nowMs);
        later(START_MS, async () => {
          if (atStart === "dies") return await slot.crashes({ status: 1, stderr: "error: boom\n" });
          await slot.ready();
          if (atStart !== undefined && !slot.isGone) await slot.crashes();
        });
      }
      const { working } = slot;
      if (working === undefined || busy.get(slot) === working.batch) continue;
      busy.set(slot, working.batch);
      later(RUN_MS, async () => {
        if (!slot.isGone) await atWork?.(slot, random);
      });
    }
  };
  let steps = 0;
  for (look(); outcome() === undefined; look()) {
    assert.ok(queue.length > 0, "it waits for nothing");
    assert.ok(++steps < 100_000, "it goes round and round");
    queue.sort((a, b) => a.atMs - b.atMs);
    const { atMs, act } = queue.shift()!;
    world.nowMs = Math.max(world.nowMs, atMs);
    await act();
    await world.settle();
  }
  const attempts = new Map<string, number>();
  let starts = 0;
  for (const { runs, attempt } of world.events("runs.started")) {
    for (let i = 0; i < runs.length; i += 2) {
      starts++;
      attempts.set(runs[i]!, Math.max(attempt, attempts.get(runs[i]!) ?? 0));
    }
  }
  const ended = outcome()!;
  return {
    world,
    slotsStarted: startedAt.length,
    startsAtOnce: busiest(startedAt),
    living,
    outcome: ended.stopped ?? "done",
    failed: ended.failed,
    completed: ended.completed,
    attempts,
    starts,
    steps,
  };
}

/** The most starts within the time that one takes. */
function busiest(startedAt: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < startedAt.length; last++) {
    while (startedAt[last]! - startedAt[first]! >= START_MS) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** What must hold of every storm. */
function assertBounded(seen: Storm, about: string): void {
  assert.ok(seen.living <= SLOTS, `${about}: ${seen.living} slots at once`);
  // A core whose slot ended gets another at once, which takes its time to begin.
  assert.ok(seen.startsAtOnce <= 2 * SLOTS, `${about}: ${seen.startsAtOnce} starts at once`);
  for (const [run, attempts] of seen.attempts) {
    assert.ok(attempts <= RETRIES + 1, `${about}: ${run} was tried ${attempts} times`);
  }
  // Nobody is blamed for a batch of many, nor for one that only waited: these start once more, uncounted.
  const attemptsMax = RUNS * (RETRIES + 1);
  assert.ok(seen.starts <= 4 * attemptsMax, `${about}: ${seen.starts} starts`);
  assert.ok(seen.slotsStarted <= 1.2 * attemptsMax, `${about}: ${seen.slotsStarted} slots`);
  const lines = seen.world.durable.length;
  assert.ok(lines <= 3 * attemptsMax, `${about}: ${lines} lines of the journal`);
  assert.ok(seen.steps <= 3 * attemptsMax, `${about}: ${seen.steps} steps`);
}

const STORMS: { readonly [name: string]: NonNullable<Behaviour["atWork"]> } = {
  "that kill their slots": (slot) => slot.crashes({ status: 137, signal: "SIGKILL" }),
  "that hang": (slot) => slot.hangs(slot.working!.runs[0]!.index),
  "that kill their slots or hang": (slot, random) =>
    random.below(2) === 0 ? slot.crashes() : slot.hangs(slot.working!.runs[0]!.index),
};

for (const [name, atWork] of Object.entries(STORMS)) {
  Deno.test(`1,000 runs ${name} are each tried four times, by four slots, and failed`, async () => {
    const seen = await storm({ atWork }, 1);
    assertBounded(seen, name);
    assert.deepEqual([seen.outcome, seen.failed, seen.completed], ["done", RUNS, 0]);
    assert.deepEqual(new Set(seen.attempts.values()), new Set([RETRIES + 1]));
  });
}

Deno.test("1,000 runs of which any may complete, fail, hang or kill: bounded, whatever the order", async () => {
  const seed = seedOf();
  for (let i = 0; i < cases({ short: 5, long: 500 }); i++) {
    const bad = seeded(seed + i).next();
    const seen = await storm({
      atWork: async (slot, random) => {
        const batch = slot.working!;
        const open = batch.runs[0]!.index;
        if (random.next() >= bad) return await slot.completes(batch);
        switch (random.below(4)) {
          case 0:
            return await slot.crashes();
          case 1:
            return await slot.hangs(open);
          case 2:
            if (batch.runs.length === 1) return await slot.fails(open);
            return await slot.crashes({ status: 0 });
          default:
            return await slot.crashes({ signal: "SIGSEGV" });
        }
      },
    }, seed + i);
    assertBounded(seen, `SIMRUN_SEED=${seed}, storm ${i}`);
    assert.equal(seen.outcome, "done");
    assert.equal(seen.completed + seen.failed, RUNS);
  }
});

for (const atStart of ["dies", "dies when it is ready"] as const) {
  Deno.test(`a slot that ${atStart}, always: a few are started, then the campaign breaks off`, async () => {
    const seen = await storm({ atStart }, 1);
    assert.ok(seen.living <= SLOTS);
    if (atStart === "dies") {
      assert.equal(seen.outcome, "broken");
      assert.ok(seen.slotsStarted <= 7 * SLOTS, `${seen.slotsStarted} slots`);
      assert.equal(seen.starts, 0);
      return;
    }
    // It was sent a run before it died: that counts against the run, and comes to its end.
    assertBounded(seen, atStart);
  });
}

Deno.test("simrun with runs that take their slots with them ends, having tried each as often as it was told", async () => {
  await inFolder(async (folder) => {
    const runs = isTorture ? 50 : 6;
    const retries = isTorture ? 3 : 1;
    await placeAll(folder, {
      "storm.yaml":
        `{ id: storm, model: m.ts, steps: 5, hang_after: 0.3, retry: { limit: ${retries}, backoff: 0.1s }, ` +
        `sweep: { i: { from: 1, to: ${runs + 2}, count: ${runs + 2} } } }`,
      // The last two are good.
      "m.ts": `export function step(_, c) { if (c.params.i <= ${runs}) for (;;); }\n` +
        "export const result = (_, c) => c.params.i;\n",
    });
    const { status, stderr } = await attack(folder, ["storm.yaml", "-j", "2"]);
    assert.equal(status, 3, stderr);
    assert.match(stderr, new RegExp(`${runs + 2} runs in .*; 2 completed, ${runs} failed\\.`));
    const journal = await Deno.readTextFile(`${folder}/simruns/hot/journal.jsonl`);
    const lines = journal.trimEnd().split("\n").map((line) => JSON.parse(line));
    const counted = lines.filter(({ type, counted }) => type === "runs.requeued" && counted);
    assert.equal(counted.length, runs * retries);
    assert.ok(lines.length <= 10 + 6 * runs * (retries + 1), `${lines.length} lines`);
  });
});
