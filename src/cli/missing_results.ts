/** What `simrun results` says of runs that have no result: which failed and why, and what to type next. */
import { runName } from "../job/run.ts";
import { searchOf } from "../job/sweep.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { treeStatus } from "../report/status.ts";
import { failureLines } from "../screen/failure_lines.ts";
import { safeText } from "../screen/safe_text.ts";
import { readWork } from "../store/work.ts";
import { type CliContext, type GlobalFlags, paintOf } from "./context.ts";
import type { TreeReading } from "./tree_reader.ts";
import { treeWords } from "./tree_words.ts";

interface Missing {
  readonly selectors: readonly string[];
  /** Runs that were chosen. */
  readonly planned: number;
  /** Those of them with a result. */
  readonly done: number;
}

export async function missingLines(
  context: CliContext,
  flags: GlobalFlags,
  { layout, history }: TreeReading,
  { selectors, planned, done }: Missing,
): Promise<string[]> {
  const paint = paintOf(context.stderr);
  const { working } = await readWork(layout, context.now);
  const status = treeStatus(history, {
    tree: layout.root,
    nowMs: context.now().getTime(),
    live: undefined,
    working,
    selectors,
  });
  const countOf = (state: "failed" | "cancelled") =>
    status.runs.filter((run) => run.state === state).length + (status.unlisted[state] ?? 0);
  const [failed, cancelled] = [countOf("failed"), countOf("cancelled")];
  const others = planned - done - failed - cancelled;
  const parts = [
    failed > 0 ? `${formatCount(failed)} failed` : "",
    cancelled > 0 ? `${formatCount(cancelled)} ${areOrIs(cancelled)} cancelled` : "",
    others > 0 ? `${formatCount(others)} ${areOrIs(others)} not done` : "",
  ].filter((part) => part !== "");
  const { flag: tree, goOn } = treeWords(context, flags);
  const more = others > 0 ? ` simrun status${tree} shows how far they are.` : "";
  const head = `${formatCount(done)} of ${formatNumberOf(planned, "run")}; ${parts.join(", ")}.`;
  const lines = [
    paint.faint(head + more),
    ...failureLines(status.failures, failed, { paint, folder: context.cwd }),
  ];
  const [first] = status.failures;
  if (first === undefined) return lines;
  const name = safeText(runName(first.job, first.run));
  const explain = `simrun explain ${name}${tree} tells what happened to it`;
  // Something else must be mended first, and that is told there.
  if (first.failure.class === "needs") return [...lines, paint.faint(`${explain}.`)];
  // What has failed in a search stays so; and who is at work tries nothing again that has failed.
  const isLed = searchOf(history.jobs.get(first.job)?.job?.sweep) !== undefined;
  const again = working || isLed
    ? `simrun retry ${name}${tree} has it tried again`
    : `${goOn()} tries ${failed === 1 ? "it" : "them"} again`;
  return [...lines, paint.faint(`${explain}; ${again}.`)];
}

function areOrIs(count: number): string {
  return count === 1 ? "is" : "are";
}
