/** What a person sees of runs that were paused, cancelled, preempted, or wait to be tried again. */
import assert from "node:assert/strict";
import type { ControlAction } from "../../src/job/control.ts";
import type { RequeueCause, RunEvent } from "../../src/job/event.ts";
import type { Live } from "../../src/job/live.ts";
import { groupRuns } from "../../src/report/job_story.ts";
import type { Lacks } from "../../src/report/open_needs.ts";
import { treeStatus } from "../../src/report/status.ts";
import { SummaryFold } from "../../src/report/summary.ts";
import { type LiveView, renderLive } from "../../src/screen/live_display.ts";
import { answerNote, noteOf, noteText, RequestNotes } from "../../src/screen/note.ts";
import { PlainNarrator } from "../../src/screen/plain.ts";
import { renderStatus } from "../../src/screen/status_view.ts";
import { renderSummary } from "../../src/screen/summary_view.ts";
import {
  CLIMATE_LIVE,
  completed,
  failed,
  history,
  job,
  NOW,
  planned,
  saved,
  SESSION,
  started,
} from "../report/fixtures.ts";
import { BASE, CANVAS, chaptersIn, PLAIN, storyLines } from "./fixtures.ts";

function requeued(run: string, cause: RequeueCause, over = {}): RunEvent {
  return { type: "runs.requeued", job: "s", runs: [run], cause, counted: false, ...over };
}

function asked(
  type: "runs.cancelled" | "runs.held" | "runs.continued" | "runs.retried",
  ...runs: readonly string[]
): RunEvent {
  return { type, job: "s", runs };
}

const DIED = requeued("a", "slot-lost", {
  counted: true,
  message: "killed by\nSIGKILL",
  waitMs: 20_000,
});

/** `g` and `h` never began; the last line is written at {@linkcode NOW}. */
const STEERED: readonly RunEvent[] = [
  SESSION,
  planned("s", 8),
  asked("runs.held", "g"),
  asked("runs.cancelled", "h"),
  started("s", ["a", "b", "c", "d", "e", "f"]),
  saved("s", "b", 8_000),
  requeued("b", "control"),
  asked("runs.held", "b"),
  requeued("c", "control"),
  asked("runs.cancelled", "c"),
  requeued("d", "preempted"),
  completed("s", "e", {}),
  failed("s", "f", "boom"),
  DIED,
];
const WORKING = { ...BASE, working: true };

Deno.test("renderStatus() lists what is paused, cancelled and waits for its time, and says what to type", () => {
  assert.deepEqual(renderStatus(treeStatus(history(STEERED), WORKING), CANVAS).slice(2), [
    "job                             done",
    "s    ━━╸─────────────────  12%   1/8  2 paused, 1 failed, 2 cancelled, 2 waiting",
    "",
    "paused  progress  steps done",
    "s/g           0%           0",
    "s/b          <1%       8,000  saved at step 8,000, 8 s ago",
    "",
    "failed  progress  steps done",
    "s/f           1%      12,000  the model threw an error: boom (models/ising.ts:14:9)",
    "",
    "cancelled  progress  steps done",
    "s/h              0%           0",
    "s/c              0%           0",
    "",
    "waiting  progress  steps done",
    "s/a            0%           0  tried again at 12:00:20 (its process died; attempt 2 of 4)",
    "",
    "simrun continue s lets what is paused go on.",
  ]);
  const asJob = { ...WORKING, selectors: ["waiting"] };
  assert.match(
    renderStatus(treeStatus(history(STEERED), asJob), CANVAS).join("\n"),
    /s\/d +0% +0 {2}gave its slot to a critical run\n/,
  );
});

Deno.test("renderStatus() tells a time of another day with its date, in the reader's zone", () => {
  const late = [...STEERED.slice(0, -1), { ...DIED, waitMs: 13 * 3_600_000 } as RunEvent];
  const status = treeStatus(history(late), WORKING);
  assert.match(renderStatus(status, CANVAS).join("\n"), /again at 2026-11-22 01:00:00 /);
  const west = renderStatus(status, { ...CANVAS, offsetMinutes: -120 }).join("\n");
  assert.match(west, /again at 23:00:00 /);
});

Deno.test("renderStatus() without a simrun shows what stays paused, and says how to take it up, and what was cancelled", () => {
  const lines = renderStatus(treeStatus(history(STEERED), BASE), CANVAS);
  const text = lines.join("\n");
  assert.match(text, / 2 paused, 2 interrupted, 1 failed, 2 cancelled\n/);
  assert.doesNotMatch(text, /tried again/);
  assert.deepEqual(lines.slice(-3), [
    "simrun continue s lets the next simrun go on with what is paused.",
    "simrun resume goes on with what is not done and not paused.",
    "simrun retry cancelled lets the next simrun take up what was cancelled.",
  ]);
});

Deno.test("renderStory() tells waits, preemption, pauses, priorities and warnings, each with what to type", () => {
  const s = { job: job("s"), working: true };
  const a = storyLines(STEERED, "a", s);
  assert.equal(a[0], "s/a  waiting, tried again at 12:00:20 (its process died; attempt 2 of 4)");
  assert.equal(
    chaptersIn(a).at(-1),
    "back to the queue (its process died: killed by⏎SIGKILL); a failed attempt; not before 12:00:20",
  );
  const steered: RunEvent[] = [
    ...STEERED.slice(0, -2),
    asked("runs.continued", "b"),
    started("s", ["b"]),
    { type: "run.warned", job: "s", run: "b", step: 9_000, message: "energy is NaN" },
    requeued("b", "preempted"),
    { type: "runs.prioritised", job: "s", runs: ["b", "c"], priority: 1 },
    asked("runs.cancelled", "b"),
    asked("runs.retried", "b"),
    started("s", ["b"]),
    requeued("b", "control"),
    asked("runs.held", "b"),
  ];
  const b = storyLines(steered, "b", s);
  assert.equal(b[0], "s/b  paused");
  assert.ok(b.includes("  priority  high on request; its job's is normal"), b.join("\n"));
  assert.deepEqual(chaptersIn(b), [
    "planned for 1,000,000 steps, model m1",
    "attempt 1 started, to 1,000,000 steps",
    "saved step 8,000",
    "gave its slot back on request",
    "paused on request",
    "continued on request",
    "went on with attempt 1, to 1,000,000 steps",
    "at step 9,000: energy is NaN",
    "gave its slot to a critical run",
    "given high priority on request",
    "cancelled on request",
    "tried again on request, as if for the first time",
    "attempt 1 started, to 1,000,000 steps",
    "gave its slot back on request",
    "paused on request",
  ]);
  assert.equal(b.at(-1), "Next: simrun continue s/b lets it go on, from step 8,000.");
  // The next simrun goes by the job's own priority.
  const later = storyLines([...steered, SESSION], "b", s);
  assert.ok(later.includes("  priority  normal"), later.join("\n"));
});

Deno.test("renderStory() says how to take up a cancelled or failed run, with a simrun at work and without", () => {
  const last = (run: string, working: boolean): string =>
    storyLines(STEERED, run, { job: job("s"), working }).findLast((line) => /^Next/.test(line))!;
  assert.equal(last("c", true), "Next: simrun retry s/c takes it up again.");
  assert.equal(last("c", false), "Next: simrun retry s/c takes it up again; then simrun resume.");
  assert.equal(
    last("b", false),
    "Next: simrun continue s/b lets it go on, from step 8,000; then simrun resume.",
  );
  assert.match(last("f", true), /^Next: simrun retry s\/f tries it again; /);
  assert.match(last("f", false), /^Next: simrun resume tries it again; /);
  const needs = ["It needs mesh: 3 of 4 runs have completed."];
  const waiting = storyLines(STEERED, "d", { job: job("s"), working: true, needs });
  assert.deepEqual(waiting.slice(-2), ["", ...needs]);
});

const NOTES_FOLDER = "/home/ada";

Deno.test("noteOf() says when a run is tried again, and is silent of what was asked for", () => {
  const note = noteOf(DIED, NOTES_FOLDER)!;
  assert.equal(noteText(note), "s/a: killed by⏎SIGKILL; it is tried again in 20 s");
  const soon = noteOf({ ...DIED, waitMs: 5_234 } as RunEvent, NOTES_FOLDER)!;
  assert.match(soon.text, /again in 5 s$/);
  assert.equal(noteOf(requeued("a", "control"), NOTES_FOLDER), undefined);
  assert.equal(noteOf(requeued("a", "stopped"), NOTES_FOLDER), undefined);
});

Deno.test("noteOf() tells preemption once a job, and a warning once whichever runs it meets", () => {
  const preempted = ["a", "b"].map((run) => noteOf(requeued(run, "preempted"), NOTES_FOLDER)!);
  assert.equal(noteText(preempted[0]!), "s/a: gave its slot to a critical run; goes on later");
  assert.equal(preempted[0]!.topic, preempted[1]!.topic);
  const warned = (run: string, step: number, message: string): RunEvent => ({
    type: "run.warned",
    job: "s",
    run,
    step,
    message,
  });
  const [one, two, other] = [
    warned("a", 1_000, "energy is\x1b NaN"),
    warned("b", 7, "energy is\x1b NaN"),
    warned("b", 7, "mass is NaN"),
  ].map((event) => noteOf(event, NOTES_FOLDER)!);
  assert.equal(noteText(one!), "s/a: at step 1,000: energy is\\x1b NaN");
  assert.equal(one!.topic, two!.topic);
  assert.ok(one!.topic !== undefined && other!.topic !== one!.topic);
});

Deno.test("noteOf() says the step of a warning once, and many runs' steps are one topic", () => {
  const [one, two] = [0, 1_200].map((step) =>
    noteOf({
      type: "run.warned",
      job: "s",
      run: "a",
      step,
      message: `n is NaN at step ${step.toLocaleString("en")}, and so are 2 more`,
    }, NOTES_FOLDER)!
  );
  assert.equal(noteText(one!), "s/a: n is NaN at step 0, and so are 2 more");
  assert.equal(noteText(two!), "s/a: n is NaN at step 1,200, and so are 2 more");
  assert.equal(one!.topic, two!.topic);
});

Deno.test("answerNote() tells what was done that is no event of a run", () => {
  const answered = (action: ControlAction, ok: boolean, message: string) =>
    answerNote(action, { ok, message });
  const slots = answered({ type: "slots", slots: 3 }, true, "3 slots from now on, 1 before.");
  assert.deepEqual(slots, { kind: "warning", text: "3 slots from now on, 1 before" });
  const submit = { type: "submit", manifests: [] } as const;
  const more = answered(submit, true, "1 job \x1b[2Jtaken up, 6 runs to compute.");
  assert.equal(noteText(more!), "submitted: 1 job \\x1b[2Jtaken up, 6 runs to compute");
  assert.equal(answered(submit, false, "Job a is being computed as it was before."), undefined);
  // Told of by their runs.
  assert.equal(answered({ type: "pause", selectors: ["a"] }, true, "1 run paused."), undefined);
});

Deno.test("RequestNotes makes one note a job of a request that comes in many events", () => {
  const notes = new RequestNotes();
  for (let line = 0; line < 100; line++) {
    const runs = Array.from({ length: 1000 }, (_, i) => `r${line * 1000 + i}`);
    assert.ok(notes.gather(asked("runs.held", ...runs)));
  }
  assert.ok(notes.gather(asked("runs.cancelled", "a")));
  assert.ok(
    notes.gather({ type: "runs.prioritised", job: "s", runs: ["a", "b"], priority: 0 }),
  );
  assert.ok(!notes.gather(DIED));
  assert.deepEqual(notes.take().map(noteText), [
    "s (100,000 runs): paused",
    "s/a: cancelled",
    "s (2 runs): critical priority from now on",
  ]);
  assert.deepEqual(notes.take(), []);
});

const COUNTS = { total: 9, skipped: 0, completed: 1, failed: 1, queued: 5 };
const MANY: Live = {
  ...CLIMATE_LIVE,
  counts: { ...COUNTS, held: 2, delayed: 1, cancelled: 2 },
};
const VIEW: LiveView = {
  live: MANY,
  speed: { runsPerSecond: 0, stepsPerSecond: 1025, etaMs: 2_195_000 },
  elapsedMs: 720_000,
  nowMs: NOW,
  notes: [],
  stopping: undefined,
};
const SCREEN = { columns: 131, rows: 24, paint: PLAIN, glyphs: "unicode" } as const;

Deno.test("renderLive() counts paused and delayed runs beside those that wait, and keeps the time in sight", () => {
  const [wide] = renderLive(VIEW, SCREEN);
  assert.match(
    wide!,
    /· 2 running · 2 waiting · 1 waits to be tried again · 2 paused · 2 cancelled +12:00 · 37 min left$/,
  );
  const [narrow] = renderLive(VIEW, { ...SCREEN, columns: 100 });
  assert.match(narrow!, /· 2 running · 2 waiting · 1 delayed · 2 paused +12:00 · 37 min left$/);
});

Deno.test("renderLive() and PlainNarrator say what to type when all that is left is paused", () => {
  const counts = { ...COUNTS, queued: 2, held: 2 };
  const paused: Live = { ...MANY, running: [], counts };
  assert.equal(
    renderLive({ ...VIEW, live: paused }, SCREEN).at(-1),
    "  all that is left is paused: simrun continue all",
  );
  for (const live of [MANY, { ...paused, counts: { ...counts, queued: 3 } }]) {
    assert.doesNotMatch(renderLive({ ...VIEW, live }, SCREEN).join("\n"), /all that is left/);
  }
  const narrator = new PlainNarrator();
  const speed = { runsPerSecond: 0, stepsPerSecond: 0, etaMs: undefined };
  narrator.observe(MANY, speed, 0);
  assert.deepEqual(narrator.observe(MANY, { ...speed, stepsPerSecond: 10 }, 31_000), [
    "[31 s]  25%, 1 of 9 runs done, 1 failed, 1 waits to be tried again, 2 paused, 2 cancelled, 10 steps/s",
  ]);
  assert.deepEqual(narrator.observe(paused, speed, 62_000), [
    "[1 min 02 s]  25%, 1 of 9 runs done, 1 failed, 2 paused; all that is left is paused: simrun continue all",
  ]);
});

const FACTS = { tree: "/data/simruns", elapsedMs: 80_000, total: 8, skipped: 1 };
const goOn = (more = ""): string => `simrun resume${more && ` ${more}`}`;
const END = { paint: PLAIN, folder: "/home/ada", treeFlag: "", goOn, stopped: undefined };

function summaryOf(events: readonly RunEvent[], over = {}) {
  const fold = new SummaryFold();
  for (const event of events) fold.apply(event);
  return fold.summary({ ...FACTS, ...over });
}

Deno.test("renderSummary() counts what was cancelled, now or before, as neither done nor left over", () => {
  const events = [completed("s", "a", {}), asked("runs.cancelled", "b", "c", "d")];
  const summary = summaryOf(events, { cancelledBefore: 3 });
  assert.equal(summary.outcome, "completed");
  assert.deepEqual(renderSummary(summary, END), [
    "Done, but for what was cancelled: 8 runs in 1 min 20 s; 1 completed, 6 cancelled, 1 was done before.",
    "simrun results    the numbers",
    "simrun resume --rerun cancelled    takes up again what was cancelled",
  ]);
  assert.equal(
    renderSummary(summaryOf([], { cancelledBefore: 7 }), END)[0],
    "Nothing left to do: 7 of 8 runs are cancelled; 1 is done.",
  );
  const left = summaryOf(events);
  assert.deepEqual([left.outcome, left.remaining], ["stopped", 3]);
  assert.equal(
    renderSummary(left, { ...END, stopped: "before its time was over" })[0],
    "Stopped before its time was over after 1 min 20 s: 1 of 8 runs completed, 3 cancelled, 1 was done before, 3 remain.",
  );
});

Deno.test("renderSummary() says how many stay paused, and how they go on", () => {
  const stopped = { ...END, stopped: "all that is left is paused" };
  const summary = summaryOf([completed("s", "a", {})], { total: 4 });
  assert.deepEqual(renderSummary(summary, { ...stopped, paused: 2 }), [
    "Stopped: all that is left is paused; after 1 min 20 s 1 of 4 runs completed, 1 was done before, 2 remain.",
    "simrun continue all    lets the 2 paused runs go on; until then resume leaves them alone",
  ]);
  const more = renderSummary(summary, { ...END, treeFlag: " --tree t", paused: 1 });
  assert.deepEqual(more.slice(1), [
    "simrun resume    goes on where it stopped",
    "simrun continue --tree t all    lets the paused run go on; until then resume leaves it alone",
  ]);
});

Deno.test("SummaryFold counts runs that were cancelled before and are taken up as neither failed nor cancelled", () => {
  const again = { ...asked("runs.retried", "x", "y"), earlier: true } as RunEvent;
  const summary = summaryOf([failed("s", "f", "boom"), again, completed("s", "x", {})], {
    cancelledBefore: 3,
  });
  assert.deepEqual(
    [summary.failed, summary.failures.length, summary.cancelled, summary.remaining],
    [1, 1, 1, 4],
  );
});

Deno.test("SummaryFold forgets failures and cancellations of runs that are tried again", () => {
  const events = [
    asked("runs.cancelled", "a", "b"),
    failed("s", "c", "boom"),
    failed("s", "d", "bang"),
    asked("runs.retried", "b", "c"),
  ];
  const some = summaryOf(events);
  assert.deepEqual([some.cancelled, some.failed, some.remaining], [1, 1, 5]);
  assert.deepEqual(some.failures.map((failure) => failure.run), ["d"]);
  assert.deepEqual(some.failureGroups.map(({ count, run }) => [count, run]), [[1, "d"]]);
  const all = summaryOf([...events, asked("runs.retried", "d"), failed("s", "c", "again")]);
  assert.deepEqual([all.failed, all.failures.length], [1, 1]);
  assert.deepEqual(all.failureGroups.map(({ count, run }) => [count, run]), [[1, "c"]]);
});

Deno.test("SummaryFold tells a warning that meets many runs once", () => {
  const warned = (run: string, message: string): RunEvent => ({
    type: "run.warned",
    job: "s",
    run,
    step: 3,
    message,
  });
  const { warnings } = summaryOf([
    ...Array.from({ length: 10_002 }, (_, i) => warned(`r${i}`, "energy is NaN")),
    warned("r0", "energy is NaN"),
    warned("r1", "mass is NaN"),
  ]);
  assert.deepEqual(warnings, ["10,002 runs: energy is NaN", "s/r1: mass is NaN"]);
});

Deno.test("renderStory() of a run that lacks what it needs names all that is to be tried again with it", () => {
  const failure = { class: "needs", message: "it needs spinup, and it failed", step: 0 } as const;
  const events: RunEvent[] = [
    SESSION,
    planned("s", 1, { steps: 1 }),
    { type: "run.failed", job: "s", run: "a", attempt: 1, failure },
  ];
  const lines = (working: boolean, lacks: Lacks) =>
    storyLines(events, "a", { job: job("s"), working, lacks });
  const asked = lines(true, { failed: ["spinup"], cancelled: ["mesh"] });
  assert.deepEqual(asked.slice(-4), [
    "  2026-11-21 11:59:59  planned for 1 step, model m1",
    "  2026-11-21 12:00:00  failed: it cannot have what it needs: it needs spinup, and it failed",
    "",
    "Next: simrun retry spinup mesh s/a tries it and them again.",
  ]);
  assert.equal(
    lines(false, { failed: ["spinup"], cancelled: [] }).at(-1),
    "Next: simrun resume tries it again, with what it needs.",
  );
  assert.equal(
    lines(false, { failed: ["spinup"], cancelled: ["mesh"] }).at(-1),
    "Next: simrun retry mesh; then simrun resume tries it again, with what it needs.",
  );
});

Deno.test("status and explain of a job say diverged once, with the model's own words", () => {
  const failure = { class: "diverged", message: "diverged: too hot", step: 20 } as const;
  const events: RunEvent[] = [
    SESSION,
    planned("s", 2),
    { type: "run.failed", job: "s", run: "a", attempt: 1, failure },
    { type: "run.failed", job: "s", run: "b", attempt: 1, failure },
  ];
  const status = treeStatus(history(events), { ...BASE, selectors: ["s"] });
  const whole = renderStatus(status, { ...CANVAS, isWhole: true });
  const short = renderStatus(status, CANVAS);
  for (const lines of [whole, short]) {
    const told = lines.filter((line) => line.includes("too hot"));
    assert.ok(told.length > 0 && told.every((line) => line.endsWith("  diverged: too hot")));
  }
  const [group] = groupRuns(status.runs, status.jobs[0]!.counts, "");
  assert.equal(group!.why, "diverged: too hot");
});

Deno.test("treeStatus() counts of those that wait who waits for its time, while a simrun works", () => {
  const events = [
    SESSION,
    planned("s", 3),
    started("s", ["a", "b"]),
    requeued("a", "transient", { counted: true, waitMs: 90_000 }),
    requeued("b", "preempted"),
  ];
  const jobs = (working: boolean) => treeStatus(history(events), { ...BASE, working }).jobs[0]!;
  assert.deepEqual([jobs(true).counts.waiting, jobs(true).delayed], [3, 1]);
  assert.equal(jobs(false).delayed, undefined);
});

Deno.test("a failed run has as many steps as were saved, when its last attempt died before it had gone on", () => {
  const failure = { class: "slot-lost", message: "killed", step: 0 } as const;
  const { runs } = treeStatus(
    history([
      SESSION,
      planned("s", 1),
      started("s", ["a"]),
      saved("s", "a", 50),
      requeued("a", "slot-lost", { counted: true }),
      started("s", ["a"], { attempt: 2 }),
      { type: "run.failed", job: "s", run: "a", attempt: 2, failure },
    ]),
    BASE,
  );
  assert.deepEqual([runs[0]!.state, runs[0]!.stepsDone], ["failed", 50]);
});

Deno.test("renderStory() of an unfinished run whose model changed offers both ways on, and no plain resume", () => {
  const events = [SESSION, planned("s", 1), started("s", ["a"]), saved("s", "a", 50)];
  const last = (isHeld: boolean) => storyLines(events, "a", { job: job("s"), isHeld }).at(-1)!;
  assert.equal(last(false), "Next: simrun resume goes on at step 50.");
  assert.match(last(true), /^Next: simrun resume --accept-model goes on .* --rerun changed starts/);
});
