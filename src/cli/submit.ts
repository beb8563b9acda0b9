/** `simrun submit`: gives more manifests to the simrun at work, or to Slurm, once they are without a mistake. */
import { basename } from "node:path";
import type { ControlAction } from "../job/control.ts";
import { EXIT, Fault } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { safeText } from "../screen/safe_text.ts";
import { startSlot } from "../runner/slot_processes.ts";
import { type CliContext, say } from "./context.ts";
import { ask, type ControlFlags, findHolder } from "./ask_holder.ts";
import { refuseSlurmFlags, type SlurmFlags } from "./slurm_flags.ts";
import { hasErrors, modelDiagnostics, readJobs, showDiagnostics } from "./read_jobs.ts";

export async function submit(
  context: CliContext,
  flags: ControlFlags & SlurmFlags,
  args: readonly string[],
): Promise<number> {
  if (flags.slurm) {
    const { submitToSlurm } = await load<typeof import("./submit_slurm.ts")>(
      import.meta.resolve("./submit_slurm.ts"),
    );
    return await submitToSlurm(context, flags, args);
  }
  refuseSlurmFlags(flags);
  if (args.length === 0) {
    throw new Fault("usage", "simrun submit needs FILES.", {
      hint:
        "For example jobs/*.yaml; simrun init writes one to start from. Only with --slurm none\n" +
        "need be named: what was submitted last is submitted once more then.",
    });
  }
  const holder = await findHolder(context, flags, { type: "submit", manifests: [] }, args);
  const slot = startSlot({ slots: 1 });
  try {
    const reading = await readJobs(context, {}, args);
    const found = await modelDiagnostics(reading, slot);
    const diagnostics = [...reading.diagnostics, ...found];
    showDiagnostics(context, flags, diagnostics, reading.sources);
    if (hasErrors(diagnostics)) return EXIT.usage.status;
    if (reading.sinks.length > 0) {
      const { lateSinksText } = await load<typeof import("./late_sinks.ts")>(
        import.meta.resolve("./late_sinks.ts"),
      );
      const late = lateSinksText(holder.layout, reading.sinks);
      if (late !== undefined) say(context, flags, safeText(`note: ${late}`));
    }
    const action: ControlAction = {
      type: "submit",
      // Beside whatever a manifest was read from stand the files that it names.
      manifests: reading.sources.map(({ path, folder, text }) => ({
        path: `${folder}/${basename(path)}`,
        text,
      })),
    };
    // Places are told in the words that the files were named with.
    const asNamed = (message: string): string =>
      reading.sources.reduce(
        (text, { path, folder }) =>
          text.replaceAll(`${safeText(`${folder}/${basename(path)}`)}:`, `${safeText(path)}:`),
        message,
      );
    return await ask(context, flags, action, holder, asNamed, args);
  } finally {
    slot.kill();
  }
}
