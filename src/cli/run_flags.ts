/** The flags of `run` and `resume`. */
import type { Flags, FlagValues } from "./command.ts";

export const RUN_FLAGS = {
  dryRun: { kind: "switch", letter: "n", brief: "Show what would be run and why; run nothing" },
  slots: {
    kind: "text",
    letter: "j",
    value: "N|N%|-N",
    brief: "Runs at a time: a number, a part of the cores, all but N (default -1)",
  },
  memory: {
    kind: "text",
    value: "SIZE",
    brief: "Memory of all slots together, e.g. 16GiB (default 80% of the machine's)",
  },
  rerun: {
    kind: "choice",
    values: ["changed", "all"],
    brief: "Run again what an older version of the model computed, or all that is done",
  },
  acceptModel: {
    kind: "switch",
    brief: "Go on from checkpoints that an older version of the model wrote",
  },
  noCache: { kind: "switch", brief: "Compute anew what an equal run has computed already" },
  maxFails: { kind: "count", min: 1, value: "N", brief: "Stop after so many failed runs" },
  maxPoints: {
    kind: "count",
    min: 1,
    value: "N",
    brief: "Allow sweeps of more points than 5,000,000",
  },
  retries: {
    kind: "count",
    min: 0,
    value: "N",
    brief: "Try a run again so often when its process died or hung",
  },
  breakLock: {
    kind: "switch",
    brief: "Take the tree from a simrun elsewhere that does not answer any more",
  },
  priority: {
    kind: "choice",
    values: ["critical", "high", "normal", "low", "background"],
    brief: "Priority of all jobs",
  },
} as const satisfies Flags;

export type RunFlags = FlagValues<typeof RUN_FLAGS>;
