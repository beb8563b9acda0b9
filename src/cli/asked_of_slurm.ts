/** What is asked for with `submit --slurm`: by manifests, a profile and flags, or once more what was submitted last. */
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { mergeWishes, type SlurmWishes } from "../job/slurm.ts";
import { profileOf, readProfile } from "../manifest/slurm_shape.ts";
import type { ManifestSource } from "../manifest/source.ts";
import { startSlot } from "../runner/slot_processes.ts";
import {
  type AskedRecord,
  listSubmissions,
  SUBMISSION_FILE,
  type SubmissionRecord,
} from "../slurm/submission.ts";
import type { Layout } from "../store/layout.ts";
import { BATCH_COMMANDS } from "./batch_commands.ts";
import { type CliContext, type GlobalFlags, say } from "./context.ts";
import { checkLastCommand } from "./last_command.ts";
import { overridesOf } from "./overrides.ts";
import { parseArguments } from "./parse.ts";
import {
  hasErrors,
  type JobsRead,
  modelDiagnostics,
  readJobs,
  showDiagnostics,
} from "./read_jobs.ts";
import { NONE, type SlurmFlags, wishesOf } from "./slurm_flags.ts";
import { collectSources } from "./sources.ts";

type Flags = SlurmFlags & GlobalFlags;

export interface Asked {
  readonly sources: readonly ManifestSource[];
  /** As the pilots will have them. */
  readonly jobs: readonly Job[];
  readonly wishes: SlurmWishes;
  /** Flags of simrun run, for the pilots. */
  readonly runFlags: readonly string[];
  /** A command when all pilots have ended. */
  readonly then: string | undefined;
  /** With which it can be asked for once more. */
  readonly record: AskedRecord;
}

/** Without manifests that of the last submission, changed by what flags say. Undefined when a mistake was shown. */
export async function readAsked(
  context: CliContext,
  flags: Flags,
  args: readonly string[],
  layout: Layout | undefined,
): Promise<Asked | undefined> {
  const last = args.length > 0 ? undefined : lastOf(layout);
  const before = last?.submission.asked;
  const runFlags = unlessNone(flags.runFlags ?? before?.runFlags);
  const then = unlessNone(flags.then ?? before?.then);
  const { words, override } = await parseRunFlags(runFlags);
  if (then !== undefined) await checkLastCommand(then);
  const named = last === undefined ? args : [`${last.folder}/${SUBMISSION_FILE}`];
  const reading = await readChecked(context, flags, named);
  if (reading === undefined) return undefined;
  const wishes = await allWishes(context, flags, last, reading);
  if (wishes === undefined) return undefined;
  if (last !== undefined) say(context, flags, againText(last));
  return {
    ...{ sources: reading.sources, jobs: reading.jobs.map(override), wishes },
    ...{ runFlags: words, then },
    record: {
      slurm: profileOf(wishes),
      ...(runFlags !== undefined && { runFlags }),
      ...(then !== undefined && { then }),
    },
  };
}

/** The word takes away what was asked for before. */
function unlessNone(text: string | undefined): string | undefined {
  return text?.trim() === NONE ? undefined : text?.trim();
}

function lastOf(layout: Layout | undefined): SubmissionRecord {
  const last = layout === undefined ? undefined : listSubmissions(layout).at(-1);
  if (last !== undefined) return last;
  throw new Fault("no-manifest", "No manifest was named, and nothing was submitted here before.", {
    hint:
      "For example simrun submit --slurm jobs/*.yaml; simrun init slurm writes one to start from.",
  });
}

function againText({ job, submission }: SubmissionRecord): string {
  const as = job === undefined ? "" : ` as job ${job.job}`;
  const names = submission.manifests.map(({ path }) => path).join(", ");
  return `Once more what was submitted${as} on ${submission.submittedAt.slice(0, 10)}: ${names}.`;
}

/** Undefined when something was wrong, and was shown. */
async function readChecked(
  context: CliContext,
  flags: Flags,
  args: readonly string[],
): Promise<JobsRead | undefined> {
  const reading = await readJobs(context, {}, args);
  const slot = startSlot({ slots: 1 });
  try {
    const diagnostics = [...reading.diagnostics, ...await modelDiagnostics(reading, slot)];
    showDiagnostics(context, flags, diagnostics, reading.sources);
    return hasErrors(diagnostics) ? undefined : reading;
  } finally {
    slot.kill();
  }
}

/** Undefined when a mistake was shown. */
async function allWishes(
  context: CliContext,
  flags: Flags,
  last: SubmissionRecord | undefined,
  { slurm }: JobsRead,
): Promise<SlurmWishes | undefined> {
  const asked = last?.submission.asked;
  let wishes: SlurmWishes = {};
  const sources = flags.profile === undefined
    ? []
    : await collectSources([flags.profile], context.cwd);
  // What was asked for then has all of its manifests in it.
  if (asked !== undefined) {
    const path = `${last!.folder}/${SUBMISSION_FILE}`;
    sources.unshift({ path, folder: last!.folder, text: JSON.stringify(asked.slurm) });
  }
  for (const source of sources) {
    const profile = readProfile(source);
    showDiagnostics(context, flags, profile.diagnostics, sources);
    if (hasErrors(profile.diagnostics)) return undefined;
    wishes = mergeWishes(wishes, profile.wishes);
  }
  if (asked === undefined) wishes = mergeWishes(wishes, slurm);
  return mergeWishes(wishes, wishesOf(flags));
}

/** Checked here: a mistake should not be found by every pilot. */
async function parseRunFlags(
  runFlags: string | undefined,
): Promise<{ readonly words: readonly string[]; readonly override: (job: Job) => Job }> {
  const words = runFlags?.split(/\s+/) ?? [];
  const pilot = BATCH_COMMANDS.find(({ name }) => name === "pilot")!;
  const { flags } = await parseArguments(pilot, [...words, "--", "submission"]);
  for (const name of ["shard", "tree"]) {
    if (flags[name] === undefined) continue;
    throw new Fault("usage", `--${name} is given to each pilot by the submission itself.`, {
      hint: `Leave --${name} out of --run-flags.`,
    });
  }
  return { words, override: overridesOf(flags as never) };
}
