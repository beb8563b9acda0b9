/**
 * What CI systems are told of an invocation, however it ends: `--junit FILE`, and the summary that GitHub shows of a step.
 * Loaded only where one of them is asked for; what writes them is loaded at the end.
 */
import { Fault } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { absolutePath, dirname } from "../job/path.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import { renderDiagnostics } from "../manifest/render.ts";
import type { ManifestSource } from "../manifest/source.ts";
import type { CiEnd, CiFlags, CiTrouble } from "./ci_facts.ts";
import type { CliContext } from "./context.ts";

/** What is gathered while it runs. */
export class Ci {
  end: CiEnd | undefined;
  trouble: CiTrouble | undefined;
  /** Jobs that are told of, where that is more than what was left to do. */
  jobs: readonly string[] | undefined;
  readonly #context: CliContext;
  readonly #flags: CiFlags;
  readonly #beganMs: number;
  readonly #began: string;

  private constructor(context: CliContext, flags: CiFlags) {
    this.#context = context;
    this.#flags = flags;
    this.#beganMs = context.clockMs();
    this.#began = context.now().toISOString();
  }

  /** Refuses at once what could not be written in the end. */
  static async begin(context: CliContext, flags: CiFlags): Promise<Ci> {
    if (flags.junit !== undefined) {
      await checkPlace(absolutePath(context.cwd, flags.junit), flags.junit);
    }
    return new Ci(context, flags);
  }

  /** Manifests that cannot be run as they are. */
  mistakes(diagnostics: readonly Diagnostic[], sources: readonly ManifestSource[]): void {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    const more = errors.length > 1 ? ` (${errors.length} mistakes)` : "";
    const message = `${errors[0]?.message ?? "the manifest cannot be run"}${more}`;
    const text = renderDiagnostics(errors, sources, { color: false });
    this.trouble = { type: "manifest", message, text };
  }

  /** `status` is the exit status; undefined when it is not known yet, since it is stopped before its end. */
  async write(status: number | undefined): Promise<void> {
    const { junit, dryRun } = this.#flags;
    if (dryRun) return;
    const { writeCiFiles } = await load<typeof import("./ci_files.ts")>(
      import.meta.resolve("./ci_files.ts"),
    );
    await writeCiFiles({
      context: this.#context,
      flags: this.#flags,
      junit: junit === undefined ? undefined : absolutePath(this.#context.cwd, junit),
      stepSummary: this.#context.env("GITHUB_STEP_SUMMARY") || undefined,
      end: this.end && { ...this.end, jobs: this.jobs ?? this.end.jobs },
      trouble: this.trouble,
      status,
      began: this.#began,
      elapsedMs: this.#context.clockMs() - this.#beganMs,
    });
  }
}

/** Runs the command, and writes what was asked for whether it ends well, with a fault, or not at all. */
export async function runForCi(
  context: CliContext,
  flags: CiFlags,
  run: (ci: Ci) => Promise<number>,
): Promise<number> {
  const ci = await Ci.begin(context, flags);
  let status: number;
  try {
    status = await run(ci);
  } catch (error) {
    ci.trouble ??= troubleOf(error);
    // It is the first thing that went wrong that counts.
    await ci.write(error instanceof Fault ? error.exitStatus : 1).catch(() => {});
    throw error;
  }
  await ci.write(status);
  return status;
}

function troubleOf(error: unknown): CiTrouble {
  if (error instanceof Fault) {
    const { code, message, hint } = error;
    return { type: code, message, text: hint === undefined ? message : `${message}\n${hint}` };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: "internal", message: `simrun itself failed: ${message}`, text: message };
}

async function checkPlace(path: string, name: string): Promise<void> {
  const there = await Deno.stat(path).catch(() => undefined);
  if (there?.isDirectory) {
    throw new Fault("usage", `${name} is a folder.`, { hint: "Name a file in it for --junit." });
  }
  const folder = await Deno.stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory) return;
  throw new Fault("usage", `There is no folder ${dirname(name)} to write ${name} into.`, {
    hint: `Type mkdir -p ${dirname(name)}, or name another place for --junit.`,
  });
}
