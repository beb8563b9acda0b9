/** `simrun logs`: what a run logged, and with `-f` what it goes on to log. */
import type { JournalEntry } from "../job/event.ts";
import { EXIT } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import type { PastState } from "../queue/history.ts";
import { readRunFile } from "../store/archive.ts";
import type { Layout } from "../store/layout.ts";
import { readLive } from "../store/live.ts";
import { readOwner } from "../store/owner.ts";
import { type CliContext, dataText, type GlobalFlags, printJson, say } from "./context.ts";
import { findRun, readTree } from "./tree_reader.ts";

interface LogFlags extends GlobalFlags {
  readonly follow: boolean;
}

/** Name of the log in a run's folder, as `docs/format.md` has it. */
const LOG_FILE = "log.txt";
const FOLLOW_MS = 500;

export async function logs(
  context: CliContext,
  flags: LogFlags,
  args: readonly string[],
): Promise<number> {
  const inline = new InlineLogs();
  const { layout, history } = await readTree(context, flags, (entry) => inline.apply(entry));
  const { job, run, jobHistory } = findRun(history, args[0]!);
  const past = jobHistory.find(run);
  const read = async (): Promise<string | undefined> => {
    const bytes = await readRunFile(layout, job, run, LOG_FILE);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  let text = inline.of(job, run) ?? await read();
  const unfinished = past !== undefined && !hasEndedBy(past.state);
  if (flags.json) printJson(context.stdout, { run: runName(job, run), log: text ?? "" });
  else context.stdout.write(printable(text ?? "", context));
  if (text === undefined || text === "") {
    say(context, flags, `${runName(job, run)} has logged nothing${unfinished ? " yet" : ""}.`);
  }
  if (!flags.follow || flags.json || !unfinished) return EXIT.completed.status;

  while (await isWorking(layout, context)) {
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    const longer = await read();
    if (longer === undefined || longer === text) {
      if (await hasEnded(context, flags, layout, { job, run })) break;
      continue;
    }
    // A run that went back to its checkpoint has a shorter log: print it from there.
    const known = text !== undefined && longer.startsWith(text) ? text.length : 0;
    context.stdout.write(printable(longer.slice(known), context));
    text = longer;
  }
  return EXIT.completed.status;
}

/** The last log of each run that stands in the journal itself. */
class InlineLogs {
  readonly #logs = new Map<string, string>();

  apply(entry: JournalEntry): void {
    switch (entry.type) {
      case "runs.started":
        for (let i = 0; i < entry.runs.length; i += 2) {
          this.#logs.delete(runName(entry.job, entry.runs[i]!));
        }
        return;
      case "runs.completed":
        for (const { run, log } of entry.runs) this.#keep(entry.job, run, log);
        return;
      case "run.failed":
        this.#keep(entry.job, entry.run, entry.log);
        return;
    }
  }

  of(job: string, run: string): string | undefined {
    return this.#logs.get(runName(job, run));
  }

  #keep(job: string, run: string, log: string | undefined): void {
    if (log !== undefined) this.#logs.set(runName(job, run), log);
  }
}

function printable(text: string, { stdout }: CliContext): string {
  if (text === "") return "";
  return dataText(stdout, text.endsWith("\n") ? text : `${text}\n`);
}

async function isWorking(layout: Layout, context: CliContext): Promise<boolean> {
  return (await readOwner(layout, context.now))?.alive ?? false;
}

/** The live picture is looked at first: the whole journal is read only when the run is not in it. */
async function hasEnded(
  context: CliContext,
  flags: LogFlags,
  layout: Layout,
  wanted: { readonly job: string; readonly run: string },
): Promise<boolean> {
  const live = await readLive(layout);
  if (live?.running.some(({ job, run }) => job === wanted.job && run === wanted.run)) return false;
  const { history } = await readTree(context, { ...flags, quiet: true });
  const state = history.jobs.get(wanted.job)?.find(wanted.run)?.state;
  return state !== undefined && hasEndedBy(state);
}

/** One that is paused goes on logging some day; a cancelled one does not by itself. */
function hasEndedBy(state: PastState): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}
