/** Where a run has begun, back to step 0, who has begun from it, and whether that is still what it was. Pure. */
import type { Job } from "../job/job.ts";
import { ownDigest } from "../job/run_digest.ts";
import { type Parent, runName } from "../job/run.ts";
import { Foundation } from "../plan/foundation.ts";
import { PastJob } from "../plan/past_job.ts";
import type { History } from "../queue/history.ts";
import { formatCount } from "./format.ts";
import { originText } from "./needs_text.ts";
import { parentJson } from "./provenance.ts";

/** A run that has begun from another one's state. */
export interface Child {
  readonly job: string;
  readonly run: string;
  readonly step: number;
}

export interface Lineage {
  /** The run that it has begun from, the one which that has begun from, and so on. */
  readonly ancestors: readonly Parent[];
  readonly children: readonly Child[];
  /** What it is to begin from, of a run that has not begun. */
  readonly planned: string | undefined;
  /** What is not as it was when it began from there; it is computed again for that. */
  readonly changed: readonly string[];
}

/** Where a tree is damaged a run could be its own ancestor. */
const ANCESTORS_MAX = 10_000;

/** Undefined for a run that has begun at step 0, and from which nobody has begun. */
export function lineageOf(
  history: History,
  { id, run, job, index }: {
    readonly id: string;
    readonly run: string;
    readonly job: Job | undefined;
    readonly index: number | undefined;
  },
): Lineage | undefined {
  const ancestors: Parent[] = [];
  let at = history.jobs.get(id)?.parents.get(run);
  while (at !== undefined && ancestors.length < ANCESTORS_MAX) {
    ancestors.push(at);
    at = history.jobs.get(at.job)?.parents.get(at.run);
  }
  const children: Child[] = [];
  for (const [childJob, past] of history.jobs) {
    for (const [child, parent] of past.parents) {
      if (parent.job === id && parent.run === run) {
        children.push({ job: childJob, run: child, step: parent.step });
      }
    }
  }
  const [parent] = ancestors;
  const origin = job?.from;
  const planned = parent === undefined && origin !== undefined ? originText(origin) : undefined;
  if (parent === undefined && children.length === 0 && planned === undefined) return undefined;
  const changed = parent === undefined || job === undefined || index === undefined
    ? []
    : changesSince(parent, job, index, history);
  return { ancestors, children, planned, changed };
}

/** Field by field, what the run that it begins from by its manifest is now. */
function changesSince(parent: Parent, job: Job, index: number, history: History): string[] {
  if (job.from === undefined) return ["its manifest lets it begin at step 0"];
  const foundation = new Foundation(job, (id) => PastJob.of(history.jobs.get(id)));
  const now = foundation.begunFrom(index);
  if (now === undefined) return ["the run it begins from is not known any more"];
  const { run, digest, model, steps } = now.needed.runAt(now.index);
  const step = job.from.step === "last" ? steps : job.from.step;
  const before = runName(parent.job, parent.run);
  const name = runName(now.needed.job.id, run);
  const changes: string[] = [];
  if (name !== before) changes.push(`it begins from ${name} now, not from ${before}`);
  if (ownDigest(digest) !== ownDigest(parent.digest)) {
    changes.push(`parameters, seed, inputs or measuring of ${name} changed`);
  } else if (digest !== parent.digest) changes.push(`what ${name} itself rests on changed`);
  if (model !== parent.model) changes.push(`the model of ${name} changed`);
  // One that ended by its own rule has fewer steps than it was asked for.
  if (
    step !== parent.step &&
    (job.from.step !== "last" || step < parent.step || !hasEnded(history, parent))
  ) {
    changes.push(`it begins at step ${formatCount(step)} now, not ${formatCount(parent.step)}`);
  }
  return changes;
}

function hasEnded(history: History, { job, run, step }: Parent): boolean {
  const past = history.jobs.get(job);
  return past?.rare(run).ending !== undefined && past.find(run)?.steps === step;
}

/** `spinup at step 1,000, that from older at step 200`. */
function ancestorsText({ ancestors, planned }: Lineage): string {
  if (planned !== undefined) return planned;
  const names = ancestors.map(({ job, run, step }) =>
    `${runName(job, run)} at step ${formatCount(step)}`
  );
  return names.length <= ANCESTORS_SHOWN
    ? names.join(", that from ")
    : `${names.slice(0, ANCESTORS_SHOWN - 1).join(", that from ")}, and on over ${
      formatCount(names.length - ANCESTORS_SHOWN)
    } others from ${names.at(-1)}`;
}

/** A title and a line each. */
export function lineageTexts(lineage: Lineage): [title: string, text: string][] {
  const { ancestors, planned, changed, children } = lineage;
  const begins = ancestors.length > 0 || planned !== undefined;
  return [
    ...begins ? [["begins from", ancestorsText(lineage)] as [string, string]] : [],
    ...changed.map((text): [string, string] => ["not as then", text]),
    ...children.length > 0 ? [["begun from it", childrenText(lineage)] as [string, string]] : [],
  ];
}

export function lineageJson({ ancestors, children, changed }: Lineage) {
  return { ancestors: ancestors.map(parentJson), children, changed };
}

const ANCESTORS_SHOWN = 8;
const CHILDREN_SHOWN = 6;

/** `low, high (at step 500), and 3 others`. */
function childrenText({ children }: Lineage): string {
  const steps = new Set(children.map(({ step }) => step));
  const names = children.slice(0, CHILDREN_SHOWN).map(({ job, run, step }) =>
    steps.size === 1 ? runName(job, run) : `${runName(job, run)} (at step ${formatCount(step)})`
  );
  const more = children.length - names.length;
  const [step] = steps;
  const at = steps.size === 1 ? `at step ${formatCount(step!)}: ` : "";
  return `${at}${names.join(", ")}${
    more === 0 ? "" : ` and ${formatCount(more)} other${more === 1 ? "" : "s"}`
  }`;
}
