/** Makes traces of a journal: one of each run that has ended, and one of each campaign. Keeps what is open, and no more. */
import type { CompletedRun, JournalEntry } from "../job/event.ts";
import type { Failure } from "../job/run.ts";
import { OpenRun } from "./open_run.ts";
import type { Attributes, SpanStatus, Trace } from "./trace.ts";

type EntryOf<T extends JournalEntry["type"]> = Extract<JournalEntry, { readonly type: T }>;

/** A run that computed for so long is worth a trace, whatever became of it. */
const LONG_MS = 1000;
/** So many values of a point are told. */
const POINT_MAX = 20;
const UNSET: SpanStatus = { kind: "unset" };

export class TraceMaker {
  readonly #emit: (trace: Trace) => void;
  readonly #open = new Map<string, OpenRun>();
  readonly #models = new Map<string, string>();
  #epoch = 0;
  #isAtWork = false;
  #lastMs = 0;

  constructor(emit: (trace: Trace) => void) {
    this.#emit = emit;
  }

  /** Runs that began and have not ended. */
  get openRuns(): number {
    return this.#open.size;
  }

  apply(entry: JournalEntry): void {
    const atMs = Date.parse(entry.at);
    this.#apply(entry, atMs);
    this.#lastMs = atMs;
  }

  #apply(entry: JournalEntry, atMs: number): void {
    switch (entry.type) {
      case "campaign.started":
        return this.#campaignBegan(entry, atMs);
      case "campaign.ended": {
        const { outcome, completed, failed, remaining } = entry;
        const counts = { "simrun.completed": completed, "simrun.failed": failed };
        const attributes = { "simrun.outcome": outcome, ...counts, "simrun.remaining": remaining };
        return this.#campaignEnded(entry.seq, atMs, attributes, UNSET);
      }
      case "job.planned":
        this.#models.set(entry.model.digest, entry.model.name);
        return;
      case "runs.started":
        return this.#started(entry, atMs);
      case "run.resumed": {
        const run = this.#open.get(keyOf(entry));
        for (const { file, reason } of entry.rejected) {
          run?.happened("checkpoint rejected", atMs, { "simrun.file": file, reason });
        }
        if (entry.step > 0) run?.happened("resumed", atMs, { "simrun.step": entry.step });
        return;
      }
      case "run.checkpointed": {
        const { step, bytes, ms, stallMs = 0 } = entry;
        const sizes = { "simrun.bytes": bytes, "simrun.stall_ms": stallMs };
        this.#open.get(keyOf(entry))?.saved(atMs, ms, { "simrun.step": step, ...sizes });
        return;
      }
      case "run.warned":
        this.#open.get(keyOf(entry))?.happened("warning", atMs, { message: entry.message });
        return;
      case "run.degraded":
        this.#open.get(keyOf(entry))?.happened("degraded", atMs, { reason: entry.reason });
        return;
      case "runs.requeued":
        return this.#requeued(entry, atMs);
      case "runs.completed":
        for (const run of entry.runs) this.#completed(entry, run, atMs);
        return;
      case "run.failed":
        return this.#failed(entry, entry.failure, atMs);
      case "runs.cancelled":
        for (const run of entry.runs) {
          const open = this.#open.get(keyOf({ job: entry.job, run }));
          open?.endAttempt(atMs, UNSET, { "simrun.cause": "cancelled" });
          if (open !== undefined) {
            this.#ended(entry.seq, { job: entry.job, run }, open, atMs, UNSET, {
              "simrun.outcome": "cancelled",
            });
          }
        }
        return;
    }
  }

  #campaignBegan(entry: EntryOf<"campaign.started">, atMs: number): void {
    if (this.#isAtWork) {
      const status = { kind: "error", type: "lost", message: "gone without a word" } as const;
      this.#campaignEnded(entry.seq, this.#lastMs, { "simrun.outcome": "lost" }, status);
    }
    // What it was computing was cut off when it was last heard of.
    for (const run of this.#open.values()) {
      const message = "its simrun was gone";
      run.endAttempt(this.#lastMs, { kind: "error", type: "interrupted", message });
    }
    this.#epoch = entry.epoch;
    this.#isAtWork = true;
    const { seq, epoch, host, pid, version, slots } = entry;
    const process = { "simrun.host": host, "simrun.pid": pid, "simrun.version": version };
    const attributes = { "simrun.epoch": epoch, ...process, "simrun.slots": slots };
    this.#emit({ kind: "campaign-began", seq, epoch, startMs: atMs, attributes });
  }

  #campaignEnded(seq: number, endMs: number, attributes: Attributes, status: SpanStatus): void {
    this.#isAtWork = false;
    const epoch = this.#epoch;
    this.#emit({ kind: "campaign-ended", seq, epoch, endMs, attributes, status });
  }

  #started(entry: EntryOf<"runs.started">, atMs: number): void {
    const { job, model, steps, attempt, runs } = entry;
    for (let i = 0; i + 1 < runs.length; i += 2) {
      const [run, digest] = [runs[i]!, runs[i + 1]!];
      const key = keyOf({ job, run });
      let open = this.#open.get(key);
      // Another spec under the same id is another run; the one before has no end.
      if (open === undefined || open.digest !== digest) {
        const name = { "simrun.job": job, "simrun.run": run };
        const attributes = { ...name, "simrun.model": this.#models.get(model) ?? model };
        open = new OpenRun(`run ${job}`, atMs, { ...attributes, "simrun.steps": steps }, digest);
        this.#open.set(key, open);
      }
      open.begin(atMs, { "simrun.attempt": attempt, "simrun.epoch": this.#epoch });
    }
  }

  #requeued(entry: EntryOf<"runs.requeued">, atMs: number): void {
    const { job, cause, counted, message = cause } = entry;
    for (const run of entry.runs) {
      const status: SpanStatus = counted ? { kind: "error", type: cause, message } : UNSET;
      this.#open.get(keyOf({ job, run }))?.endAttempt(atMs, status, { "simrun.cause": cause });
    }
  }

  #completed(entry: EntryOf<"runs.completed">, run: CompletedRun, atMs: number): void {
    const name = { job: entry.job, run: run.run };
    const open = this.#open.get(keyOf(name));
    if (open === undefined) return;
    open.endAttempt(atMs, UNSET);
    const { steps, ms, ending, memoryBytes, point = {} } = run;
    this.#ended(entry.seq, name, open, atMs, { kind: "ok" }, {
      "simrun.outcome": "completed",
      "simrun.steps_done": steps,
      "simrun.computing_ms": ms,
      ...(ending !== undefined && { "simrun.ending": ending }),
      ...(memoryBytes !== undefined && { "simrun.memory_bytes": memoryBytes }),
      ...pointAttributes(point),
    }, ms < LONG_MS && !open.isTroubled);
  }

  #failed(entry: EntryOf<"run.failed">, failure: Failure, atMs: number): void {
    const { job, run } = entry;
    // One that fails for what it needs was never begun.
    const open = this.#open.get(keyOf(entry)) ??
      new OpenRun(`run ${job}`, atMs, { "simrun.job": job, "simrun.run": run }, "");
    const { class: type, message, step, place } = failure;
    const status: SpanStatus = { kind: "error", type, message };
    const where = place && { "code.file.path": place.file, "code.line.number": place.line };
    open.endAttempt(atMs, status, { "simrun.step": step, ...where });
    this.#ended(entry.seq, entry, open, atMs, status, { "simrun.outcome": "failed" });
  }

  #ended(
    seq: number,
    name: { readonly job: string; readonly run: string },
    open: OpenRun,
    atMs: number,
    status: SpanStatus,
    attributes: Attributes,
    isOrdinary = false,
  ): void {
    this.#open.delete(keyOf(name));
    const all = { ...attributes, "simrun.epoch": this.#epoch };
    const span = open.end(atMs, status, all);
    this.#emit({ kind: "run", seq, epoch: this.#epoch, span, isOrdinary });
  }
}

function keyOf({ job, run }: { readonly job: string; readonly run: string }): string {
  return `${job}/${run}`;
}

function pointAttributes(point: { readonly [name: string]: unknown }): Attributes {
  const values = Object.entries(point).slice(0, POINT_MAX);
  return Object.fromEntries(values.map(([name, value]) => {
    const isPlain = typeof value === "number" || typeof value === "boolean";
    return [`simrun.point.${name}`, isPlain ? value : asText(value)];
  }));
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}
