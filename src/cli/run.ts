/** `simrun run`, or no word at all: manifests to results. Starts a slot before it loads anything else. */
import { load } from "../job/load.ts";
import { EXIT, Fault } from "../job/fault.ts";
import { askAhead } from "../runner/inspector.ts";
import { type CliContext, type GlobalFlags, say } from "./context.ts";
import { startSlotEarly } from "./early_slot.ts";
import type { Ci } from "./ci.ts";
import type { RunFlags } from "./run_flags.ts";
// Asks whether a hangup is ignored, which must be asked before the first process is started.
import "./stop_signals.ts";

export async function run(
  context: CliContext,
  flags: RunFlags & GlobalFlags,
  args: readonly string[],
): Promise<number> {
  if (flags.junit === undefined && !context.env("GITHUB_STEP_SUMMARY")) {
    return await runManifests(context, flags, args, undefined);
  }
  const { runForCi } = await load<typeof import("./ci.ts")>(import.meta.resolve("./ci.ts"));
  return await runForCi(context, flags, (ci) => runManifests(context, flags, args, ci));
}

async function runManifests(
  context: CliContext,
  asked: RunFlags & GlobalFlags,
  args: readonly string[],
  ci: Ci | undefined,
): Promise<number> {
  let flags = asked;
  const slot = startSlotEarly(context, flags);
  try {
    const { hasErrors, modelDiagnostics, readJobs, showDiagnostics } = await load<
      typeof import("./read_jobs.ts")
    >(import.meta.resolve("./read_jobs.ts"));
    if (flags.watch && args.includes("-")) {
      throw new Fault("usage", "--watch looks at files again and again; stdin is read once.", {
        hint: "Name a folder, e.g. simrun run --watch jobs/.",
      });
    }
    const reading = await readJobs(context, flags, args);
    const { sources, sinks, diagnostics, locate } = reading;
    let { jobs } = reading;
    if (hasErrors(diagnostics)) {
      // Whoever mends the manifest wants to mend the rest as well.
      const found = await modelDiagnostics(reading, slot);
      showDiagnostics(context, flags, [...diagnostics, ...found], sources);
      ci?.mistakes([...diagnostics, ...found], sources);
      return EXIT.usage.status;
    }
    showDiagnostics(context, flags, diagnostics, sources);
    const { shard } = flags;
    if (shard !== undefined) {
      const { noRunsText, takeShard } = await load<typeof import("./shard.ts")>(
        import.meta.resolve("./shard.ts"),
      );
      ({ jobs, flags } = await takeShard(context, { ...flags, shard }, jobs, sources));
      if (jobs.length === 0) {
        say(context, flags, noRunsText(shard));
        return EXIT.completed.status;
      }
    }
    const inspected = askAhead(slot, jobs);
    const { execute } = await load<typeof import("./execute.ts")>(
      import.meta.resolve("./execute.ts"),
    );
    const work = { jobs, sources, sinks, locate, args, slot, inspected, ci };
    return await execute(context, flags, work);
  } finally {
    slot.kill();
  }
}
