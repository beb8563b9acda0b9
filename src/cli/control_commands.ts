/** The commands that steer a simrun at work, for the table of commands: help, flags, and which file runs each. */
import { load } from "../job/load.ts";
import { VISIBLE_STATES } from "../report/selector.ts";
import { type Command, command } from "./command.ts";
import { SLURM_FLAGS } from "./slurm_flags.ts";

const ANY = Number.POSITIVE_INFINITY;
const CONTROL_FLAGS = {
  noWait: { kind: "switch", brief: "Ask, and do not wait for the answer" },
} as const;

const STATES = [...VISIBLE_STATES, "all"];
const LEVELS = ["critical", "high", "normal", "low", "background"];

const SELECTORS =
  "A SELECTOR is a job (ising), a run (ising/3fa9c1, or as much of it as no other run begins with), a\n" +
  "pattern ('ising*'), or a state: running, paused, interrupted, failed, cancelled, waiting, completed;\n" +
  "or all. States narrow names: failed ising are the failed runs of ising. simrun status -a waiting lists\n" +
  "what waits. The simrun that works on the tree is asked, and answers within seconds.";

export const CONTROL_COMMANDS: readonly Command[] = [
  command({
    name: "submit",
    group: "steer",
    brief: "Add manifests to a simrun at work, or hand them to Slurm",
    synopsis: "FILES…",
    about:
      "Checks the manifests and their models first, as simrun validate does, and then has them planned\n" +
      "by the simrun that works on the tree: its runs join the queue. The files may be changed or removed\n" +
      "afterwards; the models may not.\n" +
      "With --slurm they are cut in shards, and an array of jobs computes them, each on all cores of a node;\n" +
      "what is not done when its time is over is saved and queued again. docs/slurm.md tells all of it.",
    examples: [
      { line: "simrun submit more/*.yaml", what: "more work for what runs already" },
      {
        line: "simrun submit --slurm -n --nodes 8 --time 4h jobs/*.yaml",
        what: "the script and price",
      },
      {
        line: "simrun submit --slurm --nodes 8 --time 4h jobs/*.yaml",
        what: "8 nodes of a cluster",
      },
      { line: "simrun submit --slurm", what: "once more, what is not done of what was submitted" },
    ],
    flags: { ...CONTROL_FLAGS, ...SLURM_FLAGS },
    // None is needed to submit to Slurm once more.
    args: { min: 0, max: ANY, name: "FILES", complete: "file" },
    load: async () =>
      (await load<typeof import("./submit.ts")>(import.meta.resolve("./submit.ts"))).submit,
  }),
  command({
    name: "cancel",
    group: "steer",
    brief: "Give runs up: those that run are stopped, those that wait are not begun",
    synopsis: "SELECTOR…",
    about: `${SELECTORS}\nWhat was saved is kept; simrun retry takes cancelled runs up again.`,
    examples: [
      { line: "simrun cancel climate_2030", what: "one job" },
      { line: "simrun cancel waiting 'ising*'", what: "what has not begun of these jobs" },
      { line: "simrun cancel all", what: "everything; Ctrl-C stops and keeps it for later" },
    ],
    flags: CONTROL_FLAGS,
    args: {
      min: 1,
      max: ANY,
      name: "SELECTOR",
      complete: STATES,
      missing: "Name jobs, runs or states; everything is: simrun cancel all",
    },
    load: async () =>
      (await load<typeof import("./control.ts")>(import.meta.resolve("./control.ts"))).cancel,
  }),
  command({
    name: "pause",
    group: "steer",
    brief: "Save runs and let them wait until simrun continue",
    synopsis: "SELECTOR…",
    about:
      `${SELECTORS}\nA pause lasts until simrun continue: simrun resume leaves paused runs alone, too.`,
    examples: [
      { line: "simrun pause 'ising*'", what: "leave the cores to the others" },
      { line: "simrun pause all", what: "free the machine for a while" },
    ],
    flags: CONTROL_FLAGS,
    args: {
      min: 1,
      max: ANY,
      name: "SELECTOR",
      complete: STATES,
      missing: "Name jobs, runs or states; everything is: simrun pause all",
    },
    load: async () =>
      (await load<typeof import("./control.ts")>(import.meta.resolve("./control.ts"))).pause,
  }),
  command({
    name: "continue",
    group: "steer",
    brief: "Go on with paused runs, each from where it was saved",
    synopsis: "SELECTOR…",
    about: `${SELECTORS}\nWhere none works, the next one goes on with them: simrun resume.`,
    examples: [
      { line: "simrun continue 'ising*'", what: "those of these jobs" },
      { line: "simrun continue all", what: "all that is paused" },
    ],
    flags: CONTROL_FLAGS,
    args: {
      min: 1,
      max: ANY,
      name: "SELECTOR",
      complete: STATES,
      missing: "Name jobs, runs or states; everything is: simrun continue all",
    },
    load: async () =>
      (await load<typeof import("./control.ts")>(import.meta.resolve("./control.ts"))).goOn,
  }),
  command({
    name: "retry",
    group: "steer",
    brief: "Try failed and cancelled runs again",
    synopsis: "[SELECTOR…]",
    about:
      `${SELECTORS}\nWithout one, all failed runs are tried again. Where none works, the next one takes up what was\n` +
      "cancelled; what failed simrun resume tries again in any case.",
    examples: [
      { line: "simrun retry", what: "what failed, once its cause is mended" },
      { line: "simrun retry climate_2030", what: "one job, also when it was cancelled" },
      {
        line: "simrun retry cancelled",
        what: "what was cancelled, now or under an earlier simrun",
      },
    ],
    flags: CONTROL_FLAGS,
    args: { min: 0, max: ANY, name: "SELECTOR", complete: STATES },
    load: async () =>
      (await load<typeof import("./control.ts")>(import.meta.resolve("./control.ts"))).retry,
  }),
  command({
    name: "priority",
    group: "steer",
    brief: "Change which runs come first",
    synopsis: "LEVEL SELECTOR…",
    about:
      "LEVEL is critical (or 0), high (1), normal (2), low or background (3). What is critical does not wait:\n" +
      `it takes the slot of the least urgent run, which is saved and goes on later.\n${SELECTORS}\n` +
      "It holds until this simrun ends; the next one goes by the manifests.",
    examples: [
      { line: "simrun priority high climate_2030", what: "before all that is normal" },
      { line: "simrun priority background 'ising*'", what: "when nothing else waits" },
    ],
    flags: CONTROL_FLAGS,
    args: {
      min: 2,
      max: ANY,
      name: "LEVEL and a SELECTOR",
      complete: [...LEVELS, ...STATES],
      missing: "For example simrun priority high climate_2030, or simrun priority low all.",
    },
    load: async () =>
      (await load<typeof import("./control.ts")>(import.meta.resolve("./control.ts"))).priority,
  }),
  command({
    name: "slots",
    group: "steer",
    brief: "Change how many runs are computed at the same time",
    synopsis: "N|N%|-N",
    about:
      "A number, a part of the cores, or all but N, as -j of simrun run. Runs that have no slot any more\n" +
      "are saved and wait.",
    examples: [
      { line: "simrun slots 2", what: "leave the machine to others" },
      { line: "simrun slots 100%", what: "take all of it" },
      { line: "simrun slots -1", what: "all cores but one" },
    ],
    flags: CONTROL_FLAGS,
    args: {
      min: 1,
      max: 1,
      name: "number",
      isNumber: true,
      missing: "For example simrun slots 4, simrun slots 50% or simrun slots -1.",
    },
    load: async () =>
      (await load<typeof import("./control.ts")>(import.meta.resolve("./control.ts"))).slots,
  }),
];
