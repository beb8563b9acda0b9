/** `simrun cancel`, `pause`, `continue` and `retry` with nobody at work: what is meant is written in the tree itself. */
import type { ControlAnswer } from "../job/control.ts";
import { formatNumberOf } from "../report/format.ts";
import { type AloneAction, controlAlone, runsMeant } from "../runner/control_alone.ts";
import { type CliContext, type GlobalFlags, say } from "./context.ts";
import { refuseUnknown } from "./selectors.ts";
import { readTree } from "./tree_reader.ts";

/** Undefined when it can be done to none of what is meant. `tree` stands in what is to be typed next. */
export async function answerAlone(
  context: CliContext,
  flags: GlobalFlags,
  action: AloneAction,
  tree: string,
): Promise<Pick<ControlAnswer, "ok" | "message" | "runs"> | undefined> {
  const { layout, history } = await readTree(context, flags);
  refuseUnknown(history, action.selectors);
  if (runsMeant(history, action).length === 0) return undefined;
  const warn = (warning: string): void => say(context, flags, `note: ${warning}`);
  const runs = await controlAlone(layout.root, action, warn);
  return { ok: true, message: told(action, runs, tree), runs };
}

function told({ type, selectors }: AloneAction, runs: number, tree: string): string {
  const what = formatNumberOf(runs, "run");
  const [is, it, takes] = runs === 1 ? ["is", "it", "it"] : ["are", "them", "them"];
  switch (type) {
    case "cancel":
      return `${what} cancelled. simrun retry${tree} cancelled takes ${takes} up again.`;
    case "pause":
      return `${what} paused. simrun continue${tree} ${selectors.join(" ")} lets ${it} go on.`;
    case "continue":
      return `${what} may go on. simrun resume${tree} computes ${it}.`;
    case "retry":
      return `${what} ${is} taken up again. simrun resume${tree} computes ${it}.`;
  }
}
