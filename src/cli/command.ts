/** What a command is: its words, flags and help, and how its code is loaded when it is called. Data only. */
import type { CliContext, GlobalFlags } from "./context.ts";

export type Flag =
  | FlagBase & { readonly kind: "switch" }
  | FlagBase & ValueFlag & { readonly kind: "text" }
  | FlagBase & ValueFlag & { readonly kind: "count"; readonly min: number }
  | FlagBase & { readonly kind: "choice"; readonly values: readonly string[] };

interface FlagBase {
  /** One letter after one dash. */
  readonly letter?: Letter;
  readonly brief: string;
}

interface ValueFlag {
  /** What stands for the value in the help, e.g. `DIR`. */
  readonly value: string;
  /** Its value may begin with a dash, as in `--sort -mean`. */
  readonly isDashed?: true;
}

type Lower = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "i" | "j" | "k" | "l" | "m" | "n" | "o";
type Letter = Lower | "p" | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z";

/** Flags by name in camel case; typed and shown with dashes. */
export type Flags = { readonly [name: string]: Flag };

export type FlagValues<F extends Flags> = {
  readonly [name in keyof F]: F[name] extends { readonly kind: "switch" } ? boolean
    : F[name] extends { readonly kind: "count" } ? number | undefined
    : F[name] extends { readonly kind: "choice"; readonly values: readonly (infer V)[] }
      ? V | undefined
    : string | undefined;
};

/** Runs a command to its exit status. A {@linkcode Fault} it throws is told to the user. */
export type Handler<V> = (
  context: CliContext,
  flags: V & GlobalFlags,
  args: readonly string[],
) => Promise<number>;

export interface Command {
  readonly name: string;
  readonly group: "run" | "steer" | "look" | "make";
  readonly brief: string;
  /** After the name in the usage line, e.g. `FILES…`. */
  readonly synopsis: string;
  readonly about?: string;
  readonly examples: readonly { readonly line: string; readonly what: string }[];
  readonly flags: Flags;
  readonly args: {
    readonly min: number;
    readonly max: number;
    /** What an argument is, for messages and completion. */
    readonly name: string;
    readonly complete?: "file" | "folder" | "run" | readonly string[];
    /** Said when there are too few, instead of where the help is. */
    readonly missing?: string;
    /** One may be a negative number, which is no flag. */
    readonly isNumber?: true;
  };
  readonly load: () => Promise<Handler<never>>;
}

export const GLOBAL_FLAGS = {
  tree: { kind: "text", value: "DIR", brief: "The tree to work on (SIMRUN_TREE; ./simruns)" },
  json: { kind: "switch", brief: "Print JSON for programs on stdout" },
  quiet: { kind: "switch", letter: "q", brief: "Say nothing but errors" },
  debug: { kind: "switch", brief: "Show where in simrun an error happened" },
} as const satisfies Flags;

/** Checks that the handler takes what the flags give. */
export function command<const F extends Flags>(
  definition: Omit<Command, "flags" | "load"> & {
    readonly flags: F;
    readonly load: () => Promise<Handler<FlagValues<F>>>;
  },
): Command {
  return definition;
}

/** `dryRun` as `--dry-run`. */
export function flagName(name: string): string {
  return "--" + name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
