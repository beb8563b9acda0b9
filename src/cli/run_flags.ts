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
  nice: {
    kind: "switch",
    brief: "Give way to others who compute on this machine: slots pause while they do",
  },
  memory: {
    kind: "text",
    value: "SIZE",
    brief: "Memory of all slots together, e.g. 16GiB (default 80% of the machine's)",
  },
  disk: {
    kind: "text",
    value: "SIZE",
    brief: "What the tree may take on the disk, e.g. 200GiB (default all but the reserve)",
  },
  diskReserve: {
    kind: "text",
    value: "SIZE",
    brief: "Leave so much of the disk alone (default 1% of it, at most 256MiB)",
  },
  diskWait: {
    kind: "text",
    value: "DURATION",
    brief: "Stop when a full disk stays full for so long (default 10m; on a terminal never)",
  },
  rerun: {
    kind: "choice",
    values: ["changed", "cancelled", "all"],
    brief: "Run again what is of an older model, cancelled, or done",
  },
  acceptModel: {
    kind: "switch",
    brief: "Go on from checkpoints that an older version of the model wrote",
  },
  noCache: { kind: "switch", brief: "Compute anew what an equal run has computed already" },
  endWhenPaused: {
    kind: "switch",
    brief: "End when all that is left is paused; do not wait for simrun continue",
  },
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
  backoff: {
    kind: "text",
    value: "DURATION",
    brief: "Wait so long before the first of these, then twice as long each time",
  },
  timeout: {
    kind: "text",
    value: "DURATION",
    brief: "Runs that compute for longer fail, e.g. 2h; off for no limit",
  },
  watch: {
    kind: "switch",
    letter: "w",
    brief: "Take up manifests that appear or change, until Ctrl-C",
  },
  timeLimit: {
    kind: "text",
    value: "DURATION",
    brief: "Save everything and stop before so long; in a Slurm job, before its end",
  },
  order: {
    kind: "choice",
    values: ["submitted", "longest-first", "shuffle"],
    brief: "Which runs of one priority start first",
  },
  batchMax: {
    kind: "count",
    min: 1,
    value: "N",
    brief: "Hand at most so many short runs to a slot together (default 1000)",
  },
  junit: {
    kind: "text",
    value: "FILE",
    brief: "At the end write how each run ended as JUnit XML, for CI systems",
  },
  dashboard: {
    kind: "switch",
    brief: "Show the campaign as a page in the browser, as long as it works",
  },
  breakLock: {
    kind: "switch",
    brief: "Take the tree from a simrun elsewhere that does not answer any more",
  },
  hooks: {
    kind: "text",
    value: "FILE",
    brief: "A module with functions on_error, on_end, … that are called when that happens",
  },
  log: { kind: "switch", brief: "Write what happens to simulation.log in the tree" },
  metrics: {
    kind: "text",
    value: "FILE.prom",
    brief: "Keep Prometheus's metrics in this file, for node_exporter",
  },
  shard: {
    kind: "text",
    value: "I/N",
    brief: "Only the I-th of N parts of the runs; other machines compute the others",
  },
  priority: {
    kind: "choice",
    values: ["critical", "high", "normal", "low", "background"],
    brief: "Priority of all jobs",
  },
} as const satisfies Flags;

export type RunFlags = FlagValues<typeof RUN_FLAGS>;

const { watch: _onlyOfManifests, ...shared } = RUN_FLAGS;

/** Those of `resume`, which knows no manifests. */
export const RESUME_FLAGS = shared;

export type ResumeFlags = FlagValues<typeof RESUME_FLAGS>;

const { dryRun: _shownBefore, ...alone } = shared;

/** Those of `pilot`, which shows nothing beforehand. */
export const PILOT_FLAGS = alone;

export type PilotFlags = FlagValues<typeof PILOT_FLAGS>;
