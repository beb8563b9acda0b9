/** Hands scripts to Slurm, and notes in the tree what was handed. */
import { Fault } from "../job/fault.ts";
import { join } from "../job/path.ts";
import { writeFileDurable } from "../store/disk.ts";
import type { Layout } from "../store/layout.ts";
import { type Slurm, slurmText } from "./client.ts";
import {
  dropSubmission,
  newSubmissionFolder,
  type Submission,
  type SubmittedJob,
  writeJob,
  writeSubmission,
} from "./submission.ts";

export interface Scripts {
  readonly submission: Submission;
  readonly pilot: (folder: string) => string;
  /** What is to be done when all pilots have ended. */
  readonly then: ((folder: string) => string) | undefined;
  /** Slurm's jobs that compute other shards of the tree: the last job waits for them, too. */
  readonly otherJobs?: readonly string[];
}

/** What is handed is durable before Slurm hears of it; what Slurm refuses is taken away again. */
export async function submitScripts(
  slurm: Slurm,
  layout: Layout,
  { submission, pilot, then, otherJobs = [] }: Scripts,
): Promise<{ readonly record: SubmittedJob; readonly folder: string }> {
  const folder = await newSubmissionFolder(layout);
  let record: SubmittedJob;
  try {
    const script = await writeSubmission(folder, submission, pilot(folder));
    record = parseJob(await slurmText(slurm, "sbatch", ["--parsable", script]));
  } catch (error) {
    await dropSubmission(folder);
    throw error;
  }
  await noted(folder, record);
  if (then === undefined) return { record, folder };
  const after = `--dependency=afterany:${[record.job, ...otherJobs].join(":")}`;
  try {
    const script = join(folder, "then.sh");
    await writeFileDurable(script, then(folder));
    // Also when a pilot failed: what was computed is to be harvested in any case.
    const { job } = parseJob(await slurmText(slurm, "sbatch", ["--parsable", after, script]));
    record = { ...record, then: job };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(
      error.code,
      `The pilots are submitted as job ${record.job}, the last job is not.`,
      {
        hint: `${error.message}\nsbatch ${after} takes one of your own.`,
        cause: error,
      },
    );
  }
  await noted(folder, record);
  return { record, folder };
}

/** Slurm has it by now, whatever becomes of the note: the user must hear of it. */
async function noted(folder: string, record: SubmittedJob): Promise<void> {
  try {
    await writeJob(folder, record);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(error.code, `Slurm took it as job ${record.job}, which could not be noted.`, {
      hint:
        `${error.message}\nsimrun status will not know of it; scancel ${record.job} takes it back.`,
      cause: error,
    });
  }
}

/** `1234`, and `1234;cluster` where there are several (sbatch(1), --parsable). */
function parseJob(text: string): SubmittedJob {
  const match = /^(\d+)(?:;(\S+))?$/.exec(text.trim().split("\n").at(-1) ?? "");
  if (match !== null) {
    return { job: match[1]!, ...(match[2] !== undefined && { cluster: match[2] }) };
  }
  throw new Fault("io", `sbatch did not say a number of a job, but: ${text.trim()}`, {
    hint: "squeue --me shows what it has taken.",
  });
}
