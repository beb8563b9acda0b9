/** The flags of `submit --slurm`, and what they ask of Slurm. */
import { Fault } from "../job/fault.ts";
import type { SlurmWishes } from "../job/slurm.ts";
import { parseSize } from "../manifest/quantity.ts";
import type { Flags, FlagValues } from "./command.ts";
import { flagName } from "./command.ts";
import { durationOf } from "./overrides.ts";

export const SLURM_FLAGS = {
  slurm: { kind: "switch", brief: "Submit them to Slurm, as an array of pilots" },
  dryRun: {
    kind: "switch",
    letter: "n",
    brief: "Slurm: show the script and the price; submit nothing",
  },
  yes: { kind: "switch", letter: "y", brief: "Slurm: do not ask before it is submitted" },
  nodes: {
    kind: "count",
    min: 1,
    value: "N",
    brief: "Slurm: shards, each on a node of its own (default 1, or what the tree has)",
  },
  cpusPerTask: { kind: "count", min: 1, value: "N", brief: "Slurm: cores of each node" },
  time: { kind: "text", value: "DURATION", brief: "Slurm: how long each may take, e.g. 4h" },
  mem: { kind: "text", value: "SIZE", brief: "Slurm: memory of each node, e.g. 32GiB" },
  partition: { kind: "text", letter: "p", value: "NAME", brief: "Slurm: where to" },
  account: { kind: "text", value: "NAME", brief: "Slurm: who pays" },
  array: {
    kind: "text",
    value: "LIST[%MAX]",
    brief: "Slurm: only these shards, or so many at a time: 3,5-7, %4",
  },
  sbatch: {
    kind: "text",
    value: "OPTIONS",
    isDashed: true,
    brief: "Slurm: further options of sbatch, e.g. '--qos=long --exclusive'",
  },
  profile: {
    kind: "text",
    value: "FILE",
    brief: "Slurm: what to ask for, as under slurm: in YAML",
  },
  runFlags: {
    kind: "text",
    value: "FLAGS",
    isDashed: true,
    brief: "Slurm: flags of simrun run for all pilots, e.g. '--retries 5'",
  },
  learnFrom: {
    kind: "text",
    value: "DIR",
    brief: "Slurm: a tree that knows how long such runs take, for the price and the shares",
  },
  then: {
    kind: "text",
    value: "COMMAND",
    brief: "Slurm: a last job when all have ended: 'simrun results -o r.csv'",
  },
} as const satisfies Flags;

export type SlurmFlags = FlagValues<typeof SLURM_FLAGS>;

/** A flag that says something to Slurm only, where nobody asked for Slurm. */
export function refuseSlurmFlags(flags: SlurmFlags): void {
  for (const [name, { kind }] of Object.entries(SLURM_FLAGS)) {
    const value = flags[name as keyof SlurmFlags];
    if (kind === "switch" ? value !== true : value === undefined) continue;
    throw new Fault("usage", `${flagName(name)} says something to Slurm.`, {
      hint: "Add --slurm: simrun submit --slurm FILES.",
    });
  }
}

/** In place of options, flags or a command: those that were asked for before are not any more. */
export const NONE = "none";

const WORD = /^[A-Za-z0-9_.,@:+-]{1,100}$/;

/** Throws a usage fault that names the flag. */
export function wishesOf(flags: SlurmFlags): SlurmWishes {
  const { nodes, cpusPerTask, time, mem, partition, account, sbatch } = flags;
  for (const [name, value] of [["--partition", partition], ["--account", account]] as const) {
    if (value === undefined || WORD.test(value)) continue;
    throw new Fault("usage", `${name} takes a name, not "${value}".`, {
      hint: "Letters, digits, dots, dashes and underscores.",
    });
  }
  return {
    ...(nodes !== undefined && { nodes }),
    ...(cpusPerTask !== undefined && { cpusPerTask }),
    ...(time !== undefined && {
      timeMs: durationOf("--time", time, { zero: false, hint: "--time 4h, --time 1-12:00:00" }),
    }),
    ...(mem !== undefined && { memoryBytes: bytesOf(mem) }),
    ...(partition !== undefined && { partition }),
    ...(account !== undefined && { account }),
    ...(sbatch !== undefined && { sbatch: optionsOf(sbatch) }),
  };
}

function bytesOf(text: string): number {
  const size = parseSize(text);
  // Slurm takes a number for megabytes, simrun for bytes: nobody should have to know.
  if (size.ok && size.value >= 2 ** 27 && !/^[0-9.]+$/.test(text)) return size.value;
  throw new Fault("usage", `--mem takes a size with its unit, not "${text}".`, {
    hint: "For example --mem 4GiB, --mem 512MiB; at least 128MiB.",
  });
}

/** Of `--qos=long --exclusive` each. A value with blanks in it belongs into a manifest or a profile. */
function optionsOf(text: string): string[] {
  if (text.trim() === NONE) return [];
  const words = text.trim().split(/\s+/);
  const options: string[] = [];
  for (const word of words) {
    if (word.startsWith("-")) options.push(word);
    else if (options.length > 0) options[options.length - 1] += ` ${word}`;
    else {
      throw new Fault("usage", `--sbatch takes options of sbatch, not "${text}".`, {
        hint: "For example --sbatch '--qos=long --constraint=skylake'.",
      });
    }
  }
  return options;
}
