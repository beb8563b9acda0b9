/** The full-screen view, letter by letter at some sizes, and within its window at all of them. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import type { Live } from "../../src/job/live.ts";
import { PlanIds } from "../../src/report/plan_ids.ts";
import { queueByPriority } from "../../src/report/queue_text.ts";
import { listRuns } from "../../src/report/run_list.ts";
import { treeStatus } from "../../src/report/status.ts";
import { paintFor } from "../../src/screen/paint.ts";
import { FIRST_STATE, type WatchState } from "../../src/screen/watch_state.ts";
import { renderWatch } from "../../src/screen/watch_view.ts";
import { displayWidth } from "../../src/screen/width.ts";
import {
  CLIMATE,
  CLIMATE_LIVE,
  completed,
  failed,
  history,
  NOW,
  planned,
  started,
} from "../report/fixtures.ts";
import { BASE, CANVAS } from "./fixtures.ts";

const ISING: readonly RunEvent[] = [
  ...CLIMATE,
  planned("ising", 6, { priority: 3 }),
  started("ising", ["a", "b", "c", "d"]),
  completed("ising", "a", 1),
  failed("ising", "b", "T must be positive, not \x1b[31m-0.25"),
  failed("ising", "c", "T must be positive, not \x1b[31m-0.25"),
  completed("ising", "d", 2),
];
const LIVE: Live = {
  ...CLIMATE_LIVE,
  memory: { totalBytes: 16e9, freeBytes: 1e9 },
};

interface Shown {
  readonly events?: readonly RunEvent[];
  /** Null when nobody works on it. */
  readonly live?: Live | null;
  readonly state?: Partial<WatchState>;
  readonly hasKeys?: boolean;
  readonly color?: boolean;
}

function watch(columns: number, rows: number, shown: Shown = {}) {
  const { events = ISING, live = LIVE, state, hasKeys = true, color = false } = shown;
  const past = history(events);
  const now = live ?? undefined;
  const working = now !== undefined;
  const status = treeStatus(past, { ...BASE, live: now, working });
  const tree = { history: past, live: now, working, nowMs: NOW, chosen: () => true };
  const ids = new PlanIds();
  return renderWatch({
    status,
    queue: queueByPriority(status.jobs, past),
    state: { ...FIRST_STATE, ...state },
    listOf: (state, filter) => listRuns({ ...tree, ids }, state, filter),
    hasKeys,
  }, { ...CANVAS, paint: paintFor(color), columns, rows, isWhole: true, jobsMax: Infinity });
}

Deno.test("renderWatch() shows progress, time left, failures with their reasons, the queue and what runs", () => {
  assert.deepEqual(watch(90, 22).lines, [
    "  simrun is working on 2 slots (process 4242 on node1)",
    "  2/9 done · 2 failed · 37 min left · 2 running · 3 waiting",
    "  ━━━━━━━━━━━━━━━━━━━━╸──────────────────────────────────────────────   30%  1,030 steps/s",
    "  memory   6.0 GB in use of 16 GB for all slots",
    "  waiting  normal 1 (climate_2050), low 2 (ising)",
    "",
    "  failed  2 runs, ising/b first  the model threw an error at step 12,000: T must be",
    "          positive, not \\x1b[31m-0.25 (models/ising.ts:14:9)",
    "",
    " [running 2] failed 2  waiting 3  completed 2  jobs 4",
    "  climate_2030  ━━━━━━╸────────   45%    450,000/1,000,000  15 min left  saved 10 mins ago",
    "  climate_2040  ━━━━╸──────────   30%    300,000/1,000,000  30 min left  saved 5 mins ago",
    "",
    "  job                                      done",
    "  climate_2030  ━━━━━━━━━───────────  45%   0/1  1 running",
    "  climate_2040  ━━━━━━──────────────  30%   0/1  1 running",
    "  climate_2050  ────────────────────   0%   0/1  1 waiting",
    "  ising         ━━━━━━╸─────────────  33%   2/6  2 failed, 2 waiting",
    "  all           ━━━━━━──────────────  30%   2/9  2 running, 2 failed, 3 waiting",
    "",
    "",
    "  q quit · tab or r f w c J: another list · ↑↓ PgUp PgDn scroll · / filter",
  ]);
});

Deno.test("renderWatch() of another list has the same head, and shows where in the list it is", () => {
  assert.deepEqual(watch(90, 16, { state: { list: "waiting", top: 1 } }).lines, [
    "  simrun is working on 2 slots (process 4242 on node1)",
    "  2/9 done · 2 failed · 37 min left · 2 running · 3 waiting",
    "  ━━━━━━━━━━━━━━━━━━━━╸──────────────────────────────────────────────   30%  1,030 steps/s",
    "  memory   6.0 GB in use of 16 GB for all slots",
    "  waiting  normal 1 (climate_2050), low 2 (ising)",
    "",
    "  failed  2 runs, ising/b first  the model threw an error at step 12,000: T must be",
    "          positive, not \\x1b[31m-0.25 (models/ising.ts:14:9)",
    "",
    "  running 2  failed 2 [waiting 3] completed 2  jobs 4",
    "  waiting       progress  steps done",
    "  climate_2050        0%           0",
    "  ising               0%           0",
    "",
    "",
    "  q quit · tab or r f w c J: another list · ↑↓ PgUp PgDn scroll · / filter",
  ]);
});

Deno.test("renderWatch() of a small window leaves out what matters less", () => {
  assert.deepEqual(watch(40, 12).lines, [
    "  simrun is working on 2 slots (process…",
    "  2/9 done · 2 failed · 37 min left",
    "  ━━━━━────────────   30%  1,030 steps/s",
    "  memory   6.0 GB in use of 16 GB for a…",
    "  waiting  normal 1 (climate_2050), low…",
    "  failed  2 runs, ising/b first  the",
    "          model threw an error at step …",
    " [running 2]",
    "  climate_2030  ━━━━━━━━──────────   45%",
    "  climate_2040  ━━━━━─────────────   30%",
    "",
    "  q · tab · ↑↓ · /",
  ]);
});

Deno.test("renderWatch() of 20 columns and 5 rows tells progress, time left and the failure", () => {
  assert.deepEqual(watch(20, 5).lines, [
    "  2/9 · 2 failed",
    "  ━───   30%  37 min",
    "  ising/b  T must b…",
    "  clima…  ━╸──   45%",
    "  q · tab · ↑↓ · /",
  ]);
});

Deno.test("renderWatch() after a kill says so, and what to type", () => {
  assert.deepEqual(watch(100, 16, { live: null }).lines, [
    "  No simrun is working here; the last one was killed.",
    "  2/9 done · 2 failed · 2 interrupted · 3 waiting",
    "  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━────────────────────────────────────────────────────────────────   30%",
    "  waiting  normal 1 (climate_2050), low 2 (ising)",
    "  simrun resume goes on with what is not done.",
    "",
    "  failed  2 runs, ising/b first  the model threw an error at step 12,000: T must be positive, not",
    "          \\x1b[31m-0.25 (models/ising.ts:14:9)",
    "",
    " [failed 2] waiting 3  completed 2  interrupted 2  jobs 4",
    "  failed   progress  steps done",
    "  ising/c        1%      12,000  the model threw an error: T must be positive, not \\x1b[31m-0.25 (m…",
    "  ising/b        1%      12,000  the model threw an error: T must be positive, not \\x1b[31m-0.25 (m…",
    "",
    "",
    "  q quit · tab or r f w c J: another list · ↑↓ PgUp PgDn scroll · / filter",
  ]);
});

Deno.test("renderWatch() shows what the filter leaves, and how to end typing", () => {
  assert.deepEqual(
    watch(70, 13, { state: { list: "completed", filter: "ING/A", isTyping: true } }).lines,
    [
      "  simrun is working on 2 slots (process 4242 on node1)",
      "  2/9 done · 2 failed · 37 min left · 2 running · 3 waiting",
      "  ━━━━━━━━━━━━━━─────────────────────────────────   30%  1,030 steps/s",
      "  memory   6.0 GB in use of 16 GB for all slots",
      "  waiting  normal 1 (climate_2050), low 2 (ising)",
      "  failed  2 runs, ising/b first  the model threw an error at step",
      "          12,000: T must be positive, not \\x1b[31m-0.25 (models/ising…",
      "",
      " [completed 2]                                       /ING/A  1–1 of 1",
      "  ising/a        100%   1,000,000  in 1.5 s",
      "",
      "",
      "  /ING/A_  enter: keep · esc: all again",
    ],
  );
});

Deno.test("renderWatch() without a keyboard says how it ends", () => {
  assert.deepEqual(watch(80, 12, { events: CLIMATE, hasKeys: false }).lines, [
    "  simrun is working on 2 slots (process 4242 on node1)",
    "  0/3 done · 37 min left · 2 running · 1 waiting",
    "  ━━━━━━━━━━━━━━───────────────────────────────────────────   25%  1,030 steps/s",
    "  memory   6.0 GB in use of 16 GB for all slots",
    "  waiting  normal 1 (climate_2050)",
    "",
    " [running 2] waiting 1  jobs 3",
    "  climate_2030  ━━━━━━━━━━━╸──────────────   45%  15 min left  saved 10 mins ago",
    "  climate_2040  ━━━━━━━╸──────────────────   30%  30 min left  saved 5 mins ago",
    "",
    "",
    "  Ctrl-C ends it",
  ]);
});

Deno.test("renderWatch() of a tree where nothing ran says so", () => {
  assert.deepEqual(watch(50, 8, { events: [], live: null }).lines, [
    "  No simrun has worked on this tree yet.",
    "  nothing was run here yet",
    "  ──────────────────────────────────────────    0%",
    " [jobs 0]",
    "  nothing here",
    "",
    "",
    "  q quit · tab: list · ↑↓ scroll · / filter",
  ]);
});

Deno.test("renderWatch() fits every window, in colour too", () => {
  const many: RunEvent[] = [
    ...CLIMATE,
    planned("many", 300),
    started("many", Array.from({ length: 200 }, (_, i) => `r${i}`)),
    ...Array.from(
      { length: 60 },
      (_, i) => failed("many", `r${i}`, `中文 reason ${i} `.repeat(20)),
    ),
    ...Array.from({ length: 60 }, (_, i) => completed("many", `r${60 + i}`, i)),
  ];
  const lists = ["running", "failed", "waiting", "completed", "jobs"] as const;
  for (const columns of [1, 2, 5, 10, 20, 33, 50, 61, 80, 140, 300]) {
    for (const rows of [1, 2, 3, 5, 8, 10, 24, 100]) {
      for (const list of lists) {
        const state = { list, top: 7 };
        const { lines, shown } = watch(columns, rows, { events: many, state, color: true });
        assert.equal(lines.length, rows, `${columns} × ${rows}`);
        for (const line of lines) assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`);
        assert.ok(shown.page <= rows);
      }
    }
  }
});

Deno.test("renderWatch() names what failed in every window of five rows, and counts what it does not name", () => {
  const reasons = Array.from({ length: 9 }, (_, i) => failed("ising", `f${i}`, `reason ${i}`));
  const events = [...CLIMATE, planned("ising", 9), ...reasons];
  for (const columns of [20, 40, 80, 200]) {
    for (const rows of [5, 6, 8, 12, 24]) {
      const text = watch(columns, rows, { events }).lines.join("\n");
      // The newest one.
      assert.match(text, /ising\/f8/, `${columns} × ${rows}`);
      assert.match(text, /9 failed/, `${columns} × ${rows}`);
    }
  }
  assert.match(watch(80, 24, { events }).lines.join("\n"), /… and \d more\n/);
});

Deno.test("renderWatch() scrolls no further than to the end of a list that has become shorter", () => {
  const { lines, shown } = watch(80, 14, { state: { list: "failed", top: 1000 } });
  assert.ok(lines.some((line) => line.includes("ising/b   ")), lines.join("\n"));
  assert.equal(shown.count, 2);
});

Deno.test("renderWatch() stays with what is computed between two runs, and leaves room for the reason of a long name", () => {
  const name = "a-very-long-name-of-a-run";
  const events = [...CLIMATE, planned("ising", 3), failed("ising", name, "T below 0")];
  const between = { ...LIVE, running: [] };
  const { shown, lines } = watch(80, 16, { events, live: between });
  assert.equal(shown.list, "running");
  assert.ok(lines.some((line) => line.includes("[running 0]")));
  assert.match(watch(20, 5, { events }).lines.join("\n"), /isin.*… {2}T bel/);
});
