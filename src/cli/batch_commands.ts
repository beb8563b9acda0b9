/** The commands of batch systems and scripts, for the table of commands: help, flags, and which file runs each. */
import { load } from "../job/load.ts";
import { type Command, command } from "./command.ts";
import { PILOT_FLAGS } from "./run_flags.ts";

export const BATCH_COMMANDS: readonly Command[] = [
  command({
    name: "pilot",
    group: "run",
    brief: "Compute one shard in a batch job, as submit --slurm has it in its script",
    synopsis: "FOLDER --shard I/N",
    about:
      "FOLDER is that of a submission, in the tree's slurm/. It computes on all cores that it is given, saves\n" +
      "everything before its time is over, and ends with status 75 when there is more to do; never because\n" +
      "all that is left is paused, nor when it began three times and saved nothing.",
    examples: [
      {
        line: "simrun pilot simruns/slurm/1 --tree simruns --shard 3/8",
        what: "in a script of your own",
      },
    ],
    flags: PILOT_FLAGS,
    args: { min: 1, max: 1, name: "FOLDER", complete: "folder" },
    load: async () =>
      (await load<typeof import("./pilot.ts")>(import.meta.resolve("./pilot.ts"))).pilot,
  }),
  command({
    name: "wait",
    group: "look",
    brief: "Wait until nobody works on the tree any more, for scripts",
    synopsis: "",
    about:
      "Also for what was submitted to Slurm and has not begun. Ends with the status of what became of it: 0 when\n" +
      "all runs completed, 3 when some failed or were cancelled, 75 when some are not done.",
    examples: [
      { line: "simrun wait", what: "in a script, before simrun results -o results.csv" },
      { line: "simrun wait --timeout 12h", what: "75 when it is not over by then" },
    ],
    flags: {
      timeout: { kind: "text", value: "DURATION", brief: "Wait no longer than that" },
    },
    args: { min: 0, max: 0, name: "argument" },
    load: async () =>
      (await load<typeof import("./wait.ts")>(import.meta.resolve("./wait.ts"))).wait,
  }),
];
