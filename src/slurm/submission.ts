/** What was submitted to Slurm: in the tree's `slurm/`, a folder for each submission, so that pilots find it and readers know of it. */
import { Fault } from "../job/fault.ts";
import { join } from "../job/path.ts";
import { diskFault, makeFolderDurable, writeFileDurable } from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import type { Layout } from "../store/layout.ts";

/** As it was submitted: whoever changes a file afterwards changes nothing of it. */
export interface SubmittedManifest {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
}

export interface Submission {
  readonly format: "simrun submission";
  readonly version: 1;
  readonly submittedAt: string;
  /** From which machine. */
  readonly host: string;
  readonly of: number;
  readonly shards: readonly number[];
  /** Of all shards, as many as were left. */
  readonly runs: number;
  /** Milliseconds of a step by job, by which the runs are dealt to the shards; by steps alone where it is empty. */
  readonly stepMs: { readonly [job: string]: number };
  readonly manifests: readonly SubmittedManifest[];
  /** Absent in those of the first version. */
  readonly asked?: AskedRecord;
}

/** What was asked for with it, so that it can be asked for once more. */
export interface AskedRecord {
  /** As it stands under `slurm` in a manifest: of manifests, profile and flags together. */
  readonly slurm: { readonly [key: string]: unknown };
  readonly runFlags?: string;
  readonly then?: string;
}

/** Slurm's answer. */
export interface SubmittedJob {
  /** The array's; a task is `1234_5`. */
  readonly job: string;
  readonly cluster?: string;
  /** The job that follows. */
  readonly then?: string;
}

export interface SubmissionRecord {
  readonly number: number;
  readonly folder: string;
  readonly submission: Submission;
  /** Undefined when simrun was stopped before it could note it. */
  readonly job: SubmittedJob | undefined;
}

export const SUBMISSION_FILE = "submission.json";
const JOB_FILE = "job.json";
export const SCRIPT_FILE = "pilot.sh";

/** All of a tree, the oldest first. Folders that hold none are passed over. */
export function listSubmissions(layout: Layout): SubmissionRecord[] {
  const found: SubmissionRecord[] = [];
  for (const number of numbersIn(layout.slurmFolder)) {
    const folder = join(layout.slurmFolder, String(number));
    const submission = readJson(join(folder, SUBMISSION_FILE));
    if (!isSubmission(submission)) continue;
    found.push({ number, folder, submission, job: readJob(folder) });
  }
  return found;
}

/** Where the next one will stand: nobody has this folder yet. */
export async function newSubmissionFolder(layout: Layout): Promise<string> {
  await makeFolderDurable(layout.slurmFolder, { within: layout.root });
  for (let number = (numbersIn(layout.slurmFolder).at(-1) ?? 0) + 1;; number++) {
    const folder = join(layout.slurmFolder, String(number));
    try {
      // Two who submit at the same time: one of them takes the next number.
      await fs.mkdir(folder);
      return folder;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw diskFault(error, folder);
    }
  }
}

/** Durable before sbatch hears of it: a pilot may begin at once. */
export async function writeSubmission(
  folder: string,
  submission: Submission,
  script: string,
): Promise<string> {
  await writeFileDurable(join(folder, SUBMISSION_FILE), JSON.stringify(submission) + "\n");
  const file = join(folder, SCRIPT_FILE);
  await writeFileDurable(file, script);
  return file;
}

export async function writeJob(folder: string, job: SubmittedJob): Promise<void> {
  await writeFileDurable(join(folder, JOB_FILE), JSON.stringify(job) + "\n");
}

/** Whether Slurm's number stands beside it. */
export function hasJob(folder: string): boolean {
  return readJob(folder) !== undefined;
}

function readJob(folder: string): SubmittedJob | undefined {
  const job = readJson(join(folder, JOB_FILE));
  return isJob(job) ? job : undefined;
}

/** One that Slurm did not take. */
export async function dropSubmission(folder: string): Promise<void> {
  await fs.remove(folder, { recursive: true }).catch(() => {});
}

/** The manifests of a submission, as they were. Throws a fault when the file is none of simrun's. */
export function parseSubmission(text: string, path: string): Submission {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isSubmission(value)) return value;
  throw new Fault("manifest", `${path} is no submission that this simrun knows.`, {
    hint: "simrun submit --slurm FILES writes one; name the manifests themselves otherwise.",
  });
}

function isSubmission(value: unknown): value is Submission {
  const one = value as Partial<Submission> | null | undefined;
  return typeof one === "object" && one !== null && one.format === "simrun submission" &&
    one.version === 1 && typeof one.stepMs === "object" && one.stepMs !== null &&
    Number.isSafeInteger(one.of) && Array.isArray(one.shards) &&
    typeof one.submittedAt === "string" && isAsked(one.asked) && Array.isArray(one.manifests) &&
    one.manifests.every((manifest: Partial<SubmittedManifest> | null) =>
      typeof manifest?.path === "string" && typeof manifest.folder === "string" &&
      typeof manifest.text === "string"
    );
}

function isAsked(value: unknown): value is AskedRecord | undefined {
  if (value === undefined) return true;
  const one = value as Partial<AskedRecord> | null;
  const isText = (text: unknown) => text === undefined || typeof text === "string";
  return typeof one === "object" && one !== null && typeof one.slurm === "object" &&
    one.slurm !== null && isText(one.runFlags) && isText(one.then);
}

function isJob(value: unknown): value is SubmittedJob {
  const one = value as Partial<SubmittedJob> | null | undefined;
  return typeof one?.job === "string" && /^[0-9]+$/.test(one.job);
}

function numbersIn(folder: string): number[] {
  try {
    return [...fs.readDirSync(folder)].map(({ name }) => name).filter((name) =>
      /^[1-9][0-9]{0,8}$/.test(name)
    ).map(Number).sort((a, b) => a - b);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw diskFault(error, folder);
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(fs.readTextFileSync(path));
  } catch {
    return undefined;
  }
}
