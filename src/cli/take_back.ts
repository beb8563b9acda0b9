/** `simrun continue` and `retry` with nobody at work: what was paused or cancelled is taken back in the tree itself. */
import type { ControlAnswer } from "../job/control.ts";
import { formatNumberOf } from "../report/format.ts";
import { runsToTakeBack, takeBack, type TakingBack } from "../runner/take_back.ts";
import { type CliContext, type GlobalFlags, say } from "./context.ts";
import { refuseUnknown } from "./selectors.ts";
import { readTree } from "./tree_reader.ts";

/** Undefined when none of what is meant is paused, or cancelled. `tree` stands in what is to be typed next. */
export async function takeBackAlone(
  context: CliContext,
  flags: GlobalFlags,
  action: TakingBack,
  tree: string,
): Promise<Pick<ControlAnswer, "ok" | "message" | "runs"> | undefined> {
  const { layout, history } = await readTree(context, flags);
  refuseUnknown(history, action.selectors);
  if (runsToTakeBack(history, action).length === 0) return undefined;
  const runs = await takeBack(
    layout.root,
    action,
    (warning) => say(context, flags, `note: ${warning}`),
  );
  const is = runs === 1 ? "is" : "are";
  const done = action.type === "continue" ? "may go on" : `${is} taken up again`;
  const them = runs === 1 ? "it" : "them";
  return {
    ok: true,
    message: `${formatNumberOf(runs, "run")} ${done}. simrun resume${tree} computes ${them}.`,
    runs,
  };
}
