/** The commands that look at whole trees from above, for the table of commands: help, flags, and which file runs each. */
import { load } from "../job/load.ts";
import { type Command, command } from "./command.ts";

export const OVERVIEW_COMMANDS: readonly Command[] = [
  command({
    name: "stats",
    group: "look",
    brief: "Count how runs ended: at once, after a retry, not at all, and why",
    synopsis: "[TREE…]",
    about:
      "Success rate, share of failures recovered and mean retries, over one tree or several (folders; else\n" +
      "--tree). A retry is an attempt after one that failed by itself. What was stopped, preempted or\n" +
      "paused, or waited for memory or disk, has not failed.",
    examples: [
      { line: "simrun stats", what: "of the tree at hand" },
      { line: "simrun stats --since 30d --by job", what: "what ended in the last 30 days" },
      { line: "simrun stats /data/*/simruns --by tree", what: "over several trees" },
      { line: "simrun stats --json", what: "for programs" },
    ],
    flags: {
      by: {
        kind: "choice",
        values: ["job", "model", "tree"],
        brief: "A line for each, too",
      },
      since: {
        kind: "text",
        value: "WHEN",
        brief: "Only what ended since then: 30d, 12h, 2026-11-01, 2026-11-01T12:30, 12:30",
      },
    },
    args: { min: 0, max: Number.POSITIVE_INFINITY, name: "TREE", complete: "folder" },
    load: async () =>
      (await load<typeof import("./stats.ts")>(import.meta.resolve("./stats.ts"))).stats,
  }),
];
