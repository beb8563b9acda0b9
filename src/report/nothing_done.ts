/** What is answered when none of the runs that were named can be had for what was asked: what they are instead. Pure. */
import type { ControlAction } from "../job/control.ts";
import { shellWord } from "../job/shell_word.ts";
import { formatCount, formatNumberOf } from "./format.ts";
import { isVisibleState, VISIBLE_STATES, type VisibleState } from "./selector.ts";

/** What somebody asked of runs. */
export interface Asked {
  readonly type: Exclude<ControlAction["type"], "slots" | "submit">;
  readonly selectors: readonly string[];
}

const WANTED: { readonly [type in Asked["type"]]: string } = {
  cancel: "is running or waiting",
  pause: "is running or waiting",
  continue: "is paused",
  retry: "failed or was cancelled",
  priority: "is running or waiting",
};

/** `counts` are those of the runs that are meant; `tree` is the flag that a command needs to find them. */
export function nothingDone(
  { type, selectors }: Asked,
  counts: Readonly<Record<VisibleState, number>>,
  tree = "",
): string {
  const states = VISIBLE_STATES.filter((state) => counts[state] > 0);
  const head = `Nothing was done: none of what is meant ${WANTED[type]}`;
  if (states.length === 0) {
    return selectors.length > 1 && selectors.some(isVisibleState)
      ? `${head}. States narrow names: failed ising means the failed runs of ising.`
      : `${head}.`;
  }
  const total = states.reduce((sum, state) => sum + counts[state], 0);
  const parts = states.map((state, i) => {
    const count = i === 0 ? formatNumberOf(counts[state], "run") : formatCount(counts[state]);
    return `${count} ${verbOf(state, counts[state])} ${state}`;
  });
  const are = total === 1 ? `it ${verbOf(states[0]!, 1)} ${states[0]}` : parts.join(", ");
  const words = asTyped(selectors);
  const them = total === 1 ? "it" : "them";
  const lost = counts.failed + counts.cancelled > 0 && type !== "retry";
  const again = lost ? ` simrun retry${tree} ${words} takes ${them} up again.` : "";
  const isPaused = counts.paused > 0 && type !== "retry";
  const goOn = isPaused ? ` simrun continue${tree} ${words} lets ${them} go on.` : "";
  return `${head}: ${are}.${again}${goOn}`;
}

function verbOf(state: VisibleState, count: number): string {
  if (state === "failed") return count === 1 ? "has" : "have";
  return count === 1 ? "is" : "are";
}

/** Those that were just paused, as they may be typed again: by their names, since they are in another state now. */
export function pausedWords(selectors: readonly string[]): string {
  const names = selectors.filter((word) => !isVisibleState(word));
  return names.length === 0 ? "paused" : asTyped(names);
}

/** Patterns are quoted, or the shell would take them for files. */
function asTyped(selectors: readonly string[]): string {
  return selectors.map((word) => shellWord(word)).join(" ");
}
