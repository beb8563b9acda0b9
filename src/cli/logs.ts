/** `simrun logs`: what runs have logged, and with `-f` what they go on to log. */
import type { CompletedRun, JournalEntry } from "../job/event.ts";
import { EXIT, Fault } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { runName } from "../job/run.ts";
import type { History } from "../queue/history.ts";
import { visibleState } from "../report/run_status.ts";
import { readRunFile } from "../store/archive.ts";
import { JournalFollower } from "../store/journal_follow.ts";
import type { JournalLocation } from "../store/journal_line.ts";
import type { Layout } from "../store/layout.ts";
import { readLive } from "../store/live.ts";
import { readOwner } from "../store/owner.ts";
import { type CliContext, type GlobalFlags, printJson, say } from "./context.ts";
import { chooseLogs, type LogChoice, refuseStates } from "./log_choice.ts";
import { LogPrinter } from "./log_printer.ts";
import { lastLines, LOG_FILE } from "./run_tail.ts";
import { readTree } from "./tree_reader.ts";

export interface LogFlags extends GlobalFlags {
  readonly follow: boolean;
  readonly lines: number | undefined;
}

/** The journal is read in pieces, so that no more of it is in memory. */
const PIECE_BYTES = 1 << 20;

export async function logs(
  context: CliContext,
  flags: LogFlags,
  words: readonly string[],
): Promise<number> {
  if (flags.follow) {
    refuseStates(words);
    const { followLogs } = await load<typeof import("./log_follow.ts")>(
      import.meta.resolve("./log_follow.ts"),
    );
    return await followLogs(context, flags, words);
  }
  const failed = new Map<string, number>();
  const { layout, history } = await readTree(context, flags, (entry) => noteFailed(failed, entry));
  const isWorking = (await readOwner(layout, context.now))?.alive ?? false;
  const live = isWorking ? await readLive(layout) : undefined;
  const running = (live?.running ?? []).map(({ job, run }) => runName(job, run));
  if (words.length === 0 && running.length === 0) throw nothingRuns();
  const choice = chooseLogs(history, words.length === 0 ? ["running"] : words);
  const runs = new ChosenRuns(history, choice, { failed, running: new Set(running), isWorking });
  const [name, ...others] = choice.names ?? [];
  if (name !== undefined && others.length === 0) await printOne(context, flags, layout, name, runs);
  else await printAll(context, flags, layout, runs);
  return EXIT.completed.status;
}

function nothingRuns(): Fault {
  return new Fault("usage", "Nothing runs at the moment; simrun logs needs a RUN.", {
    hint: "simrun logs RUN prints what one has logged, simrun logs all all of them.",
  });
}

/** Failures whose logs may stand in the journal: the number of the line. */
function noteFailed(failed: Map<string, number>, entry: JournalEntry): void {
  if (entry.type === "run.failed") failed.set(runName(entry.job, entry.run), entry.seq);
  if (entry.type !== "runs.started" || failed.size === 0) return;
  for (let i = 0; i < entry.runs.length; i += 2) {
    failed.delete(runName(entry.job, entry.runs[i]!));
  }
}

interface LoggedRun {
  readonly job: string;
  readonly run: string;
}

interface RunFacts {
  /** Of those that failed last: the number of the line that says so. */
  readonly failed: ReadonlyMap<string, number>;
  readonly running: ReadonlySet<string>;
  readonly isWorking: boolean;
}

/** The runs that are meant, and which line of the journal tells how each of them ended last. */
class ChosenRuns {
  readonly #history: History;
  readonly #choice: LogChoice;
  readonly #facts: RunFacts;

  constructor(history: History, choice: LogChoice, facts: RunFacts) {
    this.#history = history;
    this.#choice = choice;
    this.#facts = facts;
  }

  /** In the order in which they began. */
  *all(): IterableIterator<LoggedRun> {
    for (const [job, past] of this.#history.jobs) {
      const steps = past.job?.steps ?? 0;
      for (const row of past.rows()) {
        const state = this.#facts.running.has(runName(job, row.run))
          ? "running"
          : visibleState(past, row, steps, this.#facts.isWorking);
        if (this.#choice.chosen(job, row.run, state)) yield { job, run: row.run };
      }
    }
  }

  /** Whether the line of this number is the last word on it. */
  endedAt({ job, run }: LoggedRun): number | undefined {
    const past = this.#history.jobs.get(job);
    const failed = this.#facts.failed.get(runName(job, run));
    if (failed !== undefined) return failed;
    if (past?.find(run)?.state !== "completed") return undefined;
    return (past.location(run) as JournalLocation | undefined)?.seq;
  }

  isOpen({ job, run }: LoggedRun): boolean {
    const state = this.#history.jobs.get(job)?.find(run)?.state;
    return state === undefined || state === "running" || state === "queued" || state === "held";
  }
}

async function printOne(
  context: CliContext,
  flags: LogFlags,
  layout: Layout,
  name: string,
  runs: ChosenRuns,
): Promise<void> {
  let log = "";
  let isOpen = true;
  await forEachLog(layout, runs, (run, text = "") => {
    log = text;
    isOpen = runs.isOpen(run);
  });
  const text = flags.lines === undefined ? log : lastLines(log, flags.lines);
  if (flags.json) printJson(context.stdout, { run: name, log: text });
  else new LogPrinter(context, flags, false).text(name, text);
  if (log === "") say(context, flags, `${name} has logged nothing${isOpen ? " yet" : ""}.`);
}

async function printAll(
  context: CliContext,
  flags: LogFlags,
  layout: Layout,
  runs: ChosenRuns,
): Promise<void> {
  const printer = new LogPrinter(context, flags, true);
  let isSilent = true;
  await forEachLog(layout, runs, (run, log = "") => {
    isSilent &&= log === "";
    const text = flags.lines === undefined ? log : lastLines(log, flags.lines);
    printer.text(runName(run.job, run.run), text);
  });
  if (isSilent) say(context, flags, "None of them has logged anything.");
}

/** Those that have ended in the order of their ends, by the journal's; then the others. */
async function forEachLog(
  layout: Layout,
  runs: ChosenRuns,
  visit: (run: LoggedRun, log: string | undefined) => void,
): Promise<void> {
  const wanted = new Map<number, Map<string, LoggedRun>>();
  const open: LoggedRun[] = [];
  for (const run of runs.all()) {
    const seq = runs.endedAt(run);
    if (seq === undefined) open.push(run);
    else {
      const ended = wanted.get(seq) ?? new Map<string, LoggedRun>();
      wanted.set(seq, ended.set(`${run.job}/${run.run}`, run));
    }
  }
  const logOf = async ({ job, run }: LoggedRun): Promise<string | undefined> => {
    const bytes = await readRunFile(layout, job, run, LOG_FILE);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  using journal = new JournalFollower(layout);
  for (let hasMore = wanted.size > 0; hasMore;) {
    const ended: { readonly run: LoggedRun; readonly log: string | undefined }[] = [];
    const read = journal.read((entry) => {
      const here = wanted.get(entry.seq);
      if (here === undefined) return;
      wanted.delete(entry.seq);
      for (const [run, log] of logsIn(entry)) {
        const meant = here.get(run);
        if (meant !== undefined) ended.push({ run: meant, log });
      }
    }, { bytesMax: PIECE_BYTES });
    for (const { run, log } of ended) visit(run, log ?? await logOf(run));
    hasMore = read.hasMore && wanted.size > 0;
  }
  for (const run of open) visit(run, await logOf(run));
}

/** Short logs stand in the journal itself. */
export function* logsIn(
  entry: JournalEntry,
): IterableIterator<[run: string, log: string | undefined]> {
  const ofCompleted = ({ run, log }: CompletedRun): [string, string | undefined] => [
    `${(entry as { readonly job: string }).job}/${run}`,
    log,
  ];
  if (entry.type === "runs.completed") yield* entry.runs.map(ofCompleted);
  else if (entry.type === "run.reused") yield ofCompleted(entry.run);
  else if (entry.type === "run.failed") yield [`${entry.job}/${entry.run}`, entry.log];
}
