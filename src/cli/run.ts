/** `simrun run`, or no word at all: manifests to results. Starts a slot before it loads anything else. */
import { EXIT, Fault } from "../job/fault.ts";
import { machineMemory } from "../runner/limits.ts";
import { withNiceSlots } from "../runner/run_request.ts";
import { startSlot } from "../runner/slot_processes.ts";
import type { CliContext, GlobalFlags } from "./context.ts";
import { availableCores, coreLimits } from "./cores.ts";
import type { RunFlags } from "./run_flags.ts";
import { memoryOf } from "./memory.ts";
import { parseSlots } from "./slots.ts";
// Asks whether a hangup is ignored, which must be asked before the first process is started.
import "./stop_signals.ts";

export async function run(
  context: CliContext,
  flags: RunFlags & GlobalFlags,
  args: readonly string[],
): Promise<number> {
  // A process takes as long to start as the rest of this program to load: both at once.
  const { slots } = parseSlots(flags.slots, availableCores(coreLimits(context.env)));
  const memory = memoryOf(flags.memory, machineMemory());
  const slot = startSlot(withNiceSlots({ slots, nice: flags.nice, ...memory }));
  try {
    const { hasErrors, modelDiagnostics, readJobs, showDiagnostics } = await import(
      "./read_jobs.ts"
    );
    if (flags.watch && args.includes("-")) {
      throw new Fault("usage", "--watch looks at files again and again; stdin is read once.", {
        hint: "Name a folder, e.g. simrun run --watch jobs/.",
      });
    }
    const reading = await readJobs(context, flags, args);
    const { sources, jobs, diagnostics, locate } = reading;
    if (hasErrors(diagnostics)) {
      // Whoever mends the manifest wants to mend the rest as well.
      const found = await modelDiagnostics(reading, slot);
      showDiagnostics(context, flags, [...diagnostics, ...found], sources);
      return EXIT.usage.status;
    }
    showDiagnostics(context, flags, diagnostics, sources);
    const { execute } = await import("./execute.ts");
    return await execute(context, flags, { jobs, sources, locate, args, slot });
  } finally {
    slot.kill();
  }
}
