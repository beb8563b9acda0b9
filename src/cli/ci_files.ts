/** Writes what CI systems read: JUnit's XML as a file that is whole or not there, GitHub's step summary at the end of its file. */
import { EXIT, Fault } from "../job/fault.ts";
import { History } from "../queue/history.ts";
import { treeStatus } from "../report/status.ts";
import { testSuites } from "../report/test_cases.ts";
import { junitPieces } from "../screen/junit.ts";
import { type StepSummary, stepSummary } from "../screen/step_summary.ts";
import { readCampaign } from "../store/campaign_journal.ts";
import { openTree } from "../store/tree.ts";
import type { CiFacts } from "./ci_facts.ts";
import { say } from "./context.ts";
import { writeWhole } from "./result_output.ts";
import { shellWord } from "../job/shell_word.ts";
import { gathered } from "./write_blocks.ts";

/** GitHub refuses more than this of a step, whoever wrote it; a little is left for those who write after. */
const SUMMARY_BYTES_MAX = (1 << 20) - (16 << 10);

export async function writeCiFiles(facts: CiFacts): Promise<void> {
  const history = await readHistory(facts);
  if (facts.stepSummary !== undefined) {
    await appendSummary(facts, facts.stepSummary, history).catch((error) => {
      // GitHub's own file: nothing that the user has asked for is missing without it.
      say(facts.context, facts.flags, `note: no step summary was written: ${messageOf(error)}`);
    });
  }
  if (facts.junit !== undefined) await writeJunit(facts, facts.junit, history);
}

async function readHistory({ end }: CiFacts): Promise<History | undefined> {
  if (end === undefined) return undefined;
  const jobs = new Set(end.jobs);
  const history = new History();
  try {
    readCampaign(await openTree(end.root, "read"), (entry) => {
      const job = entry.type === "job.planned"
        ? entry.job.id
        : "job" in entry
        ? entry.job
        : undefined;
      if (job === undefined || jobs.has(job)) history.apply(entry);
    });
  } catch (error) {
    // A tree that is gone, or was never there, has no runs; what went wrong is told as such.
    if (!(error instanceof Fault)) throw error;
    return undefined;
  }
  return history;
}

async function writeJunit(
  facts: CiFacts,
  path: string,
  history: History | undefined,
): Promise<void> {
  const { flags, end, trouble, began, elapsedMs } = facts;
  const pieces = junitPieces(history === undefined ? [] : testSuites(history, end!.jobs), {
    began,
    host: Deno.hostname(),
    elapsedMs,
    treeFlag: flags.tree === undefined ? "" : ` --tree ${shellWord(flags.tree)}`,
    trouble,
  });
  try {
    await writeWhole(path, encoded(gathered(pieces)));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(error.code, `${flags.junit} was not written: ${error.message}`, {
      hint:
        "The runs are in the tree; simrun resume --junit FILE writes it without computing anything.",
      cause: error,
    });
  }
}

function* encoded(texts: Iterable<string>): IterableIterator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const text of texts) yield encoder.encode(text);
}

async function appendSummary(
  facts: CiFacts,
  path: string,
  history: History | undefined,
): Promise<void> {
  const { end, trouble, context } = facts;
  const status = history === undefined || end === undefined ? undefined : treeStatus(history, {
    tree: end.root,
    nowMs: context.now().getTime(),
    live: undefined,
    working: false,
  });
  const before = await Deno.stat(path).then(({ size }) => size, () => 0);
  const [headline = "nothing was run", ...lines] = end?.lines ?? [];
  const text = stepSummary({
    headline: trouble?.message ?? headline,
    end: endOf(facts),
    status,
    trouble: trouble?.text,
    // What failed has a table of its own.
    commands: lines.flatMap((line) => {
      const [, typed, what] = /^(simrun .*?) {4,}(.*)$/.exec(line) ?? [];
      return typed === undefined || what === undefined ? [] : [{ typed: typed.trim(), what }];
    }),
  }, SUMMARY_BYTES_MAX - before);
  if (text !== "") await Deno.writeTextFile(path, text, { append: true });
}

const GOES_ON: readonly number[] = [
  EXIT.stopped.status,
  EXIT.interrupted.status,
  EXIT.terminated.status,
];

function endOf({ status, trouble }: CiFacts): StepSummary["end"] {
  if (status === undefined || GOES_ON.includes(status)) return "stopped";
  return status === EXIT.completed.status && trouble === undefined ? "well" : "failed";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
