/** `simrun cancel`, `pause`, `continue` and `retry` with nobody at work: what is meant is written in the tree itself. */
import type { ControlAnswer } from "../job/control.ts";
import { Fault } from "../job/fault.ts";
import type { History } from "../queue/history.ts";
import { formatNumberOf } from "../report/format.ts";
import { nothingDone, pausedWords } from "../report/nothing_done.ts";
import { type VisibleState, zeroCounts } from "../report/selector.ts";
import { treeStatus } from "../report/status.ts";
import { type AloneAction, controlAlone, runsMeant } from "../runner/control_alone.ts";
import { type CliContext, type GlobalFlags, say } from "./context.ts";
import { refuseUnknown } from "./selectors.ts";
import { readTree } from "./tree_reader.ts";
import { type TreeWords, treeWords } from "./tree_words.ts";

/** Undefined when nothing can be done to what is meant but by a simrun at work, or nothing is there. */
export async function answerAlone(
  context: CliContext,
  flags: GlobalFlags,
  action: AloneAction,
): Promise<Pick<ControlAnswer, "ok" | "message" | "runs"> | undefined> {
  const { layout, history } = await readTree(context, flags);
  refuseUnknown(history, action.selectors);
  if (runsMeant(history, action).length === 0) {
    const counts = countMeant(history, action, layout.root);
    const isLeft = counts.interrupted + counts.waiting + counts.failed > 0;
    const waitsForOne = isLeft && (action.type === "retry" || action.type === "continue");
    if (waitsForOne || history.jobs.size === 0) return undefined;
    throw new Fault("usage", nothingDone(action, counts, treeWords(context, flags).flag));
  }
  const warn = (warning: string): void => say(context, flags, `note: ${warning}`);
  const runs = await controlAlone(layout.root, action, warn);
  return { ok: true, message: told(action, runs, treeWords(context, flags)), runs };
}

/** As they look with nobody at work. */
function countMeant(
  history: History,
  { selectors }: AloneAction,
  tree: string,
): Record<VisibleState, number> {
  const counts = zeroCounts();
  const moment = { tree, nowMs: 0, live: undefined, working: false };
  const { runs } = treeStatus(history, { ...moment, selectors, listMax: Infinity });
  for (const { state } of runs) counts[state]++;
  return counts;
}

function told({ type, selectors }: AloneAction, runs: number, { flag, goOn }: TreeWords): string {
  const what = formatNumberOf(runs, "run");
  const [is, it, takes] = runs === 1 ? ["is", "it", "it"] : ["are", "them", "them"];
  switch (type) {
    case "cancel":
      return `${what} cancelled. simrun retry${flag} cancelled takes ${takes} up again.`;
    case "pause":
      return `${what} paused. simrun continue${flag} ${pausedWords(selectors)} lets ${it} go on.`;
    case "continue":
      return `${what} may go on. ${goOn()} computes ${it}.`;
    case "retry":
      return `${what} ${is} taken up again. ${goOn()} computes ${it}.`;
  }
}
