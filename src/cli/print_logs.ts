/** What runs have logged so far, of one or of many, as far as the journal and their files have it. */
import type { CompletedRun, JournalEntry } from "../job/event.ts";
import { Fault } from "../job/fault.ts";
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
import { chooseLogs, type LogChoice } from "./log_choice.ts";
import { LogPrinter } from "./log_printer.ts";
import { lastLines, LOG_FILE } from "./run_tail.ts";
import { readTree } from "./tree_reader.ts";

export interface LogFlags extends GlobalFlags {
  readonly follow: boolean;
  readonly lines: number | undefined;
  readonly since: string | undefined;
}

/** Those that are there: of what is computed at the moment as well, unless it is left out. */
export async function printLogs(
  context: CliContext,
  flags: LogFlags,
  words: readonly string[],
  since?: number,
  isWithRunning = true,
): Promise<void> {
  const failed = new Map<string, JournalLocation>();
  const recent = since === undefined ? undefined : new RecentRuns(since);
  const { layout, history } = await readTree(context, flags, (entry, location) => {
    noteFailed(failed, entry, location);
    recent?.note(entry);
  });
  const { working: isWorking, live } = await readWork(layout, context.now);
  const running = (live?.running ?? []).map(({ job, run }) => runName(job, run));
  if (words.length === 0 && running.length === 0 && recent === undefined) throw nothingRuns();
  const meant = words.length > 0 ? words : [recent === undefined ? "running" : "all"];
  const choice = chooseLogs(history, meant);
  const facts = { failed, running: new Set(running), recent, isWorking, isWithRunning };
  const runs = new ChosenRuns(history, choice, facts);
  const [name, ...others] = choice.names ?? [];
  if (name !== undefined && others.length === 0) await printOne(context, flags, layout, name, runs);
  else await printAll(context, flags, layout, runs);
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

/** Runs of which the journal tells since then that they were computed. */
class RecentRuns {
  readonly #since: string;
  readonly #names = new Set<string>();

  constructor(sinceMs: number) {
    this.#since = new Date(sinceMs).toISOString();
  }

  note(entry: JournalEntry): void {
    if (entry.at < this.#since) return;
    for (const [job, run] of computedIn(entry)) this.#names.add(runName(job, run));
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }
}

/** The runs of which an entry says that they begin, go on, or are computed no longer. */
function computedIn(entry: JournalEntry): (readonly [job: string, run: string])[] {
  switch (entry.type) {
    case "runs.started":
      return entry.runs.filter((_, i) => i % 2 === 0).map((run) => [entry.job, run]);
    case "run.resumed":
    case "run.checkpointed":
    case "run.failed":
      return [[entry.job, entry.run]];
    case "runs.completed":
      return entry.runs.map(({ run }) => [entry.job, run]);
    case "run.reused":
      return [[entry.job, entry.run.run]];
    case "runs.cancelled":
    case "runs.held":
    case "runs.requeued":
      return entry.runs.map((run) => [entry.job, run]);
    default:
      return [];
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
  /** Absent where it does not matter when they were computed. */
  readonly recent: RecentRuns | undefined;
  readonly isWorking: boolean;
  readonly isWithRunning: boolean;
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

  get isWithRunning(): boolean {
    return this.#facts.isWithRunning;
  }

  /** In the order in which they began. */
  *all(): IterableIterator<LoggedRun> {
    for (const [job, past] of this.#history.jobs) {
      const steps = past.job?.steps ?? 0;
      for (const row of past.rows()) {
        const name = runName(job, row.run);
        const isRunning = this.#facts.running.has(name);
        if (isRunning ? !this.#facts.isWithRunning : this.#facts.recent?.has(name) === false) {
          continue;
        }
        const state = isRunning ? "running" : visibleState(past, row, steps, this.#facts.isWorking);
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
    return past.location(run);
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
  let silence = `${name} was not computed since then.`;
  await forEachLog(layout, runs, (run, text = "") => {
    log = text;
    silence = `${name} has logged nothing${runs.isOpen(run) ? " yet" : ""}.`;
  });
  const text = flags.lines === undefined ? log : lastLines(log, flags.lines);
  if (flags.json) printJson(context.stdout, { run: name, log: text });
  else new LogPrinter(context, flags, false).text(name, text);
  if (log === "") say(context, flags, silence);
}

async function printAll(
  context: CliContext,
  flags: LogFlags,
  layout: Layout,
  runs: ChosenRuns,
): Promise<void> {
  const printer = new LogPrinter(context, flags, true);
  let isSilent = true;
  let count = 0;
  await forEachLog(layout, runs, (run, log = "") => {
    count++;
    isSilent &&= log === "";
    const text = flags.lines === undefined ? log : lastLines(log, flags.lines);
    printer.text(runName(run.job, run.run), text);
  });
  if (!isSilent || !runs.isWithRunning) return;
  const nobody = count === 0 && flags.since !== undefined;
  say(
    context,
    flags,
    nobody ? "None of them was computed since then." : "None of them has logged anything.",
  );
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
