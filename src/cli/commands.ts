/** The table of commands: help, flags, and which file runs each. Loading it loads none of them. */
import { load } from "../job/load.ts";
import { BATCH_COMMANDS } from "./batch_commands.ts";
import { type Command, command } from "./command.ts";
import { CONTROL_COMMANDS } from "./control_commands.ts";
import { METRICS_COMMANDS } from "./metrics_commands.ts";
import { OVERVIEW_COMMANDS } from "./overview_commands.ts";
import { RESULT_FLAGS } from "./result_flags.ts";
import { RESUME_FLAGS, RUN_FLAGS } from "./run_flags.ts";

const RUN_ARG = { name: "RUN", complete: "run" } as const;
const ANY = Number.POSITIVE_INFINITY;

export const COMMANDS: readonly Command[] = [
  command({
    name: "run",
    group: "run",
    brief: "Run manifests: what is not done yet, on every core but one",
    synopsis: "FILES…",
    about:
      "Runs the jobs of the manifests (files, folders, patterns) to their results. What is done is\n" +
      "skipped, what was interrupted goes on at its last checkpoint, what failed is tried again.\n" +
      "The word run may be left out.\n" +
      "Ctrl-C saves everything that runs and stops; a second one stops at once.",
    examples: [
      { line: "simrun jobs/*.yaml", what: "run everything" },
      { line: "simrun -n jobs/", what: "show what would be run, and why" },
      { line: "simrun -j 50% climate.yaml", what: "on half of the cores" },
      {
        line: "simrun run --rerun changed jobs/*.yaml",
        what: "also what an older version of a model computed",
      },
    ],
    flags: RUN_FLAGS,
    args: { min: 1, max: ANY, name: "FILES", complete: "file" },
    load: async () => (await load<typeof import("./run.ts")>(import.meta.resolve("./run.ts"))).run,
  }),
  command({
    name: "resume",
    group: "run",
    brief: "Go on with what was interrupted, without naming the manifests again",
    synopsis: "[JOB…]",
    about:
      "Takes the jobs as they were last planned in the tree and finishes what is not done, each run\n" +
      "from its last good checkpoint. Results are the same, bit for bit, as without the interruption.",
    examples: [
      { line: "simrun resume", what: "after Ctrl-C, a crash or a power cut" },
      { line: "simrun resume climate_2030", what: "only this job" },
      { line: "simrun resume -n", what: "show what would be done" },
    ],
    flags: RESUME_FLAGS,
    args: { min: 0, max: ANY, name: "JOB", complete: "run" },
    load: async () =>
      (await load<typeof import("./resume.ts")>(import.meta.resolve("./resume.ts"))).resume,
  }),
  ...BATCH_COMMANDS,
  ...CONTROL_COMMANDS,
  command({
    name: "status",
    group: "look",
    brief: "Show how far everything is",
    synopsis: "[SELECTOR…]",
    about:
      "Progress in steps, rates, what failed, what was interrupted, paused or cancelled. A SELECTOR is a\n" +
      "job, a run, a pattern, or one of running, paused, interrupted, failed, cancelled, waiting,\n" +
      "completed, all. Never waits for, and never disturbs, a simrun at work.",
    examples: [
      { line: "simrun status", what: "the whole tree" },
      { line: "simrun status --watch", what: "the whole window, moved by keys, until q" },
      { line: "simrun status failed 'ising*'", what: "the failed runs of these jobs" },
      { line: "simrun status --json", what: "for programs" },
    ],
    flags: {
      watch: { kind: "switch", letter: "w", brief: "Go on showing it, until q or Ctrl-C" },
      all: {
        kind: "switch",
        letter: "a",
        brief: "List every run chosen, not only the first of each state",
      },
    },
    args: {
      min: 0,
      max: ANY,
      name: "SELECTOR",
      complete: [
        "running",
        "paused",
        "interrupted",
        "failed",
        "cancelled",
        "waiting",
        "completed",
        "all",
      ],
    },
    load: async () =>
      (await load<typeof import("./status.ts")>(import.meta.resolve("./status.ts"))).status,
  }),
  command({
    name: "results",
    group: "look",
    brief: "Print the results of completed runs, or write them to a file",
    synopsis: "[JOB…]",
    about:
      "The runs of each job's last plan, in the order of its manifest: a table to read, or CSV and\n" +
      "JSON with every digit. Nested results become columns with dots in their names; numbers that\n" +
      'JSON does not have are written as {"$number": "NaN"}. Texts stand in CSV as the model gave\n' +
      "them: one that begins with = is a formula to a spreadsheet; import unknown ones as text.\n" +
      "All of it is told in docs/results.md.",
    examples: [
      { line: "simrun results", what: "everything, as a table" },
      {
        line: "simrun results ising -o ising.csv",
        what: "for a spreadsheet, R or pandas",
      },
      {
        line: "simrun results --where 'co2>300' --sort=-mean --limit 5",
        what: "the five with the largest mean",
      },
      { line: "simrun results --columns run,co2,mean", what: "only these columns" },
      { line: "simrun results 'climate_*' --format json", what: "for programs" },
    ],
    flags: RESULT_FLAGS,
    args: { min: 0, max: ANY, name: "JOB", complete: "run" },
    load: async () =>
      (await load<typeof import("./results.ts")>(import.meta.resolve("./results.ts"))).results,
  }),
  command({
    name: "series",
    group: "look",
    brief: "Print what runs measured step by step",
    synopsis: "RUN|JOB…",
    about:
      "CSV or JSON. One run as it measured, from the column step on; of several runs each row says\n" +
      "whose it is: job, run, the swept parameters, step, and the measurements. Of a run that is not\n" +
      "done it is what stands on the disk so far.",
    examples: [
      { line: "simrun series climate_2030 > climate_2030.csv", what: "of one run" },
      { line: "simrun series ising/3fa9c1", what: "of one run of a sweep" },
      { line: "simrun series ising > ising.csv", what: "of all runs, in one long table" },
      { line: "simrun series 'climate_*' --format json", what: "for programs" },
    ],
    flags: {
      format: { kind: "choice", values: ["csv", "json"], brief: "csv (default) or json" },
    },
    args: { min: 1, max: ANY, name: "RUN", complete: "run" },
    load: async () =>
      (await load<typeof import("./series.ts")>(import.meta.resolve("./series.ts"))).series,
  }),
  command({
    name: "explain",
    group: "look",
    brief: "Tell the story of a run: attempts, failures, checkpoints, what comes next",
    synopsis: "RUN",
    about:
      "Of a job with many runs it tells how many are in which state and why, and names some to look at.",
    examples: [
      { line: "simrun explain climate_2030", what: "a job without sweep is one run" },
      { line: "simrun explain ising/3fa9c1", what: "one run of a sweep" },
      { line: "simrun explain ising", what: "all runs of a sweep in a few lines" },
    ],
    flags: {},
    args: { min: 1, max: 1, ...RUN_ARG },
    load: async () =>
      (await load<typeof import("./explain.ts")>(import.meta.resolve("./explain.ts"))).explain,
  }),
  command({
    name: "checkpoints",
    group: "look",
    brief: "List saved states, or export one for Python",
    synopsis: "[list] [RUN] | export RUN -o PATH",
    about:
      "list reads and checks every file. export writes one .safetensors file, one .npy file, or with a\n" +
      "folder as PATH (state/) a .npy file for each array and the rest of the state as JSON.",
    examples: [
      { line: "simrun checkpoints", what: "all of the tree" },
      { line: "simrun checkpoints climate_2030", what: "step, age, size and soundness" },
      {
        line: "simrun checkpoints export climate_2030 -o state.safetensors",
        what: "the newest good one",
      },
      {
        line: "simrun checkpoints export climate_2030 --step 10000 -o state/",
        what: "a folder with a .npy file an array",
      },
    ],
    flags: {
      step: { kind: "count", min: 0, value: "N", brief: "Export the checkpoint of this step" },
      format: {
        kind: "choice",
        values: ["safetensors", "npy"],
        brief: "safetensors or npy; without it the name of PATH tells",
      },
      output: { kind: "text", letter: "o", value: "PATH", brief: "Where to write the export" },
      force: { kind: "switch", brief: "Overwrite what is there" },
    },
    args: { min: 0, max: 2, name: "RUN", complete: ["list", "export"] },
    load: async () =>
      (await load<typeof import("./checkpoints.ts")>(import.meta.resolve("./checkpoints.ts")))
        .checkpoints,
  }),
  ...OVERVIEW_COMMANDS,
  ...METRICS_COMMANDS,
  command({
    name: "validate",
    group: "make",
    brief: "Check manifests and show every mistake at once",
    synopsis: "FILES…",
    about:
      "All that a run checks before it runs: the manifests, their models (loaded in the sandbox),\n" +
      "the parameters the models take, and the input files. Nothing is computed and nothing written.",
    examples: [
      { line: "simrun validate jobs/*.yaml", what: "line, column and what was meant" },
      { line: "simrun validate --syntax jobs/", what: "the manifests' text only; loads no model" },
      { line: "simrun validate --json jobs/", what: "for editors and CI" },
    ],
    flags: {
      syntax: { kind: "switch", brief: "Check the manifests only; load no model" },
      maxPoints: RUN_FLAGS.maxPoints,
    },
    args: { min: 1, max: ANY, name: "FILES", complete: "file" },
    load: async () =>
      (await load<typeof import("./validate.ts")>(import.meta.resolve("./validate.ts"))).validate,
  }),
  command({
    name: "schema",
    group: "make",
    brief: "Print the JSON Schema of manifests, for editors, or of events",
    synopsis: "[manifest|events]",
    examples: [
      { line: "simrun schema > simrun.schema.json", what: "completion and checks as you type" },
      { line: "simrun schema events", what: "what webhooks, hooks and commands are given" },
    ],
    flags: {},
    args: { min: 0, max: 1, name: "NAME", complete: ["manifest", "events"] },
    load: async () =>
      (await load<typeof import("./schema.ts")>(import.meta.resolve("./schema.ts"))).schema,
  }),
  command({
    name: "init",
    group: "make",
    brief: "Begin with a working example",
    synopsis: "[TEMPLATE] [FOLDER]",
    about: "Without a name it lists the templates. Existing files are never overwritten.",
    examples: [
      { line: "simrun init", what: "what there is" },
      { line: "simrun init ising my_study", what: "manifest and model into my_study/" },
    ],
    flags: {},
    args: { min: 0, max: 2, name: "argument" },
    load: async () =>
      (await load<typeof import("./init.ts")>(import.meta.resolve("./init.ts"))).init,
  }),
  command({
    name: "doctor",
    group: "make",
    brief: "Check this machine and the tree's disk",
    synopsis: "",
    examples: [{
      line: "simrun doctor --tree /scratch/me/simruns",
      what: "before a long campaign",
    }],
    flags: {},
    args: { min: 0, max: 0, name: "argument" },
    load: async () =>
      (await load<typeof import("./doctor.ts")>(import.meta.resolve("./doctor.ts"))).doctor,
  }),
  command({
    name: "verify",
    group: "make",
    brief: "Check all that the tree holds, and repair a damaged journal",
    synopsis: "",
    examples: [
      { line: "simrun verify", what: "what is damaged, if anything" },
      { line: "simrun verify --repair", what: "set damaged lines aside, keep the rest" },
    ],
    flags: {
      repair: { kind: "switch", brief: "Set damaged lines of the journal aside" },
    },
    args: { min: 0, max: 0, name: "argument" },
    load: async () =>
      (await load<typeof import("./verify.ts")>(import.meta.resolve("./verify.ts"))).verify,
  }),
  command({
    name: "completions",
    group: "make",
    brief: "Print the completion script of a shell",
    synopsis: "bash | zsh | fish",
    examples: [
      { line: 'eval "$(simrun completions bash)"', what: "in ~/.bashrc" },
      { line: 'eval "$(simrun completions zsh)"', what: "in ~/.zshrc, after compinit" },
      { line: "simrun completions fish | source", what: "in config.fish" },
    ],
    flags: {},
    args: { min: 1, max: 1, name: "shell", complete: ["bash", "zsh", "fish"] },
    load: async () =>
      (await load<typeof import("./completions.ts")>(import.meta.resolve("./completions.ts")))
        .completions,
  }),
];

export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((candidate) => candidate.name === name);
}
