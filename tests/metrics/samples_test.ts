/** The text that is made of a journal: every number of it, its labels, and what is told together. */
import assert from "node:assert/strict";
import type { JournalEntry, RunEvent } from "../../src/job/event.ts";
import { METRICS } from "../../src/metrics/metric_table.ts";
import { expositionText, Samples } from "../../src/metrics/samples.ts";
import { JOBS_MAX, OTHERS, TreeFold } from "../../src/metrics/tree_fold.ts";
import { readerGauges, treeGauges } from "../../src/metrics/tree_gauges.ts";
import { entryOf } from "../helpers/events.ts";
import { completed, planned, started } from "../report/fixtures.ts";
import { BEGAN, ENDED, EVENTS, LIVE, valuesOf } from "./fixtures.ts";

function foldOf(events: readonly RunEvent[]): TreeFold {
  const fold = new TreeFold();
  events.forEach((event, i) => fold.apply(entryOf(event, i + 1) as JournalEntry));
  return fold;
}

function textOf(fold: TreeFold, working: boolean): string {
  const moment = { tree: "t", nowMs: BEGAN, working, live: working ? LIVE : undefined };
  return expositionText("t", [
    readerGauges("2.0", true),
    fold.counters,
    treeGauges(fold, moment),
  ]);
}

Deno.test("TreeFold counts what became of runs, attempts and checkpoints", () => {
  const values = valuesOf(textOf(foldOf([...EVENTS, ENDED]), false));
  const expected: { readonly [line: string]: number } = {
    "simrun_campaigns_started_total": 1,
    'simrun_campaigns_ended_total{outcome="failed"}': 1,
    'simrun_attempts_started_total{job_name="climate"}': 6,
    'simrun_attempts_started_total{job_name="heat"}': 0,
    'simrun_attempts_requeued_total{job_name="climate",cause="hang",counted="true"}': 1,
    'simrun_attempts_requeued_total{job_name="climate",cause="preempted",counted="false"}': 2,
    'simrun_runs_completed_total{job_name="climate"}': 2,
    'simrun_runs_completed_total{job_name="heat"}': 0,
    'simrun_runs_reused_total{job_name="heat"}': 1,
    'simrun_runs_failed_total{job_name="climate",class="model-error"}': 1,
    'simrun_runs_cancelled_total{job_name="climate"}': 1,
    'simrun_run_warnings_total{job_name="climate"}': 1,
    'simrun_runs_degraded_total{job_name="climate"}': 1,
    'simrun_runs_resumed_total{job_name="climate"}': 1,
    'simrun_steps_completed_total{job_name="climate"}': 2_000_000,
    'simrun_checkpoints_written_total{job_name="climate"}': 2,
    'simrun_checkpoints_rejected_total{job_name="climate"}': 1,
    'simrun_checkpoint_written_bytes_total{job_name="climate"}': 1500,
    'simrun_checkpoint_state_bytes_total{job_name="climate"}': 5000,
    'simrun_checkpoint_write_seconds_total{job_name="climate"}': 0.5,
    'simrun_checkpoint_stall_seconds_total{job_name="climate"}': 0.005,
    'simrun_run_duration_seconds_bucket{job_name="climate",le="0.01"}': 0,
    'simrun_run_duration_seconds_bucket{job_name="climate",le="0.1"}': 1,
    'simrun_run_duration_seconds_bucket{job_name="climate",le="60"}': 1,
    'simrun_run_duration_seconds_bucket{job_name="climate",le="600"}': 2,
    'simrun_run_duration_seconds_bucket{job_name="climate",le="+Inf"}': 2,
    'simrun_run_duration_seconds_sum{job_name="climate"}': 90.04,
    'simrun_run_duration_seconds_count{job_name="climate"}': 2,
    'simrun_runs{job_name="climate",state="completed"}': 2,
    'simrun_runs{job_name="climate",state="failed"}': 1,
    'simrun_runs{job_name="climate",state="cancelled"}': 1,
    'simrun_runs{job_name="climate",state="interrupted"}': 1,
    'simrun_runs{job_name="heat",state="completed"}': 1,
    'simrun_runs{job_name="heat",state="waiting"}': 2,
    'simrun_run_outcomes{job_name="climate",model="m.ts",outcome="first_attempt"}': 1,
    'simrun_run_outcomes{job_name="climate",model="m.ts",outcome="after_retry"}': 1,
    'simrun_run_outcomes{job_name="climate",model="m.ts",outcome="failed"}': 1,
    'simrun_run_outcomes{job_name="climate",model="m.ts",outcome="cancelled"}': 1,
    'simrun_run_outcomes{job_name="climate",model="m.ts",outcome="unfinished"}': 1,
    'simrun_run_outcomes{job_name="heat",model="m.ts",outcome="reused"}': 1,
    'simrun_run_outcome_retries{job_name="climate",model="m.ts"}': 1,
    "simrun_campaign_active": 0,
    "simrun_campaign_lost": 0,
    "simrun_slots": 0,
    'simrun_disk_level{level="ok"}': 1,
  };
  for (const [line, value] of Object.entries(expected)) assert.equal(values.get(line), value, line);
  assert.equal(values.get("simrun_campaign_remaining_seconds{}"), undefined);
});

Deno.test("treeGauges() tells of slots, queue, memory, disk and time left while a simrun works", () => {
  const values = valuesOf(textOf(foldOf(EVENTS), true));
  const expected: { readonly [line: string]: number } = {
    "simrun_campaign_active": 1,
    'simrun_campaign_remaining_seconds{estimate="expected"}': 60,
    'simrun_campaign_remaining_seconds{estimate="low"}': 50,
    'simrun_campaign_remaining_seconds{estimate="high"}': 80,
    "simrun_campaign_heard_timestamp_seconds": Date.parse(LIVE.at) / 1000,
    'simrun_runs{job_name="climate",state="running"}': 1,
    "simrun_steps_per_second": 7,
    "simrun_slots": 3,
    "simrun_slots_busy": 1,
    "simrun_slots_yielded": 1,
    'simrun_queue_length{state="ready"}': 3,
    'simrun_queue_length{state="delayed"}': 2,
    'simrun_queue_length{state="held"}': 1,
    "simrun_slots_memory_bytes": 1 << 20,
    "simrun_memory_limit_bytes": 1 << 30,
    "simrun_memory_free_bytes": 1 << 29,
    "simrun_cores": 4,
    "simrun_cores_free": 1,
    'simrun_disk_level{level="ok"}': 0,
    'simrun_disk_level{level="near"}': 1,
    'simrun_disk_level{level="full"}': 0,
    "simrun_disk_free_bytes": 5,
    "simrun_disk_full_seconds": 1,
  };
  for (const [line, value] of Object.entries(expected)) assert.equal(values.get(line), value, line);
});

Deno.test("a tree in which everything has happened tells of every metric of the table", () => {
  const text = textOf(foldOf([...EVENTS, ENDED, ...EVENTS]), true);
  for (const { name, type, help } of METRICS) {
    assert.ok(text.includes(`# HELP ${name} ${help}.\n# TYPE ${name} ${type}\n${name}`), name);
  }
});

Deno.test("docs/metrics.md has the name, type, unit, labels and meaning of each metric, and of no other", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/metrics.md", import.meta.url));
  const written = page.split("\n").filter((line) => line.startsWith("| `simrun_"));
  const rows = METRICS.map(({ name, type, unit, labels, help }) =>
    `| \`${name}\` | ${type} | ${unit} | ${
      labels.map((label) => `\`${label}\``).join(", ") || "–"
    } | ${help} |`
  );
  assert.deepEqual(written, rows);
  // Prose and examples speak of what there is.
  const names = METRICS.map(({ name }) => name as string);
  for (const [name] of page.matchAll(/\bsimrun_\w+/g)) assert.ok(names.includes(name), name);
});

Deno.test("names and units are as Prometheus wants them", () => {
  for (const { name, type, unit } of METRICS) {
    assert.match(name, /^simrun(_[a-z]+)+$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    assert.equal(/_(seconds|bytes)(_|$)/.exec(name)?.[1] ?? "1", unit, name);
  }
});

Deno.test("counters of a journal's beginning are never above those of more of it", () => {
  const events = [...EVENTS, ENDED, ...EVENTS, ENDED];
  const counters = new Set<string>(
    METRICS.filter(({ type }) => type !== "gauge").map(({ name }) => name),
  );
  let before = new Map<string, number>();
  for (let length = 1; length <= events.length; length++) {
    const values = valuesOf(textOf(foldOf(events.slice(0, length)), false));
    for (const [line, value] of before) {
      const name = line.replace(/\{.*/, "").replace(/_(?:bucket|sum|count)$/, "");
      if (counters.has(name) || counters.has(line.replace(/\{.*/, ""))) {
        assert.ok(values.get(line)! >= value, `${line} fell from ${value} to ${values.get(line)}`);
      }
    }
    before = values;
  }
});

Deno.test("jobs beyond the hundredth are told together, and none of their runs is lost", () => {
  const ids = Array.from({ length: JOBS_MAX + 50 }, (_, i) => `job${i}`);
  const events = ids.flatMap((id) => [
    planned(id, 1, { model: { kind: "module", path: `/models/${id}.ts` } }),
    started(id, [id]),
    completed(id, id, 1),
  ]);
  const text = textOf(foldOf(events), false);
  const values = valuesOf(text);
  assert.equal(values.get('simrun_runs_completed_total{job_name="job99"}'), 1);
  assert.equal(values.get('simrun_runs_completed_total{job_name="job100"}'), undefined);
  for (const name of ["simrun_runs_completed_total", "simrun_steps"]) {
    const one = values.get(`${name}{job_name="job0"}`)!;
    assert.equal(values.get(`${name}{job_name="${OTHERS}"}`), 50 * one);
  }
  const outcome = `job_name="${OTHERS}",model="m.ts",outcome="first_attempt"`;
  assert.equal(values.get(`simrun_run_outcomes{${outcome}}`), 50);
  assert.ok(new Set(text.match(/job_name="[^"]*"/g)).size === JOBS_MAX + 1);
});

Deno.test("Samples escape what a label must not hold, and write numbers as Prometheus reads them", () => {
  const samples = new Samples();
  samples.add("simrun_run_outcomes", 1, 'a"b\\c\nd', "m\0n", "failed");
  samples.add("simrun_slots", Infinity);
  const text = expositionText('/t"\n', [samples]);
  const line = String.raw`{tree="/t\"\n",job_name="a\"b\\c\nd",model="mn",outcome="failed"} 1`;
  assert.ok(text.includes(`\nsimrun_run_outcomes${line}\n`), text);
  assert.ok(text.endsWith('simrun_slots{tree="/t\\"\\n"} +Inf\n'));
});
