/** What `explain` tells of a whole sweep: groups of runs by state and reason, and what to type. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { groupRuns, jobWaits, type RunGroup } from "../../src/report/job_story.ts";
import { type TreeStatus, treeStatus } from "../../src/report/status.ts";
import { renderJobStory } from "../../src/screen/job_story_view.ts";
import {
  completed,
  failed,
  history,
  job,
  NOW,
  planned,
  saved,
  SESSION,
  started,
  sweepOf,
} from "../report/fixtures.ts";
import { BASE, PLAIN } from "./fixtures.ts";

const JOB = job("s", { needs: [{ job: "mesh", runs: "all", accept: "completed" }] });

const EVENTS: readonly RunEvent[] = [
  SESSION,
  planned("s", 8),
  started("s", ["a", "b", "c", "d", "e", "f", "g", "h"]),
  completed("s", "a", {}),
  completed("s", "b", {}, { ending: "converged" }),
  failed("s", "c", "boom\x1b"),
  failed("s", "d", "boom\x1b"),
  failed("s", "e", "bang"),
  saved("s", "f", 8_000),
  { type: "runs.cancelled", job: "s", runs: ["g"] },
  { type: "runs.held", job: "s", runs: ["f", "h"] },
];

function statusOf(over = {}): TreeStatus {
  return treeStatus(history(EVENTS), { ...BASE, selectors: ["s"], listMax: 100, ...over });
}

function groupsOf(read: TreeStatus, waits = "It waits."): RunGroup[] {
  return groupRuns(read.runs, read.jobs[0]!.counts, waits);
}

Deno.test("groupRuns() puts runs of the same state and reason together, the largest first, and counts all", () => {
  const read = statusOf();
  assert.deepEqual(
    groupsOf(read).map(({ state, why, count, examples }) => [
      state,
      why,
      count,
      examples.map(({ run }) => run).join(""),
    ]),
    [
      ["paused", "on request; saved", 1, "f"],
      ["paused", "on request", 1, "h"],
      ["failed", "the model threw an error: boom\x1b", 2, "cd"],
      ["failed", "the model threw an error: bang", 1, "e"],
      ["cancelled", "on request", 1, "g"],
      ["completed", "", 1, "a"],
      ["completed", "converged", 1, "b"],
    ],
  );
  const { counts } = read.jobs[0]!;
  const total = groupsOf(read).reduce((sum, { count }) => sum + count, 0);
  assert.equal(total, Object.values(counts).reduce((sum, count) => sum + count, 0));
});

Deno.test("groupRuns() says of what is not listed how many there are", () => {
  const groups = groupsOf(statusOf({ listMax: 1 })).filter(({ state }) => state === "failed");
  assert.deepEqual(
    groups.map(({ why, count }) => [why.slice(-5), count]),
    [
      ["boom\x1b", 1],
      ["others", 2],
    ].map(([why, count]) => [String(why).slice(-5), count]),
  );
});

Deno.test("groupRuns() tells what those wait for that wait together, and of a few who they are", () => {
  const events = [SESSION, sweepOf([1, 2, 3, 4, 5]).planned];
  const read = treeStatus(history(events), { ...BASE, selectors: ["s"] });
  const [group, ...others] = groupsOf(read, "It waits for mesh.");
  assert.deepEqual(others, []);
  assert.deepEqual([group!.state, group!.why, group!.count], ["waiting", "It waits for mesh.", 5]);
  assert.deepEqual(group!.examples.map(({ point }) => point?.T), [1, 2, 3]);
});

Deno.test("jobWaits() is what all of the job wait for", () => {
  const waits = jobWaits(JOB, new Map(), statusOf());
  assert.match(waits, /needs mesh/);
  assert.equal(jobWaits(job("s"), new Map(), statusOf()), "It waits for the next simrun.");
});

Deno.test("renderJobStory() tells states, reasons and examples with their points, and what to type", () => {
  const read = statusOf();
  const point = { co2: 450 };
  const groups = groupsOf({
    ...read,
    runs: read.runs.map((run) => run.run === "c" ? { ...run, point } : run),
  });
  const lines = renderJobStory({
    status: read.jobs[0]!,
    job: JOB,
    groups,
    lessons: [["a step", "6.8 ms"]],
    next: "2 paused, 3 retry",
    working: false,
    goOn: () => "simrun resume",
  }, { paint: PLAIN, columns: undefined, folder: "/home/ada", nowMs: NOW, offsetMinutes: 0 });
  assert.deepEqual(lines, [
    "s  8 runs: 2 paused, 3 failed, 1 cancelled, 2 completed",
    "",
    "  model     models/s.ts",
    "  priority  normal",
    "  needs     mesh",
    "  steps     1,000,000 each; 25% of all are done",
    "",
    "  1  paused     on request; saved                   s/f",
    "  1  paused     on request                          s/h",
    "  2  failed     the model threw an error: boom\\x1b  s/c (co2: 450), s/d",
    "  1  failed     the model threw an error: bang      s/e",
    "  1  cancelled  on request                          s/g",
    "  1  completed                                      s/a",
    "  1  completed  converged                           s/b",
    "",
    "Learned from the runs in this tree:",
    "  a step  6.8 ms",
    "",
    "The next simrun: 2 paused, 3 retry.",
    "simrun explain s/c tells the story of one.",
    "simrun continue s lets the 2 paused go on; then simrun resume.",
    "simrun retry cancelled s takes up 1 cancelled run; then simrun resume.",
  ]);
  const words = renderJobStory(
    {
      status: read.jobs[0]!,
      job: JOB,
      groups,
      lessons: [],
      next: undefined,
      working: true,
      goOn: () => "simrun resume",
    },
    { paint: PLAIN, columns: 60, folder: "/", nowMs: NOW, offsetMinutes: 0 },
  );
  assert.ok(words.every((line) => line.length <= 60), words.join("\n"));
  assert.equal(words.at(-1), "simrun retry s tries again what failed.");
});
