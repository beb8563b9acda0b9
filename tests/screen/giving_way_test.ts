/** What a person sees while slots give way to others who compute on the machine. */
import assert from "node:assert/strict";
import type { GivesWay } from "../../src/job/live.ts";
import { describeGivingWay } from "../../src/report/live_text.ts";
import { treeStatus } from "../../src/report/status.ts";
import { statusJson } from "../../src/report/status_json.ts";
import { type LiveView, renderLive } from "../../src/screen/live_display.ts";
import { renderStatus } from "../../src/screen/status_view.ts";
import { renderStory } from "../../src/screen/story_view.ts";
import { waitingReasons } from "../../src/report/waiting.ts";
import { CLIMATE, CLIMATE_LIVE, history, job, NOW } from "../report/fixtures.ts";
import { BASE, CANVAS, PLAIN } from "./fixtures.ts";

const GIVES_WAY: GivesWay = { slots: 2, of: 4, othersCores: 2.06 };
const LIVE = { ...CLIMATE_LIVE, givesWay: GIVES_WAY };
const STATUS = treeStatus(history(CLIMATE), { ...BASE, live: LIVE, working: true });

Deno.test("describeGivingWay() counts slots and cores, one or more", () => {
  assert.equal(describeGivingWay(GIVES_WAY), "2 of 4 slots give way: others use 2.1 cores");
  assert.equal(
    describeGivingWay({ slots: 1, of: 2, othersCores: 1 }),
    "1 of 2 slots gives way: others use 1.0 core",
  );
});

Deno.test("renderStatus() and its JSON say how many slots give way", () => {
  assert.equal(
    renderStatus(STATUS, CANVAS)[0],
    "simrun is working on 2 slots (process 4242 on node1); " +
      "2 of 4 slots give way: others use 2.1 cores",
  );
  const { simrun } = statusJson(STATUS) as { simrun: Record<string, unknown> };
  assert.deepEqual([simrun.slots, simrun.slots_giving_way, simrun.others_cores], [2, 2, 2.1]);
  const alone = treeStatus(history(CLIMATE), { ...BASE, live: CLIMATE_LIVE, working: true });
  assert.ok(!("slots_giving_way" in (statusJson(alone).simrun as object)));
});

Deno.test("renderStory() of a waiting run says whom it waits for", () => {
  const status = treeStatus(history(CLIMATE), {
    ...BASE,
    live: LIVE,
    working: true,
    selectors: ["climate_2030"],
  });
  assert.equal(status.runs.length, 1);
  const lines = renderStory({
    status: { ...status.runs[0]!, state: "waiting", next: undefined },
    job: job("climate_2030"),
    point: undefined,
    chapters: [],
    decision: [],
    priority: undefined,
    working: true,
    waits: waitingReasons({
      job: job("climate_2030"),
      isDelayed: false,
      priorities: new Map(),
    }, status),
  }, { paint: PLAIN, columns: undefined, folder: "/", nowMs: NOW, offsetMinutes: 0 });
  assert.equal(
    lines.at(-1),
    "It waits for a slot: 2 of 4 slots give way to others on this machine.",
  );
});

Deno.test("renderLive() shows it below the runs for as long as it lasts", () => {
  const view: LiveView = {
    live: LIVE,
    speed: { runsPerSecond: 0, stepsPerSecond: 1, etaMs: undefined },
    elapsedMs: 1,
    nowMs: NOW,
    notes: [],
    stopping: undefined,
  };
  const canvas = { columns: 100, rows: 24, paint: PLAIN, glyphs: "unicode" } as const;
  const text = "  2 of 4 slots give way: others use 2.1 cores";
  assert.equal(renderLive(view, canvas).at(-1), text);
  assert.ok(!renderLive({ ...view, live: CLIMATE_LIVE }, canvas).includes(text));
});
