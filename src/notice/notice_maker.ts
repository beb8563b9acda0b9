/** From the journal's entries to notices. Pure; what nobody asked for is not made. */
import type { JournalEntry } from "../job/event.ts";
import type { Live } from "../job/live.ts";
import { runName } from "../job/run.ts";
import type { NoticeEvent } from "../job/sink.ts";
import type { Notice, NoticeBody } from "./notice.ts";

type EntryType = JournalEntry["type"];

/** Of which entries each is made; how far everything is, is in none. */
const SOURCES: { readonly [event in NoticeEvent]: readonly EntryType[] } = {
  on_begin: ["campaign.started"],
  on_submit: ["job.planned"],
  on_start: ["runs.started"],
  on_resume: ["run.resumed"],
  on_progress: [],
  on_checkpoint: ["run.checkpointed"],
  on_warning: ["run.degraded", "run.warned"],
  on_retry: ["runs.requeued"],
  on_complete: ["runs.completed", "run.reused"],
  on_error: ["run.failed"],
  on_cancel: ["runs.cancelled"],
  on_end: ["campaign.ended"],
};

export class NoticeMaker {
  /** Nothing is made of other entries. */
  readonly types: ReadonlySet<EntryType>;
  readonly #tree: string;
  readonly #wanted: ReadonlySet<NoticeEvent>;
  #host: string;
  #progress = 0;

  /** `host`: where those began who wrote what comes before the first beginning that it is given. */
  constructor(tree: string, wanted: ReadonlySet<NoticeEvent>, host = "") {
    this.#tree = tree;
    this.#host = host;
    this.#wanted = wanted;
    // Whoever is told of anything is told on which host it was.
    this.types = new Set(["campaign.started", ...[...wanted].flatMap((event) => SOURCES[event])]);
  }

  /** What is to be told of an entry, in the order of its runs. */
  of(entry: JournalEntry): Notice[] {
    if (entry.type === "campaign.started") this.#host = entry.host;
    const { seq, at } = entry;
    const bodies = this.#bodies(entry);
    const isOne = bodies.length === 1;
    const about = { id: `${seq}`, at, tree: this.#tree, host: this.#host };
    return bodies.map((body, index) => {
      // Not spread: of a storm of runs that is most of the work.
      const notice = { ...about };
      if (!isOne) notice.id = `${seq}.${index + 1}`;
      return Object.assign(notice, body);
    });
  }

  /** From the moment's picture, which is in no journal. */
  progress(live: Live): Notice | undefined {
    if (!this.#wanted.has("on_progress")) return undefined;
    const { total, completed, failed, queued, skipped } = live.counts;
    return {
      ...{ id: `progress-${live.epoch}.${++this.#progress}`, at: live.at },
      ...{ tree: this.#tree, host: live.host, event: "on_progress" },
      fraction: live.progress?.fraction ?? fractionOf(live.steps),
      ...(live.work !== undefined && { etaMs: live.work.etaMs }),
      ...{ total, completed: completed + skipped, failed, queued },
      running: live.running.map(({ job, run, step, steps }) => ({ job, run, step, steps })),
    };
  }

  #bodies(entry: JournalEntry): NoticeBody[] {
    const wants = (event: NoticeEvent) => this.#wanted.has(event);
    switch (entry.type) {
      case "campaign.started": {
        if (!wants("on_begin")) return [];
        const { version, slots, manifests } = entry;
        return [{ event: "on_begin", version, slots, manifests: manifests.map((m) => m.path) }];
      }
      case "job.planned": {
        if (!wants("on_submit")) return [];
        const { job: { id, priority }, count, model } = entry;
        return [{ event: "on_submit", job: id, runs: count, priority, model: model.name }];
      }
      case "runs.started": {
        if (!wants("on_start")) return [];
        const { job, attempt, steps, runs } = entry;
        const started: NoticeBody[] = [];
        for (let at = 0; at < runs.length; at += 2) {
          started.push({ event: "on_start", job, run: runs[at]!, attempt, steps });
        }
        return started;
      }
      case "run.resumed": {
        const { job, run, step } = entry;
        return wants("on_resume") ? [{ event: "on_resume", job, run, step }] : [];
      }
      case "run.checkpointed": {
        const { job, run, step, bytes, file } = entry;
        return wants("on_checkpoint")
          ? [{ event: "on_checkpoint", job, run, step, bytes, file }]
          : [];
      }
      case "run.degraded": {
        const message = `goes on without checkpoints: ${entry.reason}`;
        return wants("on_warning")
          ? [{ event: "on_warning", job: entry.job, run: entry.run, message }]
          : [];
      }
      case "run.warned": {
        const { job, run, message } = entry;
        return wants("on_warning") ? [{ event: "on_warning", job, run, message }] : [];
      }
      case "runs.requeued": {
        if (!wants("on_retry")) return [];
        const { job, cause, counted, message, waitMs } = entry;
        return entry.runs.map((run) => ({
          ...{ event: "on_retry", job, run, cause, counted },
          ...(message !== undefined && { message }),
          ...(waitMs !== undefined && { waitMs }),
        }));
      }
      case "runs.completed":
        return wants("on_complete") ? entry.runs.map((run) => completed(entry.job, run)) : [];
      case "run.reused": {
        if (!wants("on_complete")) return [];
        const { job, run } = entry.from;
        return [{ ...completed(entry.job, entry.run), reusedFrom: runName(job, run) }];
      }
      case "run.failed": {
        if (!wants("on_error")) return [];
        const { job, run, attempt, failure } = entry;
        const { class: why, message, step, place } = failure;
        return [{
          ...{ event: "on_error", job, run, attempt, class: why, message, step },
          ...(place && { place: `${place.file}:${place.line}:${place.column}` }),
        }];
      }
      case "runs.cancelled":
        return wants("on_cancel")
          ? entry.runs.map((run) => ({ event: "on_cancel", job: entry.job, run }))
          : [];
      case "campaign.ended": {
        const { outcome, completed, failed, remaining } = entry;
        return wants("on_end") ? [{ event: "on_end", outcome, completed, failed, remaining }] : [];
      }
      default:
        return [];
    }
  }
}

type CompletedEntry = Extract<JournalEntry, { type: "runs.completed" }>["runs"][number];

function completed(
  job: string,
  { run, attempt, steps, ms, ending, point, result, from }: CompletedEntry,
): Extract<NoticeBody, { event: "on_complete" }> {
  const body = { event: "on_complete", job, run, attempt, steps, ms } as const;
  if (ending === undefined && from === undefined) {
    return point === undefined ? { ...body, result } : { ...body, point, result };
  }
  return {
    ...body,
    ...(ending !== undefined && { ending }),
    ...(point !== undefined && { point }),
    result,
    ...(from !== undefined && { from }),
  };
}

function fractionOf({ total, done }: Live["steps"]): number {
  return total === 0 ? 1 : done / total;
}
