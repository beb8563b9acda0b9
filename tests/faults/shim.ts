/** Runs the real program under the fault shim: what it did to its tree, and what happens at a chosen operation. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("./fault_shim.c", import.meta.url));
const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

export type Role = "orchestrator" | "slot";

/** All but the last two change something, or hold a lock. */
export const CHANGES = [
  "open",
  "write",
  "sync",
  "rename",
  "remove",
  "mkdir",
  "link",
  "truncate",
  "lock",
  "copy",
] as const;
export type Kind = typeof CHANGES[number] | "utime" | "look";

export type Action =
  | "kill"
  | "kill-after"
  | "kill-all"
  | "kill-all-after"
  | "EIO"
  | "ENOSPC"
  | "EDQUOT"
  | "short"
  | "done-EIO";

/** What is to happen at the `at`-th operation of these kinds that a role does. */
export interface Fault {
  readonly role: Role;
  readonly kinds: readonly Kind[];
  readonly at: number;
  readonly action: Action;
  /** Everything of these kinds fails from there on, whoever does it. */
  readonly stays?: boolean;
}

/** One line of the log. */
export interface Operation {
  readonly role: Role;
  readonly pid: number;
  /** Among the changes of its role, from 1; 0 for others. */
  readonly number: number;
  readonly kind: Kind | "begin" | "tick";
  readonly fd: number;
  /** `ok`, `errno 2`, or the action that befell it. */
  readonly outcome: string;
  readonly path: string;
  /** What was renamed to the path; empty for all else. */
  readonly from: string;
}

export interface Ended {
  readonly status: number;
  readonly signal: string | null;
  readonly stderr: string;
  readonly operations: readonly Operation[];
  /** The operation at which the fault happened (the first, of one that stays); absent when it was never reached. */
  readonly struck: Operation | undefined;
}

/** Where the compiler is missing the tests of faults are left out, but not where all tests must run. */
export const CAN_FAULT = Deno.build.os === "linux" &&
  (Deno.env.get("CI") === "true" || hasCompiler());

/** For the name of a test that is left out. */
export const NEEDS = CAN_FAULT ? "" : " (left out: needs Linux and a C compiler as cc)";

/** The words with which a fault is given to the shim, and by which a failing test names it. */
export function describeFault({ role, kinds, at, action, stays }: Fault): string {
  const all = CHANGES.every((kind) => kinds.includes(kind));
  const which = all ? "change" : kinds.join(",");
  return [role, which, at, action, ...(stays ? ["on"] : [])].join(":");
}

/** The library, compiled. */
export class Shim {
  readonly #folder: string;
  readonly #library: string;
  #runs = 0;

  private constructor(folder: string, library: string) {
    this.#folder = folder;
    this.#library = library;
  }

  /** Compiles it into a folder. Models below it may tell their steps. */
  static async build(folder: string): Promise<Shim> {
    const library = join(folder, "fault_shim.so");
    const args = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE];
    const { success, stderr } = await new Deno.Command("cc", { args: [...args, "-ldl"] }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new Shim(folder, library);
  }

  /** Runs simrun to its end, however that comes. Counters and log stand beside the library. */
  async run(
    tree: string,
    words: readonly string[],
    options: {
      readonly fault?: Fault | undefined;
      /** A limit on the size of files, as `ulimit -f` sets it; the log ends where it begins. */
      readonly fileBytesMax?: number;
    } = {},
  ): Promise<Ended> {
    const name = join(this.#folder, `run-${++this.#runs}`);
    const [log, state] = [`${name}.log`, `${name}.state`];
    const program = ["run", "-A", "--quiet", "--no-check", MAIN];
    const { code, signal, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...program, ...words, "--tree", tree, "--slots", "1"],
      env: {
        LD_PRELOAD: this.#library,
        SIMRUN_TEST_ROOT: tree,
        SIMRUN_TEST_STATE: state,
        SIMRUN_TEST_LOG: log,
        SIMRUN_TEST_WATCH: this.#folder,
        ...(options.fault !== undefined && { SIMRUN_TEST_PLAN: describeFault(options.fault) }),
        ...(options.fileBytesMax !== undefined &&
          { SIMRUN_TEST_FSIZE: String(options.fileBytesMax) }),
        NO_COLOR: "1",
        CI: "",
      },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    const operations = parseLog(await Deno.readTextFile(log));
    const { action } = options.fault ?? {};
    return {
      status: code,
      signal,
      stderr: new TextDecoder().decode(stderr),
      operations,
      struck: operations.find(({ outcome }) => outcome === action),
    };
  }
}

/** A last line may be cut off by a kill. */
export function parseLog(text: string): Operation[] {
  return text.split("\n").slice(0, -1).map((line) => {
    const [role, pid, number, kind, fd, outcome, path, from] = line.split("\t");
    return {
      role: role as Role,
      pid: Number(pid),
      number: Number(number),
      kind: kind as Operation["kind"],
      fd: Number(fd),
      outcome: outcome!,
      path: path!,
      from: from ?? "",
    };
  });
}

function hasCompiler(): boolean {
  try {
    return new Deno.Command("cc", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}
