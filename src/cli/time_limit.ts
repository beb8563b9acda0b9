/** Until when simrun may work: `--time-limit`, or the end of the batch job it runs in. */
import { parseSlurmTime } from "../slurm/time.ts";
import { durationOf } from "./overrides.ts";

const SQUEUE_MS_MAX = 5_000;

/** Milliseconds from now; undefined without a limit. Throws a usage fault. */
export function timeLimitMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const hint = "--time-limit 2h, --time-limit 01:30:00";
  return durationOf("--time-limit", text, { zero: false, hint });
}

/**
 * How long Slurm leaves this job, in milliseconds from now; undefined outside of a job, or where it does not say.
 * Newer versions put the end into the environment (sbatch(1), SLURM_JOB_END_TIME), older ones have to be asked.
 */
export async function batchTimeLeftMs(
  env: (name: string) => string | undefined,
  nowMs: number,
): Promise<number | undefined> {
  const end = Number(env("SLURM_JOB_END_TIME") ?? NaN);
  if (end > 0) return Math.max(0, end * 1000 - nowMs);
  const job = env("SLURM_JOB_ID");
  if (job === undefined || !/^[0-9]+$/.test(job)) return undefined;
  try {
    const { success, stdout } = await new Deno.Command("squeue", {
      args: ["-h", "-j", job, "-o", "%L"],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(SQUEUE_MS_MAX),
    }).output();
    return success ? parseSlurmTime(new TextDecoder().decode(stdout).trim()) : undefined;
  } catch {
    // No such program here: whoever set the variable is no Slurm.
    return undefined;
  }
}
