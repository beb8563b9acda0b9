/** `simrun logs -f`: what runs log, as they log it, of one, of several or of all; until what is followed has ended. */
import type { JournalEntry } from "../job/event.ts";
import { EXIT } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import { History } from "../queue/history.ts";
import { formatDuration } from "../report/format.ts";
import { noteOf } from "../screen/note.ts";
import { FollowedFold } from "../store/followed_fold.ts";
import { Layout } from "../store/layout.ts";
import type { JournalLocation } from "../store/journal_line.ts";
import { homeOf } from "../store/shards.ts";
import { readWork } from "../store/work.ts";
import { type CliContext, treeRoot } from "./context.ts";
import { chooseLogs, type LogChoice } from "./log_choice.ts";
import { LogPrinter } from "./log_printer.ts";
import { type LogFlags, logsIn, printLogs } from "./print_logs.ts";
import { lastLines, RunTail } from "./run_tail.ts";
import { treeWords } from "./tree_words.ts";

const FOLLOW_MS = 500;
/** Reading the tree again and again must not cost more than this part of a core. */
const LOAD_MAX = 0.2;
/** Of several runs that are under way already, so many of the last lines are shown first. */
const FIRST_LINES = 10;
/** Of runs that have ended it is remembered how far their logs were read, in case that they go on; of no more. */
const KEPT_MAX = 10_000;

/** With `since` what has ended since then comes first. */
export async function followLogs(
  context: CliContext,
  flags: LogFlags,
  words: readonly string[],
  since?: number,
): Promise<number> {
  const layout = new Layout(treeRoot(context, flags));
  // By shard, where the tree is cut. What had happened before is known to the history.
  let told: ReadonlyMap<string | undefined, number> | undefined;
  using journal = new FollowedFold(layout, (cutAt = Infinity) => {
    // What was taken back was told in vain; what stands before it is not told again.
    told &&= new Map([...told].map(([shard, seq]) => [shard, Math.min(seq, cutAt)]));
    return new HeardFold((seq, shard) => told !== undefined && seq > (told.get(shard) ?? 0));
  });
  const { history, lastSeqs } = await journal.read();
  told = new Map(lastSeqs);
  const choice = chooseLogs(history, words);
  const followed = new FollowedRuns(context, flags, choice, { layout, history });
  await followed.begin(words, since);
  for (;;) {
    const beganMs = context.clockMs();
    // Looked at before the journal is: what it has written until then is read in any case.
    const { working: isWorking } = await readWork(layout, context.now);
    const { history, news, lastSeqs } = await journal.read();
    told = new Map(lastSeqs);
    await followed.hear(news.splice(0), history);
    if (followed.isOver) return EXIT.completed.status;
    if (!isWorking) {
      followed.endOfCampaign();
      return EXIT.completed.status;
    }
    const spentMs = context.clockMs() - beganMs;
    await new Promise((done) => setTimeout(done, Math.max(FOLLOW_MS, spentMs / LOAD_MAX)));
  }
}

/** The history, and what is to be told. */
class HeardFold {
  readonly history = new History();
  readonly news: JournalEntry[] = [];
  readonly lastSeqs = new Map<string | undefined, number>();
  readonly #isNews: (seq: number, shard: string | undefined) => boolean;

  constructor(isNews: (seq: number, shard: string | undefined) => boolean) {
    this.#isNews = isNews;
  }

  apply(entry: JournalEntry, location: JournalLocation): void {
    this.history.apply(entry, location);
    const { shard } = location;
    this.lastSeqs.set(shard, entry.seq);
    if (this.#isNews(entry.seq, shard)) this.news.push(entry);
  }
}

interface FollowedTree {
  readonly layout: Layout;
  readonly history: History;
}

interface Followed {
  readonly job: string;
  readonly run: string;
  readonly tail: RunTail;
  /** Something of it was shown. */
  isHeard: boolean;
}

class FollowedRuns {
  readonly #context: CliContext;
  readonly #flags: LogFlags;
  readonly #choice: LogChoice;
  readonly #layout: Layout;
  readonly #printer: LogPrinter;
  /** Of those that are computed at the moment, and of those that were and may go on. */
  readonly #runs = new Map<string, Followed>();
  /** Where each word names one run: those that have not ended. */
  readonly #open: Set<string> | undefined;
  #history: History;

  constructor(context: CliContext, flags: LogFlags, choice: LogChoice, tree: FollowedTree) {
    this.#context = context;
    this.#flags = flags;
    this.#choice = choice;
    this.#layout = tree.layout;
    this.#history = tree.history;
    this.#printer = new LogPrinter(context, flags, choice.names?.size !== 1);
    this.#open = choice.names && new Set([...choice.names].filter((name) => !this.#isEnded(name)));
  }

  /** All that was named has ended. */
  get isOver(): boolean {
    return this.#open?.size === 0;
  }

  /** What there is so far: all of runs that were named, the last lines of others that are computed. */
  async begin(words: readonly string[], since: number | undefined): Promise<void> {
    const { names } = this.#choice;
    const ended = [...names ?? []].filter((name) => !this.#open!.has(name));
    const print = (meant: readonly string[], isWithRunning = true) =>
      printLogs(this.#context, this.#flags, meant, since, isWithRunning);
    if (ended.length > 0 && ended.length === names!.size) return await print(words);
    if (ended.length > 0) await print(ended);
    else if (since !== undefined && names === undefined) await print(words, false);
    const lines = this.#flags.lines ?? (names === undefined ? FIRST_LINES : Infinity);
    const begun = names === undefined ? await this.#running() : [...this.#open!];
    for (const name of begun) {
      const one = this.#follow(name);
      let text = "";
      await one.tail.read((more) => text += more);
      this.#print(one, Number.isFinite(lines) ? lastLines(text, lines) : text);
    }
  }

  /** What has happened to them, each with what it had logged before. */
  async hear(news: readonly JournalEntry[], history: History): Promise<void> {
    this.#history = history;
    for (const entry of news) await this.#hearOne(entry);
    for (const name of await this.#running()) {
      const one = this.#follow(name);
      await this.#read(one);
    }
  }

  endOfCampaign(): void {
    const { sessionEnded } = this.#history;
    const outcome = sessionEnded?.outcome ?? "lost";
    const { goOn } = treeWords(this.#context, this.#flags);
    const text = OUTCOMES[outcome]?.(goOn()) ?? "The simrun that worked here has ended.";
    this.#printer.event(undefined, { event: "ended", outcome, text });
  }

  async #hearOne(entry: JournalEntry): Promise<void> {
    switch (entry.type) {
      case "runs.completed":
      case "run.reused":
      case "run.failed": {
        for (const [key, log] of logsIn(entry)) await this.#ended(key, log);
        if (entry.type === "run.failed") this.#tell(entry, [entry.run]);
        if (entry.type === "runs.completed") {
          for (const { run, ms } of entry.runs) this.#tellCompleted(entry.job, run, ms);
        }
        for (const [key] of logsIn(entry)) this.#forget(key);
        return;
      }
      case "runs.started":
        if (entry.attempt > 1) {
          const runs = entry.runs.filter((_, i) => i % 2 === 0);
          const { attempt } = entry;
          const event = { event: "attempt", attempt, text: `attempt ${attempt} begins` };
          for (const run of runs.filter((run) => this.#isMeant(entry.job, run))) {
            this.#printer.event(runName(entry.job, run), event);
          }
        }
        return;
      case "run.resumed":
      case "run.degraded":
      case "run.warned":
        await this.#readNow(entry.job, [entry.run]);
        return this.#tell(entry, [entry.run]);
      case "runs.requeued":
      case "runs.cancelled":
      case "runs.held":
        await this.#readNow(entry.job, entry.runs);
        this.#tell(entry, entry.runs);
        if (entry.type === "runs.cancelled") {
          for (const run of entry.runs) this.#forget(`${entry.job}/${run}`);
        }
        return;
    }
  }

  /** A line for each of the runs that are followed. */
  #tell(entry: JournalEntry, runs: readonly string[]): void {
    if (!("job" in entry) || typeof entry.job !== "string") return;
    const word = entry.type.replace(/^runs?[.]/, "");
    const { job } = entry;
    for (const run of runs.filter((run) => this.#isMeant(job, run))) {
      const note = noteOf({ ...entry, runs: [run] } as JournalEntry, this.#context.cwd);
      // What only waited beside another, or is stopped with all others, is worth a word where it was seen.
      const text = note === undefined
        ? this.#isKnown(runName(job, run)) ? WORDS[word] : undefined
        : note.kind === "failed"
        ? `failed: ${note.text}`
        : note.text;
      if (text === undefined) continue;
      this.#printer.event(runName(job, run), { event: word, text });
    }
  }

  /** Of a tiny run that has logged nothing nothing is said. */
  #tellCompleted(job: string, run: string, ms: number): void {
    const name = runName(job, run);
    if (!this.#isKnown(name)) return;
    const text = `completed in ${formatDuration(ms)}`;
    this.#printer.event(name, { event: "completed", seconds: ms / 1000, text });
  }

  /** Somebody asked for it by its name, or has seen something of it. */
  #isKnown(name: string): boolean {
    return this.#choice.names?.has(name) === true || this.#runs.get(name)?.isHeard === true;
  }

  async #ended(key: string, log: string | undefined): Promise<void> {
    const [job, run] = key.split("/") as [string, string];
    if (!this.#isMeant(job, run)) return;
    const one = this.#follow(runName(job, run));
    if (log === undefined) await one.tail.end((text) => this.#print(one, text));
    else this.#print(one, log);
  }

  /** It may come back by `retry`; then it is followed anew. */
  #forget(key: string): void {
    const [job, run] = key.split("/") as [string, string];
    const name = runName(job, run);
    this.#open?.delete(name);
    // A log that is a file goes on with the next attempt.
    const mayGoOn = this.#runs.get(name)?.tail.hasBegun === true;
    if (!mayGoOn || this.#runs.size > KEPT_MAX) this.#runs.delete(name);
  }

  async #readNow(job: string, runs: readonly string[]): Promise<void> {
    for (const run of runs) {
      const one = this.#runs.get(runName(job, run));
      if (one !== undefined) await this.#read(one);
    }
  }

  async #read(one: Followed): Promise<void> {
    const name = runName(one.job, one.run);
    const event = { event: "anew", text: "its log begins anew" };
    await one.tail.read(
      (text) => this.#print(one, text),
      () => this.#printer.event(name, event),
    );
  }

  #print(one: Followed, text: string): void {
    one.isHeard ||= text !== "";
    this.#printer.text(runName(one.job, one.run), text);
  }

  #follow(name: string): Followed {
    const known = this.#runs.get(name);
    if (known !== undefined) return known;
    const [job, run = job] = name.split("/") as [string, string | undefined];
    const one = {
      job,
      run,
      tail: new RunTail(homeOf(this.#layout, this.#history.shardOf(job, run)), job, run),
      isHeard: false,
    };
    this.#runs.set(name, one);
    return one;
  }

  #isMeant(job: string, run: string): boolean {
    return this.#choice.chosen(job, run, "running");
  }

  async #running(): Promise<string[]> {
    const { live } = await readWork(this.#layout, this.#context.now);
    return (live?.running ?? []).filter(({ job, run }) => this.#isMeant(job, run))
      .map(({ job, run }) => runName(job, run));
  }

  #isEnded(name: string): boolean {
    const [job, run = job] = name.split("/") as [string, string | undefined];
    const state = this.#history.jobs.get(job)?.find(run)?.state;
    return state === "completed" || state === "failed" || state === "cancelled";
  }
}

const WORDS: { readonly [event: string]: string } = {
  cancelled: "cancelled",
  held: "paused",
  requeued: "goes back to the queue",
};

const OUTCOMES: { readonly [outcome: string]: (goOn: string) => string } = {
  completed: () => "The campaign has ended: nothing is left to do.",
  failed: () => "The campaign has ended, with failed runs.",
  stopped: (goOn) => `The campaign was stopped; ${goOn} goes on with it.`,
  lost: (goOn) =>
    `No simrun works here; the last one was killed. ${goOn} goes on with what is not done.`,
};
