/** Which runs are meant where logs are asked for: by name, by job, by pattern or by state. */
import { Fault } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import type { History } from "../queue/history.ts";
import { filterRuns, isVisibleState, type RunFilter } from "../report/selector.ts";
import { refuseUnknown } from "./selectors.ts";
import { findRun } from "./tree_reader.ts";

export interface LogChoice {
  /** The names of the runs where each word names one; otherwise a run that begins later may be meant, too. */
  readonly names: ReadonlySet<string> | undefined;
  readonly chosen: RunFilter;
}

/** Throws for a word that stands for nothing. Without words everything is meant. */
export function chooseLogs(history: History, words: readonly string[]): LogChoice {
  const named = words.map((word) => nameOf(history, word));
  const selectors = words.map((word, i) => named[i] ?? word);
  refuseUnknown(history, selectors.filter((_, i) => named[i] === undefined));
  const names = named.filter((name) => name !== undefined);
  if (words.length === 0 || names.length < words.length) {
    return { names: undefined, chosen: filterRuns(selectors) };
  }
  const all = new Set(names);
  return { names: all, chosen: (job, run) => all.has(runName(job, run)) };
}

/** Nothing that is over logs any more: only what runs, or will, can be followed. */
export function refuseStates(words: readonly string[]): void {
  const state = words.find((word) => isVisibleState(word) && word !== "running");
  if (state === undefined) return;
  throw new Fault("usage", `-f follows what runs, and "${state}" is none of that.`, {
    hint:
      `simrun logs ${state} prints what they have logged; simrun logs -f follows all that runs.`,
  });
}

/** `job/run` where the word stands for one run; undefined for several. */
function nameOf(history: History, word: string): string | undefined {
  const job = history.jobs.get(word);
  if (job === undefined && (isVisibleState(word) || word === "all" || /[*?]/.test(word))) return;
  if (job !== undefined && job.job?.sweep !== undefined && job.row(word) === undefined) return;
  const { job: id, run } = findRun(history, word);
  return runName(id, run);
}
