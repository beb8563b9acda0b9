/**
 * Which states of runs must stay although newer ones are there: those that others are still to begin from, in this
 * campaign or, by what the tree tells, in one to come; and those that their manifest keeps.
 */
import type { RunTable } from "../campaign/run_table.ts";
import { isKeptState, type Job, KEEP_ALL, type WantedStates } from "../job/job.ts";
import type { History, JobHistory } from "../queue/history.ts";

/** By the id of a job: whether the state of a step of its runs stays. */
export function keptStates(
  table: RunTable,
  history: History,
): (job: string) => (step: number) => boolean {
  const wanted = wantedStates(table, history, true);
  return (id) => {
    const job = jobOf(id, table, history);
    const policy = job?.checkpoint;
    const states = wanted.get(id);
    return (step) =>
      policy?.keep === KEEP_ALL || states?.steps.includes(step) === true ||
      policy !== undefined && isKeptState(policy, step);
  };
}

/**
 * The job as slots are told of it, with the states that others begin from: also when these have begun, for by the
 * state that it comes to now is told whether they rest on another one.
 */
export function withWantedStates(job: Job, table: RunTable, history: History): Job {
  const wanted = wantedStates(table, history, false).get(job.id);
  return wanted === undefined ? job : { ...job, checkpoint: { ...job.checkpoint, wanted } };
}

/** By the id of the job that has them. `areOpen`: only those that somebody is still to begin from. */
function wantedStates(
  table: RunTable,
  history: History,
  areOpen: boolean,
): ReadonlyMap<string, WantedStates> {
  const wanted = new Map<string, { steps: number[]; last: boolean }>();
  const want = ({ from }: Job) => {
    if (from === undefined) return;
    const states = wanted.get(from.job) ?? { steps: [], last: false };
    wanted.set(from.job, states);
    if (from.step === "last") states.last = true;
    else states.steps.push(from.step);
  };
  const planned = new Set<string>();
  for (const { job, offset, count } of table.jobs) {
    planned.add(job.id);
    if (job.from === undefined) continue;
    for (let number = offset; number < offset + count; number++) {
      if (areOpen && table.stateOf(number) === "settled") continue;
      want(job);
      break;
    }
  }
  for (const [id, past] of history.jobs) {
    if (past.job?.from !== undefined && !planned.has(id) && !(areOpen && haveAllBegun(past))) {
      want(past.job);
    }
  }
  return wanted;
}

/** Every run of the last plan has a state of its own, or a result. */
function haveAllBegun(past: JobHistory): boolean {
  let begun = 0;
  for (const { run, state } of past.rows()) {
    if (state === "completed" || past.parents.get(run) !== undefined) begun++;
  }
  return begun >= past.count;
}

function jobOf(id: string, table: RunTable, history: History): Job | undefined {
  return table.jobs.findLast(({ job }) => job.id === id)?.job ?? history.jobs.get(id)?.job;
}
