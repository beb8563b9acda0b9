/** Reading a tree for a command: its history, who works on it, and which run is meant by a word. Never writes. */
import type { JournalEntry } from "../job/event.ts";
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { runName } from "../job/run.ts";
import { suggest } from "../manifest/suggest.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, pointAt } from "../plan/sweep.ts";
import { History, type JobHistory } from "../queue/history.ts";
import { safeText } from "../screen/safe_text.ts";
import { readCampaign } from "../store/campaign_journal.ts";
import { type JournalReport, type JournalVisitor, REPAIR_HINT } from "../store/journal_read.ts";
import type { Layout } from "../store/layout.ts";
import { openTree } from "../store/tree.ts";
import { type CliContext, type GlobalFlags, say, treeRoot } from "./context.ts";

export interface TreeReading {
  readonly layout: Layout;
  readonly history: History;
}

/**
 * Opens the tree that is meant and folds its journal. `visit` sees every entry as well; of those that `isMeant` says no
 * to nothing is kept.
 */
export async function readTree(
  context: CliContext,
  flags: GlobalFlags,
  visit: JournalVisitor = () => {},
  isMeant: (entry: JournalEntry) => boolean = () => true,
): Promise<TreeReading & { readonly journal: JournalReport }> {
  const layout = await openTree(treeRoot(context, flags), "read");
  const history = new History();
  const report = readCampaign(layout, (entry, location) => {
    if (!isMeant(entry)) return;
    history.apply(entry, location);
    visit(entry, location);
  });
  warnOfDamage(context, flags, report);
  return { layout, history, journal: report };
}

/** Says once what of a journal could not be read. */
export function warnOfDamage(context: CliContext, flags: GlobalFlags, report: JournalReport): void {
  const [bad] = report.bad;
  if (bad === undefined) return;
  const more = report.bad.length > 1 ? ` and ${report.bad.length - 1} more places` : "";
  say(
    context,
    flags,
    safeText(
      `note: the journal is damaged at ${bad.file}, line ${bad.line}${more}: ${bad.reason}. ${REPAIR_HINT}`,
    ),
  );
}

export interface RunReference {
  readonly job: string;
  readonly run: string;
  readonly jobHistory: JobHistory;
}

/** `job`, `job/run`, a run's id or the beginning of one, if it is only one run's. */
export function findRun(history: History, word: string): RunReference {
  const exact = findExact(history, word);
  if (exact !== undefined) return exact;
  const [jobPart, runPart] = word.includes("/") ? word.split("/", 2) : [undefined, word];
  const found: RunReference[] = [];
  for (const [job, jobHistory] of history.jobs) {
    if (jobPart !== undefined && job !== jobPart) continue;
    for (const { run } of jobHistory.rows()) {
      if (run.startsWith(runPart!)) found.push({ job, run, jobHistory });
      if (found.length > 1) break;
    }
    if (found.length > 1) break;
  }
  if (found.length === 1) return found[0]!;
  if (found.length > 1) throw ambiguous(found, word);
  throw unknownRun(history, word);
}

function findExact(history: History, word: string): RunReference | undefined {
  const slash = word.indexOf("/");
  const job = slash < 0 ? word : word.slice(0, slash);
  const jobHistory = history.jobs.get(job);
  if (jobHistory === undefined) return undefined;
  if (slash >= 0) {
    const run = word.slice(slash + 1);
    // One that waits was perhaps never begun: it is known by its place in the sweep only.
    const isKnown = jobHistory.row(run) !== undefined ||
      findIndex(jobHistory.job, run) !== undefined;
    return isKnown ? { job, run, jobHistory } : undefined;
  }
  if (jobHistory.row(job) !== undefined || jobHistory.job?.sweep === undefined) {
    return { job, run: job, jobHistory };
  }
  const [only] = jobHistory.rows();
  if (only !== undefined && jobHistory.size === 1) return { job, run: only.run, jobHistory };
  if (only === undefined) return undefined;
  throw new Fault("usage", `${job} is a sweep of ${jobHistory.count} runs; name one of them.`, {
    hint: `For example ${runName(job, only.run)}; simrun status ${job} lists them.`,
  });
}

function ambiguous(found: readonly RunReference[], word: string): Fault {
  const names = found.map(({ job, run }) => runName(job, run));
  return new Fault(
    "usage",
    `"${word}" is more than one run: ${names.join(", ")} and perhaps others.`,
    {
      hint: "Write more of its name.",
    },
  );
}

function unknownRun(history: History, word: string): Fault {
  const meant = suggest(word, history.jobs.keys());
  return new Fault("not-found", `There is no run "${word}" in the tree.`, {
    hint: meant === undefined
      ? "simrun status --all all lists the runs."
      : `Did you mean ${meant}?`,
  });
}

/** A sweep with more points is not searched through for one of them. */
const SEARCH_MAX = 1_000_000;

/** Which point of the sweep a run is: found by the id that it makes. */
export function findIndex(job: Job | undefined, run: string): number | undefined {
  const count = countPoints(job?.sweep);
  if (job === undefined || count > SEARCH_MAX) return undefined;
  for (let index = 0; index < count; index++) {
    if (runId(job, pointAt(job.sweep, index)) === run) return index;
  }
  return undefined;
}
