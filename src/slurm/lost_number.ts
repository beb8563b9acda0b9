/** The number of a submission that was stopped between Slurm's answer and the note of it: found by its script. */
import { join } from "../job/path.ts";
import type { Slurm } from "./client.ts";
import { SCRIPT_FILE, type SubmissionRecord } from "./submission.ts";

/** The same submissions, with the numbers of those of which Slurm knows still. */
export async function findNumbers(
  slurm: Slurm,
  submissions: readonly SubmissionRecord[],
): Promise<readonly SubmissionRecord[]> {
  if (submissions.every(({ job }) => job !== undefined)) return submissions;
  const shown = await slurm("squeue", ["--me", "--states=all", "--noheader", "--format=%F %o"]);
  if (!shown.ok) return submissions;
  const jobs = parseCommands(shown.text);
  return submissions.map((one) => {
    const job = one.job === undefined ? jobs.get(join(one.folder, SCRIPT_FILE)) : undefined;
    return job === undefined ? one : { ...one, job: { job } };
  });
}

/** Numbers by script, of lines like `1234 /scratch/me/simruns/slurm/1/pilot.sh`; an array has several. */
export function parseCommands(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const match = /^\s*(\d+) (\/.*\S)\s*$/.exec(line);
      return match === null ? [] : [[match[2]!, match[1]!] as const];
    }),
  );
}
