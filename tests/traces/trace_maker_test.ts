/** Traces of journals: true times, what became of attempts, what is bounded, and which runs are left out. */
import assert from "node:assert/strict";
import type { JournalEntry, RunEvent } from "../../src/job/event.ts";
import type { NativeSpan, NativeTracer } from "../../src/traces/telemetry.ts";
import type { SpanFacts, Trace } from "../../src/traces/trace.ts";
import { TraceMaker } from "../../src/traces/trace_maker.ts";
import { ORDINARY_MAX, RUNS_MAX, TraceSender } from "../../src/traces/trace_sender.ts";
import { completed, failed, planned, saved, SESSION, started } from "../report/fixtures.ts";
import { ENDED, EVENTS } from "../metrics/fixtures.ts";

const BEGAN = Date.parse("2026-03-01T12:00:00Z");

/** A second apart. */
function tracesOf(events: readonly RunEvent[]): { traces: Trace[]; open: number } {
  const traces: Trace[] = [];
  const maker = new TraceMaker((trace) => traces.push(trace));
  events.forEach((event, i) => {
    const at = new Date(BEGAN + i * 1000).toISOString();
    maker.apply({ ...event, seq: i + 1, at } as JournalEntry);
  });
  return { traces, open: maker.openRuns };
}

const runsOf = (traces: readonly Trace[]) =>
  traces.flatMap((trace) => trace.kind === "run" ? [trace.span] : []);
/** Seconds since the first line. */
const timesOf = ({ startMs, endMs }: SpanFacts) =>
  [startMs, endMs].map((ms) => (ms - BEGAN) / 1000);

Deno.test("TraceMaker makes a trace of each run that has ended, with its attempts, checkpoints and failures at their times", () => {
  const { traces, open } = tracesOf([...EVENTS, ENDED]);
  const [a, d, e, c] = runsOf(traces) as [SpanFacts, SpanFacts, SpanFacts, SpanFacts];
  assert.equal(runsOf(traces).length, 4);
  assert.equal(open, 1);

  assert.deepEqual([a.name, a.status, timesOf(a)], ["run climate", { kind: "ok" }, [3, 12]]);
  assert.equal(a.attributes["simrun.run"], "a");
  assert.equal(a.attributes["simrun.model"], "m.ts");
  const [first, second] = a.children as [SpanFacts, SpanFacts];
  assert.deepEqual([timesOf(first), timesOf(second)], [[3, 6], [8, 12]]);
  assert.deepEqual(first.status, { kind: "error", type: "hang", message: "no step for 5 min" });
  assert.deepEqual(second.status, { kind: "unset" });
  const [checkpoint] = first.children as [SpanFacts];
  assert.deepEqual([checkpoint.name, timesOf(checkpoint)], ["checkpoint", [3.75, 4]]);
  assert.deepEqual(checkpoint.attributes, {
    "simrun.step": 10,
    "simrun.bytes": 1000,
    "simrun.stall_ms": 5,
  });
  const names = second.events.map(({ name, atMs }) => [name, (atMs - BEGAN) / 1000]);
  assert.deepEqual(names, [
    ["checkpoint rejected", 9],
    ["resumed", 9],
    ["warning", 10],
    ["degraded", 11],
  ]);

  assert.deepEqual([d.attributes["simrun.run"], timesOf(d)], ["d", [3, 13]]);
  const error = { kind: "error", type: "model-error", message: "x went bad" } as const;
  assert.deepEqual([e.status, e.children[0]!.status, timesOf(e)], [error, error, [3, 14]]);
  assert.equal(e.children[0]!.attributes["code.line.number"], 14);
  // Preempted before it was cancelled: no attempt of it has failed.
  assert.deepEqual([c.status, timesOf(c)], [{ kind: "unset" }, [3, 15]]);
  assert.equal(c.attributes["simrun.outcome"], "cancelled");
  assert.deepEqual(c.children.map(({ status }) => status.kind), ["unset"]);
  assert.equal(c.children[0]!.attributes["simrun.cause"], "preempted");
});

Deno.test("TraceMaker ends what a simrun that was killed was computing when that was last heard of", () => {
  const { traces } = tracesOf([
    SESSION,
    started("j", ["a"]),
    saved("j", "a", 10),
    { ...SESSION, epoch: 8 } as RunEvent,
    started("j", ["a"]),
    completed("j", "a", 1),
    ENDED,
  ]);
  const kinds = traces.map(({ kind, epoch }) => `${kind} ${epoch}`);
  assert.deepEqual(kinds, [
    "campaign-began 7",
    "campaign-ended 7",
    "campaign-began 8",
    "run 8",
    "campaign-ended 8",
  ]);
  const lost = traces[1] as Trace & { readonly kind: "campaign-ended" };
  assert.equal(lost.endMs, BEGAN + 2000);
  assert.equal(lost.status.kind, "error");
  const [run] = runsOf(traces) as [SpanFacts];
  assert.deepEqual(run.children.map(timesOf), [[1, 2], [4, 5]]);
  assert.deepEqual(run.children.map(({ status }) => status.kind), ["error", "unset"]);
});

Deno.test("a run with more attempts, checkpoints and words than anybody reads has a bounded trace, which says so", () => {
  const events: RunEvent[] = [SESSION, planned("j")];
  for (let i = 0; i < 300; i++) events.push(started("j", ["a"]), saved("j", "a", i));
  for (let i = 0; i < 300; i++) {
    events.push(started("j", ["a"]));
    events.push({ type: "runs.requeued", job: "j", runs: ["a"], cause: "load", counted: false });
  }
  events.push(started("j", ["a"]), failed("j", "a", "x".repeat(1e6)));
  const [run] = runsOf(tracesOf(events).traces) as [SpanFacts];
  const text = JSON.stringify(run);
  assert.ok(text.length < 100_000, String(text.length));
  assert.ok(Number(run.attributes["simrun.left_out"]) > 300);
});

/** A tracer that counts. */
class Counting implements NativeTracer {
  readonly names: string[] = [];
  readonly attributes: Record<string, unknown> = {};
  links = 0;

  startSpan: NativeTracer["startSpan"] = (name, { links = [] }) => {
    this.names.push(name);
    this.links += links.length;
    const span: NativeSpan = {
      spanContext: () => ({ name }),
      addEvent: () => {},
      setAttributes: (attributes) => void Object.assign(this.attributes, attributes),
      setStatus: () => {},
      end: () => {},
    };
    return span;
  };
}

Deno.test("TraceSender sends of 100,000 tiny runs the first thousand and all that went wrong, and says how many it left out", () => {
  const tracer = new Counting();
  const sender = new TraceSender(tracer, "/tree");
  const maker = new TraceMaker((trace) => sender.send(trace));
  let seq = 0;
  const apply = (event: RunEvent) =>
    maker.apply({ ...event, seq: ++seq, at: new Date(BEGAN).toISOString() } as JournalEntry);
  [SESSION, planned("j", 100_000)].forEach(apply);
  for (let i = 0; i < 100_000; i += 500) {
    const runs = Array.from({ length: 500 }, (_, k) => `r${i + k}`);
    apply(started("j", runs));
    apply(failed("j", runs[0]!, "x"));
    apply({
      type: "runs.completed",
      job: "j",
      model: "m1",
      runs: runs.slice(1).map((run) => (
        { run, digest: `d-${run}`, attempt: 1, steps: 1, ms: 1, result: 1 }
      )),
    });
  }
  apply(ENDED);
  const sentRuns = ORDINARY_MAX + 200;
  assert.deepEqual(sender.sent, {
    runs: sentRuns,
    spans: 2 * sentRuns + 1,
    leftOut: 100_000 - sentRuns,
  });
  assert.equal(tracer.names.length, 2 * sentRuns + 1);
  assert.equal(tracer.links, sentRuns);
  assert.equal(tracer.attributes["simrun.runs_left_out"], BigInt(100_000 - sentRuns));
  assert.ok(sentRuns < RUNS_MAX);
});
