/** Slurm's own programs, asked in the user's name: their output, or a fault that says what they said. */
import { Fault } from "../job/fault.ts";

/** A controller that is busy answers late; one that is gone never. */
const ANSWER_MS_MAX = 30_000;
/** Who only looks does not wait for it as long. */
const GLANCE_MS_MAX = 5_000;

/** Its programs are here, and no cluster: nothing is configured, or its controller is away. */
const UNREACHABLE =
  /configuration source|unable to contact slurm controller|did not answer within/i;

export type Slurm = (program: string, args: readonly string[]) => Promise<SlurmAnswer>;

export type SlurmAnswer =
  | { readonly ok: true; readonly text: string }
  /** `missing`: there is no such program here. */
  | { readonly ok: false; readonly missing: boolean; readonly message: string };

export const askSlurm: Slurm = (program, args) => answerOf(program, args, ANSWER_MS_MAX);

export const glanceAtSlurm: Slurm = (program, args) => answerOf(program, args, GLANCE_MS_MAX);

/** In English and without colours, whatever the user's environment says. */
async function answerOf(
  program: string,
  args: readonly string[],
  msMax: number,
): Promise<SlurmAnswer> {
  const timeout = AbortSignal.timeout(msMax);
  try {
    const { success, code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      // Numbers of tasks in full, however many there are (slurm's bitstrings are cut off otherwise).
      env: { LC_ALL: "C", SLURM_BITSTR_LEN: "0" },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
      signal: timeout,
    }).output();
    if (timeout.aborted) return silent(program, msMax);
    if (success) return { ok: true, text: new TextDecoder().decode(stdout) };
    const words = new TextDecoder().decode(stderr).trim() || `it ended with status ${code}`;
    return { ok: false, missing: false, message: withoutPrefix(program, words) };
  } catch (error) {
    if (timeout.aborted) return silent(program, msMax);
    const missing = error instanceof Deno.errors.NotFound;
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, missing, message };
  }
}

/** The output; throws a fault where there is none. */
export async function slurmText(
  slurm: Slurm,
  program: string,
  args: readonly string[],
): Promise<string> {
  const answer = await slurm(program, args);
  if (answer.ok) return answer.text;
  if (answer.missing) {
    throw new Fault("usage", `There is no Slurm here: ${program} is not installed.`, {
      hint:
        "Log in to a node from which you submit jobs. Without Slurm each machine can be given a shard\n" +
        "by hand: simrun run FILES --shard 1/8 (docs/shards.md).",
    });
  }
  if (UNREACHABLE.test(answer.message)) {
    throw new Fault(
      "usage",
      `Slurm's controller cannot be reached from here: ${program} found none.`,
      {
        hint:
          "Nothing was submitted. Log in to a node from which you submit jobs; scontrol ping shows whether it answers.",
      },
    );
  }
  throw new Fault("usage", `Slurm's ${program} said no: ${answer.message}`, {
    hint:
      "Nothing was submitted. sinfo shows the partitions, sacctmgr show assoc user=$USER your accounts.",
  });
}

function silent(program: string, msMax: number): SlurmAnswer {
  const message = `it did not answer within ${msMax / 1000} s`;
  return { ok: false, missing: false, message: `${program}: ${message}` };
}

/** `sbatch: error: Batch job submission failed: …` */
function withoutPrefix(program: string, words: string): string {
  return words.split("\n").map((line) =>
    line.startsWith(`${program}: `) ? line.slice(program.length + 2).replace(/^error: /, "") : line
  ).join("; ");
}
