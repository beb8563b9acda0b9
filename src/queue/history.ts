/** The history: the fold of the journal's events. What is known of every run that ever was. Never reads a file. */
import type { EventType, JournalEntry } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import { Experience } from "./experience.ts";
import { JobHistory } from "./job_history.ts";
import type { Location, Proposed } from "./past_run.ts";

export { JobHistory } from "./job_history.ts";
export type { Location, PastRun, PastState, RareFacts } from "./past_run.ts";

/** Lines that no simrun at work has written, or that begin one. */
const OUTSIDE: readonly string[] = [
  "campaign.started",
  "campaign.sources",
  "run.repaired",
  "tree.repaired",
] satisfies readonly EventType[];

/** All jobs of a tree, and the last invocation that worked on it. */
export class History {
  readonly jobs = new Map<string, JobHistory>();
  /** What it all taught. */
  readonly experience = new Experience();
  lastSeq = 0;
  /** When the last entry was written. */
  lastAt = "";
  /** The same of each shard, of a tree that is cut. */
  readonly #lastAts = new Map<string, string>();
  /** The last `campaign.started`, and how it ended if it said so. */
  session: { readonly at: string; readonly pid: number; readonly host: string } | undefined;
  sessionEnded: { readonly at: string; readonly outcome: string } | undefined;
  /** Whose journal is being read, of a tree that is cut. */
  #shard: string | undefined;
  #heard = 0;

  jobOf(id: string): JobHistory {
    let history = this.jobs.get(id);
    if (history === undefined) this.jobs.set(id, history = new JobHistory());
    history.reads = this.#shard;
    return history;
  }

  /** The shard in whose tree a run's files are; undefined where the tree is not cut. */
  shardOf(job: string, run: string): string | undefined {
    return this.jobs.get(job)?.shardOf(run);
  }

  /** When the last entry was written in the journal in which this run's are. */
  lastAtOf(job: string, run: string): string {
    const shard = this.shardOf(job, run);
    return (shard === undefined ? undefined : this.#lastAts.get(shard)) ?? this.lastAt;
  }

  apply(entry: JournalEntry, location?: Location): void {
    if (location?.shard === undefined) return this.#apply(entry, location);
    // Of a tree that is cut: what another shard has done since is not undone by what this one left.
    const { shard } = location;
    this.#shard = shard;
    this.#lastAts.set(shard, entry.at);
    const known = "job" in entry && typeof entry.job === "string" && this.jobs.get(entry.job);
    const still = known ? without(entry, (run) => known.isDoneElsewhere(run, shard)) : entry;
    if (still !== undefined) this.#apply(still, location);
    // Numbers begin anew with each shard: what was heard is counted.
    this.lastSeq = ++this.#heard;
  }

  #apply(entry: JournalEntry, location: Location): void {
    const { experience } = this;
    this.lastSeq = entry.seq;
    // What is told of an earlier simrun's runs is told at any time: nothing was computed until then.
    if (!OUTSIDE.includes(entry.type) && !("earlier" in entry)) experience.heard(entry.at);
    this.lastAt = entry.at;
    switch (entry.type) {
      case "campaign.started":
        this.session = { at: entry.at, pid: entry.pid, host: entry.host };
        this.sessionEnded = undefined;
        experience.began(entry.at, location?.shard);
        for (const job of this.jobs.values()) job.forgetRequeues(location?.shard);
        return;
      case "campaign.ended":
        this.sessionEnded = { at: entry.at, outcome: entry.outcome };
        experience.ended();
        return;
      case "job.planned":
        experience.planned(entry.model);
        this.jobOf(entry.job.id)
          .planned(decodePlain(entry.job) as Job, entry.model, entry.count);
        return;
      case "runs.started": {
        const job = this.jobOf(entry.job);
        for (let i = 0; i + 1 < entry.runs.length; i += 2) {
          job.started(entry.runs[i]!, entry.runs[i + 1]!, entry.model, entry.steps, entry.attempt);
          if (entry.anew) job.begunAnew(entry.runs[i]!);
          if (entry.proposed !== undefined) {
            const proposal = decodePlain(entry.proposed[i / 2]) as Omit<Proposed, "job">;
            job.proposed.set(entry.runs[i]!, { ...proposal, job: job.job });
          }
        }
        return;
      }
      case "job.stopped":
        this.jobOf(entry.job).stopped = { after: entry.after, of: entry.of, why: entry.why };
        return;
      case "run.resumed":
        this.jobOf(entry.job).resumed(entry.run, entry.step);
        return;
      case "run.checkpointed": {
        const job = this.jobOf(entry.job);
        const { run, step, at, bytes, rawBytes, ms, stallMs = 0, from } = entry;
        if (from !== undefined) job.parents.set(run, from);
        job.saved(run, step, at, bytes);
        experience.checkpointed(entry.job, job.modelOf(run), ms + stallMs, rawBytes);
        return;
      }
      case "run.degraded":
        this.jobOf(entry.job).noted(entry.run, { degraded: entry.reason });
        return;
      case "runs.completed": {
        const job = this.jobOf(entry.job);
        for (const run of entry.runs) {
          job.completed(run, entry.model, location);
          const { memoryBytes, longestStepMs } = run;
          // Only those that lasted were looked at.
          if (memoryBytes !== undefined) {
            experience.completed(entry.model, memoryBytes, longestStepMs);
          }
        }
        return;
      }
      case "run.reused":
        this.jobOf(entry.job).completed(entry.run, entry.model, location, entry.from);
        return;
      case "run.repaired":
        this.jobOf(entry.job).repaired(entry.run, entry.step, entry.again);
        return;
      case "run.failed": {
        const job = this.jobOf(entry.job);
        const { run, attempt, failure } = entry;
        job.failed(run, attempt, failure);
        experience.failed(job.modelOf(run), failure.class, failure.memoryBytes);
        return;
      }
      case "runs.requeued": {
        const job = this.jobOf(entry.job);
        const { cause, message, waitMs, memoryBytes } = entry;
        const why = {
          cause,
          ...(message !== undefined && { message }),
          ...(waitMs !== undefined && {
            dueAt: new Date(Date.parse(entry.at) + waitMs).toISOString(),
          }),
        };
        for (const run of entry.runs) {
          job.requeued(run, entry.counted, why);
          if (entry.counted) experience.failed(job.modelOf(run), cause, memoryBytes);
        }
        return;
      }
      case "runs.cancelled":
        return this.#each(entry, (job, run) => job.cancelled(run));
      case "runs.held":
        return this.#each(entry, (job, run) => job.held(run));
      case "runs.continued":
        return this.#each(entry, (job, run) => job.continued(run));
      case "runs.retried":
        return this.#each(entry, (job, run) => job.retried(run));
      case "run.warned":
        this.jobOf(entry.job).noted(entry.run, { warning: entry.message });
        return;
    }
    // An event type of a later minor version changes nothing that this version knows.
  }

  #each(
    entry: { readonly job: string; readonly runs: readonly string[] },
    apply: (job: JobHistory, run: string) => void,
  ): void {
    const job = this.jobOf(entry.job);
    for (const run of entry.runs) apply(job, run);
  }
}

/** An entry without the runs that are left out; undefined when none is left. */
function without(
  entry: JournalEntry,
  isLeftOut: (run: string) => boolean,
): JournalEntry | undefined {
  if ("run" in entry) {
    return typeof entry.run === "string" && isLeftOut(entry.run) ? undefined : entry;
  }
  if (entry.type === "runs.started") {
    // Mostly none is: nothing is made then.
    if (!entry.runs.some((run, at) => at % 2 === 0 && isLeftOut(run))) return entry;
    // Those of a search are all in one shard.
    return { ...entry, runs: entry.runs.filter((_, at) => !isLeftOut(entry.runs[at - at % 2]!)) };
  }
  if (entry.type === "runs.completed" || !("runs" in entry)) return entry;
  return { ...entry, runs: entry.runs.filter((run) => !isLeftOut(run)) };
}
