/** The commands that hand what a tree tells to other programs, for the table of commands: help, flags, and their files. */
import { load } from "../job/load.ts";
import { type Command, command } from "./command.ts";

export const METRICS_COMMANDS: readonly Command[] = [
  command({
    name: "metrics",
    group: "look",
    brief: "Print the state of a tree for Prometheus, keep it in a file, or serve it",
    synopsis: "",
    about:
      "Runs by state, attempts, failures, checkpoints, slots, queue, memory, disk and the time left, of a tree\n" +
      "at work or finished, in the text format of Prometheus. With -o into a file for node_exporter's textfile\n" +
      "collector, which is replaced as a whole; --every repeats that until the simrun at work has ended.",
    examples: [
      { line: "simrun metrics", what: "print them once" },
      { line: "simrun metrics --listen 9464", what: "serve /metrics on this machine until Ctrl-C" },
      {
        line: "simrun metrics -o /var/lib/node_exporter/simrun.prom",
        what: "for a cron job",
      },
      {
        line: "simrun metrics -o simrun.prom --every 15s",
        what: "keep the file up to date beside a campaign",
      },
    ],
    flags: {
      output: { kind: "text", letter: "o", value: "FILE", brief: "Replace FILE by them" },
      listen: {
        kind: "text",
        value: "[HOST:]PORT",
        brief: "Serve /metrics there (127.0.0.1 unless HOST is given) until Ctrl-C",
      },
      every: {
        kind: "text",
        value: "TIME",
        brief: "Write the file again and again, e.g. 15s, until the campaign has ended",
      },
    },
    args: { min: 0, max: 0, name: "argument" },
    load: async () =>
      (await load<typeof import("./metrics.ts")>(import.meta.resolve("./metrics.ts"))).metrics,
  }),
  command({
    name: "traces",
    group: "look",
    brief: "Send the runs of a tree to OpenTelemetry, each as a trace",
    synopsis: "",
    about:
      "Each run that has ended is a trace: its attempts, checkpoints and failures with their true times. They go\n" +
      "by OTLP to where OTEL_EXPORTER_OTLP_ENDPOINT says (http://localhost:4318). Of runs that completed at once\n" +
      "within a second, the first 1,000 of a campaign are sent. What is sent twice is there twice.",
    examples: [
      { line: "simrun traces", what: "all that has ended" },
      { line: "simrun traces --since 12h", what: "what ended in the last 12 hours" },
      {
        line: "simrun traces --follow",
        what: "also what ends from now on, until the campaign has",
      },
    ],
    flags: {
      since: {
        kind: "text",
        value: "WHEN",
        brief: "Only what ended since then: 30d, 12h, 2026-11-01, 2026-11-01T12:30, 12:30",
      },
      follow: {
        kind: "switch",
        letter: "f",
        brief: "Go on until the simrun at work has ended, or Ctrl-C",
      },
    },
    args: { min: 0, max: 0, name: "argument" },
    load: async () =>
      (await load<typeof import("./traces.ts")>(import.meta.resolve("./traces.ts"))).traces,
  }),
];
