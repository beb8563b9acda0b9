/**
 * Slurm's log of completed jobs, where a site has one as text (slurm.conf(5), `JobCompType=jobcomp/filetxt`): a line for each
 * time that a job ended, with what it was and how it ended. Without accounting nobody else knows of a job that the
 * controller has forgotten.
 */
import { type SlurmTask, verdictOf } from "../report/slurm_state.ts";
import type { Slurm } from "./client.ts";
import { NO_INDEX } from "./task_id.ts";

/** It grows for ever; older jobs than those of its last part are not looked for. */
const READ_BYTES_MAX = 16 * 2 ** 20;

/** The tasks of an array, as they ended last; none where there is no such log, or it may not be read. */
export async function readCompletions(slurm: Slurm, job: string): Promise<readonly SlurmTask[]> {
  const config = await slurm("scontrol", ["show", "config"]);
  const path = config.ok ? completionLogOf(config.text) : undefined;
  if (path === undefined) return [];
  try {
    return parseCompletions(await lastPartOf(path), job);
  } catch {
    // Mostly only Slurm itself may read it.
    return [];
  }
}

/** Where it is, by `scontrol show config`. */
export function completionLogOf(config: string): string | undefined {
  const value = (name: string) =>
    new RegExp(`^${name}\\s*=\\s*(.*\\S)\\s*$`, "m").exec(config)?.[1];
  const path = value("JobCompLoc");
  return value("JobCompType") === "jobcomp/filetxt" && path?.startsWith("/") ? path : undefined;
}

/** `JobId=8 … JobState=NODE_FAIL … NodeList=n1 … ArrayJobId=7 ArrayTaskId=2 … ExitCode=0:0`; later lines are newer. */
export function parseCompletions(text: string, job: string): SlurmTask[] {
  const found = new Map<number, SlurmTask>();
  for (const line of text.split("\n")) {
    const field = (name: string) => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(line)?.[1];
    const [shard, state, nodes] = [
      Number(field("ArrayTaskId") ?? NO_INDEX),
      field("JobState"),
      field("NodeList"),
    ];
    const isOfJob = (field("ArrayJobId") ?? field("JobId")) === job;
    if (!isOfJob || !Number.isSafeInteger(shard) || state === undefined) continue;
    const exitCode = field("ExitCode");
    found.set(shard, {
      ...{ shard, id: `${job}_${shard}`, state, verdict: verdictOf(state, exitCode) },
      ...(nodes !== undefined && nodes !== "" && nodes !== "(null)" && { nodes }),
      ...(exitCode !== undefined && { exitCode }),
    });
  }
  return [...found.values()];
}

async function lastPartOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  await file.seek(Math.max(0, size - READ_BYTES_MAX), Deno.SeekMode.Start);
  return await new Response(file.readable).text();
}
