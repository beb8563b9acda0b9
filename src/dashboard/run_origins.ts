/**
 * Where a run comes from, as `simrun explain` tells it: what it rests on and begins from, who proposed it, with what its
 * result was computed, and whether that is still so. Pure.
 */
import { allNeeds, type Job } from "../job/job.ts";
import type { History, JobHistory } from "../queue/history.ts";
import { Learned } from "../queue/learned.ts";
import { commandText } from "../report/command_text.ts";
import { grantsText } from "../report/grants_text.ts";
import { lessonsOf, lessonTexts } from "../report/lessons.ts";
import { lineageOf, lineageTexts } from "../report/lineage.ts";
import { type Provenance, provenanceTexts } from "../report/provenance.ts";
import { restsOn, restsOnText } from "../report/rests_on.ts";
import { proposalText } from "../report/trials.ts";
import type { IndexedRun } from "./run_index.ts";

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Origins {
  readonly history: History;
  readonly indexed: IndexedRun;
  readonly provenance: Provenance | undefined;
}

/** What rests on more runs than these is not looked through while others wait: a tenth of a second. */
const NEEDED_MAX = 20_000;

export function originsOf({ history, indexed, provenance }: Origins): Fact[] {
  const { job: id, run } = indexed;
  const past = history.jobs.get(id);
  const job = past?.job;
  const index = indexed.index < 0 ? undefined : indexed.index;
  const lineage = lineageOf(history, { id, run, job, index });
  const proposed = past === undefined ? undefined : proposalText(past, run);
  const cores = job?.cores ?? 1;
  const facts: (readonly [string, string])[] = [
    ["program", job === undefined ? "" : commandText(job.model)],
    ["cores", cores > 1 ? String(cores) : ""],
    ["allowed", grantsText(job?.allow)],
    ["proposed", proposed ?? ""],
    ...lineage === undefined ? [] : lineageTexts(lineage),
    ["rests on", restsText(history, past, index, run)],
    ...provenance === undefined ? [] : provenanceTexts(provenance),
  ];
  return facts.filter(([, value]) => value !== "").map(([name, value]) => ({ name, value }));
}

/** What the tree has taught of its model; nothing depends on it but when it is saved and called hung. */
export function lessonsFor(
  history: History,
  { job: id }: IndexedRun,
  working: boolean,
  checkpointMs: number | undefined,
): Fact[] {
  const past = history.jobs.get(id);
  if (past?.job === undefined || past.model === undefined) return [];
  const lessons = lessonsOf(past.job, past.model, Learned.of(history, working), {
    ...(checkpointMs !== undefined && { ownCostMs: checkpointMs }),
  });
  return lessonTexts(lessons).map(([name, value]) => ({ name, value }));
}

function restsText(
  history: History,
  past: JobHistory | undefined,
  index: number | undefined,
  run: string,
): string {
  if (past?.job === undefined || index === undefined) return "";
  if (neededRuns(history, past.job) > NEEDED_MAX) return "";
  const rests = restsOn(past.job, index, past.find(run)?.digest ?? "", history);
  return rests === undefined ? "" : restsOnText(rests);
}

function neededRuns(history: History, job: Job): number {
  return allNeeds(job).reduce((sum, need) => sum + (history.jobs.get(need.job)?.count ?? 0), 0);
}
