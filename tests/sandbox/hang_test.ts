/** Runs that never come to an end (T23): killed in time, tried again, failed; and one that kills its slot (T24). */
import assert from "node:assert/strict";
import {
  attack,
  endOf,
  failuresIn,
  placeAll,
  resultsOf,
  startAttack,
} from "../bad_input/attack.ts";
import { inFolder } from "../helpers/folder.ts";
import { COUNT } from "../helpers/models.ts";
import { until } from "../helpers/processes.ts";
import { cases } from "../helpers/torture.ts";
import { amongNeighbours, type Hostile, type JournalLine } from "./hostile.ts";

const STEP = "export function step(s) { s.x = (s.x ?? 0) + 1; }\n";
const HANG_MS = 1000;

const HANGS: Record<string, Hostile> = {
  in_init: { model: `export function init() { for (;;); }\n${STEP}` },
  in_step: { model: "export function step(s, ctx) { while (ctx.step === 2); }" },
  in_advance: { model: "export function advance() { for (;;); }" },
  in_measure: {
    model: `${STEP}export function measure(s, ctx) { while (ctx.step === 2); return {}; }`,
  },
  in_done: { model: `${STEP}export function done(s, ctx) { while (ctx.step === 2); }` },
  in_result: { model: `${STEP}export function result() { for (;;); }` },
};

Deno.test("a run that hangs anywhere is killed within its limit and a second, tried again, and fails alone", async () => {
  await inFolder(async (folder) => {
    const hostile = Object.fromEntries(
      Object.entries(HANGS).map(([name, { model }]) => [name, {
        model,
        keys: `hang_after: ${HANG_MS}ms, measure_every: 1`,
      }]),
    );
    const { status, stderr, failures, journal } = await amongNeighbours(folder, hostile);
    assert.equal(status, 3, stderr);
    for (const name in HANGS) {
      assert.equal(failures[name]?.class, "hang", name);
      assert.match(
        failures[name]!.message,
        /^no step for \d+ s after step \d; its slot was stopped$/,
      );
      const own = journal.filter(({ job, type }) => job === name && type !== "job.planned");
      assert.deepEqual(own.map(({ type }) => type), [
        "runs.started",
        "runs.requeued",
        "runs.started",
        "run.failed",
      ]);
      const killedMs = between(own[0]!, own[1]!);
      // Half a second a look, and a slot that may have to start first, on a machine that does other things.
      assert.ok(killedMs >= HANG_MS && killedMs < HANG_MS + 4000, `${name}: ${killedMs} ms`);
    }
  });
});

function between(from: JournalLine, to: JournalLine): number {
  return Date.parse(String(to.at)) - Date.parse(String(from.at));
}

/** Writes into the pipe of its slot, which is put to death for it. */
const POISON = `
import net from "node:net";
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
export async function init(ctx) {
  if (ctx.params.i === 3) {
    await wait(100);
    for (let fd = 3; fd < 24; fd++) {
      try { new net.Socket({ fd, readable: false, writable: true }).on("error", () => {}).write("junk\\n"); } catch {}
    }
    await wait(60_000);
  }
  return { x: 0 };
}
export function step(state, ctx) { state.x += ctx.params.i; }
export function result(state) { return state.x; }
`;

Deno.test("a run that kills its slot is known as such across kill -9 of simrun: its attempts count on, the rest completes", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "models/poison.ts": POISON,
      "models/count.ts": COUNT,
      "jobs.yaml":
        "defaults: { steps: 20, hang_after: 30s, retry: { limit: 3, backoff: 0s } }\njobs:\n" +
        "  - { id: poison, model: models/poison.ts, sweep: { i: [1, 2, 3, 4, 5] } }\n" +
        "  - { id: good, model: models/count.ts, sweep: { by: [1, 2, 3] } }\n",
    });
    const journal = () => journalOf(folder);
    /** The latest attempt of the poisoned run that began alone. */
    const attempts = () =>
      journal().filter(({ type, job, attempt, runs }) =>
        type === "runs.started" && job === "poison" && (runs as string[]).length === 2 &&
        attempt as number > 1
      ).map(({ attempt }) => attempt as number);
    const kills = cases({ short: 2, long: 12 });
    for (let kill = 0; kill < kills; kill++) {
      const wanted = attempts().length;
      const child = startAttack(folder, ["jobs.yaml", "-j", "1"]);
      await until(() => attempts().length > wanted, "another attempt of the poisoned run", 60_000);
      child.kill("SIGKILL");
      await endOf(child, folder).catch(() => {});
    }
    const { status, stderr } = await attack(folder, ["jobs.yaml", "-j", "1"]);
    assert.equal(status, 3, stderr);
    const counted = attempts();
    assert.deepEqual(counted, counted.toSorted((a, b) => a - b), "no attempt is forgotten");
    const failures = Object.values(
      failuresIn(await Deno.readTextFile(`${folder}/simruns/hot/journal.jsonl`)),
    );
    assert.deepEqual(failures.map((failure) => failure.class), ["slot-lost"]);
    assert.equal(journal().find(({ type }) => type === "run.failed")!.attempt, 4);
    const results = Object.values(await resultsOf(folder) as Record<string, { result: unknown }>);
    assert.deepEqual(
      results.map(({ result }) => typeof result === "number" ? result : (result as { x: number }).x)
        .toSorted((a, b) => a - b),
      [20, 20, 40, 40, 60, 80, 100],
    );
  });
});

function journalOf(folder: string): JournalLine[] {
  try {
    return Deno.readTextFileSync(`${folder}/simruns/hot/journal.jsonl`).trim().split("\n")
      .map((line) => JSON.parse(line) as JournalLine);
  } catch {
    return [];
  }
}
