/** The live display, letter by letter. */
import assert from "node:assert/strict";
import { type Canvas, type LiveView, renderLive } from "../../src/screen/live_display.ts";
import { noteOf } from "../../src/screen/note.ts";
import { paintFor } from "../../src/screen/paint.ts";
import { displayWidth } from "../../src/screen/width.ts";
import { CLIMATE_LIVE, failed, NOW } from "../report/fixtures.ts";

const CANVAS: Canvas = { columns: 121, rows: 24, paint: paintFor(false), glyphs: "unicode" };
const FAILED = noteOf(
  failed("ising", "a1b2c3", "Temperature must be\npositive, not \x1b[31m-0.25"),
  "/home/ada",
)!;

const VIEW: LiveView = {
  live: CLIMATE_LIVE,
  speed: { runsPerSecond: 0, stepsPerSecond: 1025, etaMs: 2_195_000 },
  elapsedMs: 720_000,
  nowMs: NOW,
  notes: [],
  stopping: undefined,
};

Deno.test("renderLive() shows the founding example", () => {
  assert.deepEqual(renderLive(VIEW, CANVAS), [
    "  3 runs · 2 running · 1 waiting                                                                     12:00 · 37 min left",
    "  ━━━━━━━━━━━━━━━━━━━━━━━╸───────────────────────────────────────────────────────────────────────   25%  1,030 steps/s",
    "",
    "  climate_2030  ━━━━━━━━━━━╸──────────────   45%    450,000/1,000,000      625/s  15 min left  3.2 GB  saved 10 mins ago",
    "  climate_2040  ━━━━━━━╸──────────────────   30%    300,000/1,000,000      400/s  30 min left  2.8 GB  saved 5 mins ago",
  ]);
});

Deno.test("renderLive() keeps failures in sight, made safe, with the place in the user's file", () => {
  const lines = renderLive({ ...VIEW, notes: [FAILED] }, { ...CANVAS, columns: 81 });
  assert.deepEqual(lines.slice(-2), [
    "  failed  ising/a1b2c3  the model threw an error at step 12,000: Temperature",
    "          must be⏎positive, not \\x1b[31m-0.25 (models/ising.ts:14:9)",
  ]);
});

Deno.test("renderLive() names the last failure: those before it stand above the picture", () => {
  const notes = ["boom", "bang"].map((why) => noteOf(failed("ising", why, why), "/home/ada")!);
  const text = renderLive({ ...VIEW, notes }, CANVAS).join("\n");
  assert.match(text, /failed {2}ising\/bang/);
  assert.doesNotMatch(text, /boom/);
});

Deno.test("renderLive() fits every terminal", () => {
  const running = Array.from({ length: 40 }, (_, i) => ({
    ...CLIMATE_LIVE.running[0]!,
    run: `run-${i}`,
    slot: i,
  }));
  const notes = Array.from({ length: 30 }, () => FAILED);
  const view: LiveView = {
    ...VIEW,
    live: { ...CLIMATE_LIVE, running, slots: 40 },
    notes,
    stopping: "checkpoint",
  };
  for (const columns of [1, 10, 20, 33, 50, 80, 140, 300]) {
    for (const rows of [1, 2, 5, 10, 24, 100]) {
      const lines = renderLive(view, { ...CANVAS, columns, rows });
      assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
      for (const line of lines) assert.ok(displayWidth(line) < Math.max(2, columns), line);
    }
  }
});

Deno.test("renderLive() says how many runs and failures have no line", () => {
  const running = Array.from({ length: 40 }, (_, i) => ({
    ...CLIMATE_LIVE.running[0]!,
    run: `run-${i}`,
  }));
  const notes = Array.from({ length: 30 }, () => FAILED);
  const counts = { ...CLIMATE_LIVE.counts, failed: 30 };
  const live = { ...CLIMATE_LIVE, running, counts };
  const text = renderLive({ ...VIEW, live, notes }, CANVAS).join("\n");
  const shown = text.match(/^ {2}climate_2030\/run/gm)!.length;
  assert.match(text, new RegExp(`… and ${40 - shown} more running`));
  assert.match(text, /… and 29 more failed: simrun status failed/);
});

Deno.test("renderLive() tells tiny runs together, by their rate", () => {
  const tiny = CLIMATE_LIVE.running.map((run) => ({ ...run, job: "sweep", elapsedMs: 0.1 }));
  const view: LiveView = {
    ...VIEW,
    live: {
      ...CLIMATE_LIVE,
      running: tiny,
      counts: { total: 100_000, skipped: 0, completed: 46_000, failed: 3, queued: 53_995 },
    },
    speed: { runsPerSecond: 23_000, stepsPerSecond: 115_000, etaMs: 2_300 },
  };
  assert.deepEqual(renderLive(view, { ...CANVAS, columns: 91 }), [
    "  100,000 runs · 46,000 done · 3 failed · 2 running · 53,995 waiting      12:00 · 3 s left",
    "  ━━━━━━━━━━━━━━━━─────────────────────────────────────────────────   25%  115,000 steps/s",
    "",
    "  sweep · 23,000 runs/s · 2 slots · 6.0 GB",
  ]);
});

Deno.test("renderLive() colours only when told to", () => {
  const colored = renderLive({ ...VIEW, notes: [FAILED] }, { ...CANVAS, paint: paintFor(true) });
  assert.ok(colored.some((line) => line.includes("\x1b[31mfailed\x1b[39m")));
  assert.ok(
    !renderLive({ ...VIEW, notes: [FAILED] }, CANVAS).some((line) => line.includes("\x1b")),
  );
});
