/** The commands that look at whole trees from above, for the table of commands: help, flags, and which file runs each. */
import { load } from "../job/load.ts";
import { type Command, command } from "./command.ts";

export const OVERVIEW_COMMANDS: readonly Command[] = [
  command({
    name: "logs",
    group: "look",
    brief: "Print what runs logged, or follow what they go on to log",
    synopsis: "[RUN|SELECTOR…]",
    about:
      "Of one run its log as it is; of several each line has its run's name before it. A SELECTOR is a job,\n" +
      "a run, a pattern, all, or a state such as failed. With -f and without a name: all that runs now and\n" +
      "what begins later, until the campaign ends.",
    examples: [
      { line: "simrun logs climate_2030", what: "its log so far" },
      { line: "simrun logs -f climate_2030", what: "and what comes, until it ends" },
      { line: "simrun logs -f", what: "of all that runs" },
      { line: "simrun logs failed -n 20", what: "the last lines of what failed" },
      { line: "simrun logs failed --since 10m", what: "what failed in the last ten minutes" },
    ],
    flags: {
      follow: { kind: "switch", letter: "f", brief: "Go on printing until they end" },
      lines: {
        kind: "count",
        letter: "n",
        value: "LINES",
        min: 0,
        brief: "Only so many of the last lines of each (of several with -f: 10)",
      },
      since: {
        kind: "text",
        value: "WHEN",
        brief: "Only of what runs, or ended since then: 10m, 12h, 2026-11-01T12:30, 12:30",
      },
    },
    args: { min: 0, max: Number.POSITIVE_INFINITY, name: "RUN", complete: "run" },
    load: async () =>
      (await load<typeof import("./logs.ts")>(import.meta.resolve("./logs.ts"))).logs,
  }),
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
  command({
    name: "notify",
    group: "look",
    brief: "Tell logs, chats and programs what they were not told yet, or try them",
    synopsis: "",
    about:
      "While a campaign runs, who stands under notify: in its manifests is told by itself. What could not be\n" +
      "told then (a chat that did not answer) is told by the next simrun, or by this. docs/events.md\n" +
      "has the sinks and the events.",
    examples: [
      { line: "simrun notify", what: "what is still to be told" },
      { line: "simrun notify --test", what: "one event to each, to see whether it arrives" },
    ],
    flags: {
      test: { kind: "switch", brief: "Tell each of an end that did not happen" },
    },
    args: { min: 0, max: 0, name: "argument" },
    load: async () =>
      (await load<typeof import("./notify.ts")>(import.meta.resolve("./notify.ts"))).notify,
  }),
  command({
    name: "report",
    group: "look",
    brief: "Write one page about the tree, to mail or to keep: what ran, when, results, failures",
    synopsis: "[JOB…]",
    about:
      "How far it is, a timeline, failures with their causes, figures, results, statistics, checkpoints,\n" +
      "parameters and versions, in one HTML file that needs no network. Also of a tree that is running.",
    examples: [
      { line: "simrun report -o report.html", what: "of the tree at hand" },
      { line: "simrun report climate -o climate.html", what: "of one job" },
      { line: "simrun report --tree /data/simruns -o report.html --force", what: "every night" },
    ],
    flags: {
      output: { kind: "text", letter: "o", value: "FILE", brief: "Write to this file, *.html" },
      force: { kind: "switch", letter: "f", brief: "Overwrite the file of -o" },
      title: { kind: "text", value: "TEXT", brief: "Its title; else the name of the folder" },
    },
    args: { min: 0, max: Number.POSITIVE_INFINITY, name: "JOB", complete: "run" },
    load: async () =>
      (await load<typeof import("./report.ts")>(import.meta.resolve("./report.ts"))).report,
  }),
  command({
    name: "dashboard",
    group: "look",
    brief: "Show a tree, running or finished, as a page in the browser",
    synopsis: "",
    about:
      "Prints the address of a page with progress, what failed and why, a timeline of slots, the queue, all runs\n" +
      "and the results so far, and keeps it up to date until Ctrl-C. It only reads the tree; --control adds\n" +
      "buttons that ask as simrun cancel, pause, continue, priority and retry do. Only this machine can reach it,\n" +
      "and only with the token in its address; docs/dashboard.md tells how to look from elsewhere. simrun run\n" +
      "--dashboard shows a campaign as long as it works.",
    examples: [
      { line: "simrun dashboard", what: "of the tree at hand" },
      { line: "simrun dashboard --control", what: "may also cancel, pause, retry" },
      { line: "simrun dashboard --port 8080", what: "always the same port, for a tunnel" },
    ],
    flags: {
      host: {
        kind: "text",
        value: "ADDRESS",
        brief: "Listen there instead of 127.0.0.1 (not encrypted: a tunnel is better)",
      },
      port: { kind: "count", min: 0, value: "N", brief: "Listen there (default a free one)" },
      control: { kind: "switch", brief: "Allow to cancel, pause, continue, retry, set priorities" },
    },
    args: { min: 0, max: 0, name: "argument" },
    load: async () =>
      (await load<typeof import("./dashboard.ts")>(import.meta.resolve("./dashboard.ts")))
        .dashboard,
  }),
];
