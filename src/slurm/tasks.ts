/**
 * What Slurm knows of a campaign's tasks: from its controller, and of what that has forgotten from its accounting or
 * the log of completed jobs. Never throws: whoever looks at a tree must not depend on Slurm.
 */
import {
  isOver,
  type LastJob,
  type SlurmState,
  type SlurmTask,
  verdictOf,
} from "../report/slurm_state.ts";
import { parseArray } from "./array.ts";
import type { Slurm } from "./client.ts";
import { readCompletions } from "./completion_log.ts";
import { findNumbers } from "./lost_number.ts";
import type { SubmissionRecord } from "./submission.ts";
import { NO_INDEX } from "./task_id.ts";

export async function readState(
  slurm: Slurm,
  submissions: readonly SubmissionRecord[],
): Promise<SlurmState> {
  const [tasks, last] = await Promise.all([
    readTasks(slurm, submissions),
    readLastJob(slurm, submissions),
  ]);
  return { tasks, ...(last !== undefined && { last }) };
}

/** What is done when the pilots that were submitted last have ended. */
async function readLastJob(
  slurm: Slurm,
  submissions: readonly SubmissionRecord[],
): Promise<LastJob | undefined> {
  const { number, job } = submissions.at(-1) ?? {};
  if (job?.then === undefined) return undefined;
  const known = { id: job.then, log: `slurm/${number}/then.log` };
  const answer = await tasksOf(slurm, job.then);
  if (!answer.ok) return { ...known, state: "UNKNOWN", verdict: "unasked", reason: answer.why };
  const task = answer.tasks.get(NO_INDEX);
  if (task === undefined) return { ...known, state: "UNKNOWN", verdict: "unknown" };
  const { shard: _, restarts: __, ...state } = task;
  return { ...state, ...known };
}

/** The newest task of each shard that was submitted, by shard. */
export async function readTasks(
  slurm: Slurm,
  submissions: readonly SubmissionRecord[],
): Promise<readonly SlurmTask[]> {
  const newest = new Map<number, string>();
  for (const { submission, job } of await findNumbers(slurm, submissions)) {
    if (job === undefined) continue;
    for (const shard of submission.shards) newest.set(shard, job.job);
  }
  const jobs = [...new Set(newest.values())];
  const answers = new Map(
    await Promise.all(jobs.map(async (job) => [job, await tasksOf(slurm, job)] as const)),
  );
  return [...newest].sort(([a], [b]) => a - b).map(([shard, job]) => {
    const answer = answers.get(job)!;
    const id = `${job}_${shard}`;
    if (!answer.ok) return { shard, id, state: "UNKNOWN", verdict: "unasked", reason: answer.why };
    const rest = answer.tasks.get(NO_INDEX);
    return answer.tasks.get(shard) ??
      (rest === undefined
        ? { shard, id, state: "UNKNOWN", verdict: "unknown" }
        : { ...rest, shard, id });
  });
}

type Answer =
  | { readonly ok: true; readonly tasks: ReadonlyMap<number, SlurmTask> }
  | { readonly ok: false; readonly why: string };

async function tasksOf(slurm: Slurm, job: string): Promise<Answer> {
  const shown = await slurm("scontrol", ["show", "job", "--oneliner", job]);
  if (shown.ok) return answerOf(parseJobs(shown.text, job));
  if (shown.missing) return { ok: false, why: "its programs are not on this machine" };
  // "Invalid job id specified": it ended so long ago that the controller has forgotten it. Its accounting has not, where
  // there is one; and some sites only have a log.
  if (!/invalid job id/i.test(shown.message)) return { ok: false, why: shown.message };
  const accounts = await slurm("sacct", [
    ...["--noheader", "--parsable2", "--allocations", `--jobs=${job}`],
    "--format=JobID,State,ExitCode,NodeList",
  ]);
  const accounted = accounts.ok ? parseAccounts(accounts.text, job) : [];
  return answerOf(accounted.length > 0 ? accounted : await readCompletions(slurm, job));
}

function answerOf(tasks: readonly SlurmTask[]): Answer {
  return { ok: true, tasks: new Map(tasks.map((task) => [task.shard, task])) };
}

/** Of `scontrol show job --oneliner`: a line each, those that wait together in one. */
export function parseJobs(text: string, job: string): SlurmTask[] {
  return text.split("\n").flatMap((line) => {
    const field = (name: string): string | undefined => {
      const value = new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(line)?.[1];
      return value === undefined || /^(?:|None|\(null\)|N\/A)$/.test(value) ? undefined : value;
    };
    const state = field("JobState");
    const indices = field("ArrayTaskId") ?? String(NO_INDEX);
    if (state === undefined || (field("ArrayJobId") ?? field("JobId")) !== job) return [];
    const [exitCode, reason, nodes] = [field("ExitCode"), field("Reason"), field("NodeList")];
    const restarts = Number(field("Restarts") ?? 0);
    const verdict = verdictOf(state, exitCode);
    return indicesOf(indices).map((shard): SlurmTask => ({
      ...{ shard, id: `${job}_${shard}`, state, verdict },
      ...(reason !== undefined && { reason }),
      ...(nodes !== undefined && { nodes }),
      ...(isOver(verdict) && exitCode !== undefined && { exitCode }),
      ...(restarts > 0 && { restarts }),
    }));
  });
}

/** Of `sacct --parsable2`: `1234_5|TIMEOUT|0:0|node3`, without an index where it is no array. */
export function parseAccounts(text: string, job: string): SlurmTask[] {
  return text.split("\n").flatMap((line) => {
    const [id, state, exitCode, nodes] = line.split("|");
    const match = /^(\d+)(?:_(\d+))?$/.exec(id ?? "");
    if (match === null || match[1] !== job || state === undefined) return [];
    const verdict = verdictOf(state, exitCode);
    return [{
      ...{ shard: Number(match[2] ?? NO_INDEX), id: id!, state, verdict },
      ...(nodes !== undefined && nodes !== "" && nodes !== "None assigned" && { nodes }),
      ...(exitCode !== undefined && isOver(verdict) && { exitCode }),
    }];
  });
}

/** `7`, `3-8`, `1,4-6%2`. */
function indicesOf(text: string): readonly number[] {
  if (text === String(NO_INDEX)) return [NO_INDEX];
  try {
    return parseArray(text).shards ?? [];
  } catch {
    return [];
  }
}
