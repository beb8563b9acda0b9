/** The story of one run: every event that touched it, in order, as facts. Never reads a file. */
import type { CompletedRun, JournalEntry, RequeueCause } from "../job/event.ts";
import type { Job, Priority } from "../job/job.ts";
import type { Failure, Parent } from "../job/run.ts";
import { type Change, jobChanges } from "./job_changes.ts";

export type Chapter =
  & { readonly at: string }
  & (
    | {
      readonly kind: "planned";
      readonly steps: number;
      readonly model: string;
      /** Against the plan before; undefined for the first one. */
      readonly changes: readonly Change[] | undefined;
      readonly modelChanged: boolean;
    }
    | {
      readonly kind: "started";
      readonly attempt: number;
      readonly steps: number;
      /** The attempt before had not come to an end: it goes on. */
      readonly isSame: boolean;
    }
    /** Begun again without an end: simrun was killed, or the machine went down. Noticed at the new start. */
    | { readonly kind: "lost" }
    | {
      readonly kind: "resumed";
      readonly step: number;
      readonly rejected: readonly { readonly file: string; readonly reason: string }[];
    }
    | {
      /** Checkpoints one after the other, told together. */
      readonly kind: "saved";
      readonly count: number;
      readonly firstStep: number;
      readonly lastStep: number;
      readonly bytes: number;
      readonly lastAt: string;
    }
    /** It has made the state of another run its own. */
    | { readonly kind: "begun"; readonly from: Parent }
    | { readonly kind: "degraded"; readonly reason: string }
    | {
      readonly kind: "requeued";
      readonly cause: RequeueCause;
      readonly counted: boolean;
      readonly message: string | undefined;
      /** Not tried again before then. */
      readonly dueAt: string | undefined;
    }
    /** What a person asked for. */
    | { readonly kind: "cancelled" | "paused" | "continued" | "retried" }
    | { readonly kind: "prioritised"; readonly priority: Priority }
    | { readonly kind: "warned"; readonly step: number; readonly message: string }
    | {
      readonly kind: "repaired";
      readonly step: number;
      readonly again: boolean;
      readonly reason: string;
    }
    | { readonly kind: "failed"; readonly attempt: number; readonly failure: Failure }
    | {
      readonly kind: "completed";
      readonly record: CompletedRun;
      readonly reusedFrom: { readonly job: string; readonly run: string } | undefined;
    }
  );

const REQUEST_KINDS = {
  "runs.cancelled": "cancelled",
  "runs.held": "paused",
  "runs.continued": "continued",
  "runs.retried": "retried",
} as const;

/** Follows one run through the journal. */
export class StoryFold {
  readonly #job: string;
  readonly #run: string;
  readonly #chapters: Chapter[] = [];
  #point: CompletedRun["point"];
  /** Started, and no end was told since. */
  #isOpen = false;
  #unfinished: string | undefined;
  #priority: Priority | undefined;
  #saves = 0;
  #saveMs = 0;
  #planned: { readonly job: Job; readonly model: string } | undefined;

  constructor(job: string, run: string) {
    this.#job = job;
    this.#run = run;
  }

  get chapters(): readonly Chapter[] {
    return this.#chapters;
  }

  /** The sweep's values of this run, once it has completed. */
  get point(): CompletedRun["point"] {
    return this.#point;
  }

  /** What its checkpoints cost on average, stalls included; undefined before the first. */
  get checkpointMs(): number | undefined {
    return this.#saves === 0 ? undefined : this.#saveMs / this.#saves;
  }

  /** As somebody changed it; undefined when it is that of the job. */
  get priority(): Priority | undefined {
    return this.#priority;
  }

  apply(entry: JournalEntry): void {
    const { at } = entry;
    switch (entry.type) {
      case "job.planned":
        if (entry.job.id === this.#job) this.#replanned(entry);
        return;
      case "runs.started": {
        const digest = entry.job === this.#job ? digestOf(entry.runs, this.#run) : undefined;
        if (digest === undefined) return;
        // Other parameters or another model make it another computation, whatever its number.
        const attempt = `${entry.attempt} ${digest} ${entry.model}`;
        if (this.#isOpen) this.#add({ at, kind: "lost" });
        this.#add({
          at,
          kind: "started",
          attempt: entry.attempt,
          steps: entry.steps,
          isSame: this.#unfinished === attempt,
        });
        this.#isOpen = true;
        this.#unfinished = attempt;
        return;
      }
      case "run.resumed":
        if (!this.#isOurs(entry)) return;
        this.#add({ at, kind: "resumed", step: entry.step, rejected: entry.rejected });
        return;
      case "run.checkpointed":
        if (!this.#isOurs(entry)) return;
        if (entry.from === undefined) this.#saved(entry);
        else this.#add({ at, kind: "begun", from: entry.from });
        return;
      case "run.degraded":
        if (this.#isOurs(entry)) this.#add({ at, kind: "degraded", reason: entry.reason });
        return;
      case "runs.requeued": {
        if (entry.job !== this.#job || !entry.runs.includes(this.#run)) return;
        const { cause, counted, message, waitMs } = entry;
        this.#isOpen = false;
        const dueAt = waitMs === undefined
          ? undefined
          : new Date(Date.parse(at) + waitMs).toISOString();
        this.#add({ at, kind: "requeued", cause, counted, message, dueAt });
        return;
      }
      case "runs.cancelled":
      case "runs.held":
      case "runs.continued":
      case "runs.retried":
        if (entry.job !== this.#job || !entry.runs.includes(this.#run)) return;
        this.#isOpen = false;
        // It begins again with its first attempt.
        if (entry.type === "runs.retried") this.#unfinished = undefined;
        this.#add({ at, kind: REQUEST_KINDS[entry.type] });
        return;
      case "runs.prioritised":
        if (entry.job !== this.#job || !entry.runs.includes(this.#run)) return;
        this.#priority = entry.priority;
        this.#add({ at, kind: "prioritised", priority: entry.priority });
        return;
      case "run.warned":
        if (!this.#isOurs(entry)) return;
        this.#add({ at, kind: "warned", step: entry.step, message: entry.message });
        return;
      case "campaign.started":
        this.#priority = undefined;
        return;
      case "run.repaired": {
        if (!this.#isOurs(entry)) return;
        const { step, again, reason } = entry;
        if (again) this.#isOpen = false;
        this.#add({ at, kind: "repaired", step, again, reason });
        return;
      }
      case "run.failed":
        if (!this.#isOurs(entry)) return;
        this.#isOpen = false;
        this.#unfinished = undefined;
        this.#add({ at, kind: "failed", attempt: entry.attempt, failure: entry.failure });
        return;
      case "runs.completed": {
        if (entry.job !== this.#job) return;
        const record = entry.runs.find(({ run }) => run === this.#run);
        if (record !== undefined) this.#completed(at, record, undefined);
        return;
      }
      case "run.reused":
        if (entry.job !== this.#job || entry.run.run !== this.#run) return;
        this.#completed(at, entry.run, entry.from);
        return;
    }
  }

  #isOurs(entry: { readonly job: string; readonly run: string }): boolean {
    return entry.job === this.#job && entry.run === this.#run;
  }

  #replanned(entry: JournalEntry & { readonly type: "job.planned" }): void {
    const { at, job, model } = entry;
    const before = this.#planned;
    this.#planned = { job, model: model.digest };
    this.#add({
      at,
      kind: "planned",
      steps: job.steps,
      model: model.digest,
      changes: before === undefined ? undefined : jobChanges(before.job, job),
      modelChanged: before !== undefined && before.model !== model.digest,
    });
  }

  #add(chapter: Chapter): void {
    this.#chapters.push(chapter);
  }

  #saved(entry: JournalEntry & { readonly type: "run.checkpointed" }): void {
    this.#saves++;
    this.#saveMs += entry.ms + (entry.stallMs ?? 0);
    const last = this.#chapters.at(-1);
    const chapter: Chapter = {
      at: last?.kind === "saved" ? last.at : entry.at,
      kind: "saved",
      count: last?.kind === "saved" ? last.count + 1 : 1,
      firstStep: last?.kind === "saved" ? last.firstStep : entry.step,
      lastStep: entry.step,
      bytes: entry.bytes,
      lastAt: entry.at,
    };
    if (last?.kind === "saved") this.#chapters[this.#chapters.length - 1] = chapter;
    else this.#chapters.push(chapter);
  }

  #completed(
    at: string,
    record: CompletedRun,
    reusedFrom: { readonly job: string; readonly run: string } | undefined,
  ): void {
    this.#point = record.point;
    this.#isOpen = false;
    this.#unfinished = undefined;
    this.#add({ at, kind: "completed", record, reusedFrom });
  }
}

/** Pairs of run and digest: a run stands at the first places only. */
function digestOf(runs: readonly string[], run: string): string | undefined {
  for (let i = 0; i < runs.length; i += 2) if (runs[i] === run) return runs[i + 1] ?? "";
  return undefined;
}
