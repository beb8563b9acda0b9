/** `simrun logs`: what runs have logged, and with `-f` what they go on to log. */
import type { CompletedRun, JournalEntry } from "../job/event.ts";
import { EXIT, Fault } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { runName } from "../job/run.ts";
import type { History } from "../queue/history.ts";
import { visibleState } from "../report/run_status.ts";
import { readRunFile } from "../store/archive.ts";
import { EntryReader } from "../store/journal_again.ts";
import type { JournalLocation } from "../store/journal_line.ts";
import type { Layout } from "../store/layout.ts";
import { homeOf } from "../store/shards.ts";
import { readWork } from "../store/work.ts";
import { type CliContext, type GlobalFlags, printJson, say } from "./context.ts";
import { chooseLogs, type LogChoice, refuseStates } from "./log_choice.ts";
import { LogPrinter } from "./log_printer.ts";
import { lastLines, LOG_FILE } from "./run_tail.ts";
import { readTree } from "./tree_reader.ts";

export interface LogFlags extends GlobalFlags {
  readonly follow: boolean;
  readonly lines: number | undefined;
}

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
  const failed = new Map<string, JournalLocation>();
  const { layout, history } = await readTree(
    context,
    flags,
    (entry, location) => noteFailed(failed, entry, location),
  );
  const { working: isWorking, live } = await readWork(layout, context.now);
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

/** Failures whose logs may stand in the journal: in which line. */
function noteFailed(
  failed: Map<string, JournalLocation>,
  entry: JournalEntry,
  location: JournalLocation,
): void {
  if (entry.type === "run.failed") failed.set(runName(entry.job, entry.run), location);
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
  /** Of those that failed last: the line that says so. */
  readonly failed: ReadonlyMap<string, JournalLocation>;
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

  /** The line that is the last word on it; undefined while it has not ended. */
  endedAt({ job, run }: LoggedRun): JournalLocation | undefined {
    const past = this.#history.jobs.get(job);
    const failed = this.#facts.failed.get(runName(job, run));
    if (failed !== undefined) return failed;
    if (past?.find(run)?.state !== "completed") return undefined;
    return past.location(run) as JournalLocation | undefined;
  }

  shardOf({ job, run }: LoggedRun): string | undefined {
    return this.#history.shardOf(job, run);
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

/** Those that have ended in the order of their ends, by the journal's, shard by shard; then the others. */
async function forEachLog(
  layout: Layout,
  runs: ChosenRuns,
  visit: (run: LoggedRun, log: string | undefined) => void,
): Promise<void> {
  const ended = new Map<string, { readonly at: JournalLocation; readonly runs: LoggedRun[] }>();
  const open: LoggedRun[] = [];
  for (const run of runs.all()) {
    const at = runs.endedAt(run);
    if (at === undefined) open.push(run);
    else {
      const key = `${at.shard} ${at.seq}`;
      const line = ended.get(key);
      if (line === undefined) ended.set(key, { at, runs: [run] });
      else line.runs.push(run);
    }
  }
  const logOf = async ({ job, run }: LoggedRun): Promise<string | undefined> => {
    const home = homeOf(layout, runs.shardOf({ job, run }));
    const bytes = await readRunFile(home, job, run, LOG_FILE);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  using journal = new EntryReader(layout);
  for (const { at, runs } of [...ended.values()].sort((a, b) => inOrder(a.at, b.at))) {
    const meant = new Map(runs.map((run) => [`${run.job}/${run.run}`, run]));
    for (const [key, log] of logsIn(journal.at(at))) {
      const run = meant.get(key);
      if (run !== undefined) visit(run, log ?? await logOf(run));
    }
  }
  for (const run of open) visit(run, await logOf(run));
}

function inOrder(a: JournalLocation, b: JournalLocation): number {
  const [of, other] = [a.shard ?? "", b.shard ?? ""];
  return of === other ? a.seq - b.seq : of < other ? -1 : 1;
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
