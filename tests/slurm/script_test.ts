/** The documented script for Slurm, with programs that only play simrun and scontrol: what it passes on, and when it requeues. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { documentedScript } from "./campaign.ts";

/** Says that it is ready, notes what it hears, and ends when a file says how. */
const SIMRUN = `#!/bin/bash
trap 'echo USR2 >>heard' USR2
trap 'echo TERM >>heard' TERM
echo $$ >pid.new; mv pid.new pid
until [ -s end ]; do sleep 0.02; done
exit "$(cat end)"
`;
const SCONTROL = `#!/bin/bash
echo "$*" >>asked
`;

interface Case {
  readonly name: string;
  /** What Slurm sends: to the script alone, or to all processes. */
  readonly signals: readonly ("USR2" | "TERM to all")[];
  /** How simrun ends then. */
  readonly status: number;
  readonly isRequeued: boolean;
}

const { completed, runsFailed, treeBusy, stopped, terminated } = EXIT;
const CASES: readonly Case[] = [
  { name: "it ends well", signals: [], status: completed.status, isRequeued: false },
  { name: "runs failed", signals: [], status: runsFailed.status, isRequeued: false },
  { name: "another has the tree", signals: [], status: treeBusy.status, isRequeued: false },
  { name: "all that is left is paused", signals: [], status: stopped.status, isRequeued: false },
  { name: "its time is over", signals: ["USR2"], status: stopped.status, isRequeued: true },
  {
    name: "it is told thrice that its time is over",
    signals: ["USR2", "USR2", "USR2"],
    status: stopped.status,
    isRequeued: true,
  },
  {
    name: "it ends well when its time is over",
    signals: ["USR2"],
    status: completed.status,
    isRequeued: false,
  },
  { name: "simrun had hardly begun", signals: ["USR2"], status: 128 + 12, isRequeued: true },
  { name: "scancel", signals: ["TERM to all"], status: terminated.status, isRequeued: false },
  {
    name: "scancel when its time is over",
    signals: ["USR2", "TERM to all"],
    status: stopped.status,
    isRequeued: false,
  },
];

for (const one of CASES) {
  const words = one.isRequeued ? "is requeued once" : "is not requeued";
  Deno.test(`the script of docs/shards.md when ${one.name}: ends with ${one.status}, ${words}`, () =>
    inFolder((folder) => leavesNoProcess(() => play(folder, one))));
}

async function play(folder: string, { signals, status, isRequeued }: Case): Promise<void> {
  await place(folder, "shards.sh", documentedScript());
  for (const [name, text] of [["simrun", SIMRUN], ["scontrol", SCONTROL]] as const) {
    await Deno.chmod(await place(folder, `bin/${name}`, text), 0o755);
  }
  const script = new Deno.Command("bash", {
    args: ["shards.sh"],
    cwd: folder,
    env: {
      PATH: `${join(folder, "bin")}:${Deno.env.get("PATH") ?? ""}`,
      SLURM_SUBMIT_DIR: folder,
      SLURM_ARRAY_JOB_ID: "7",
      SLURM_ARRAY_TASK_ID: "3",
      SLURM_ARRAY_TASK_COUNT: "8",
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const told = (name: string) => read(join(folder, name));
  await until(() => told("pid") !== "", "simrun runs");
  const simrun = Number(told("pid"));
  let sent = 0;
  for (const signal of signals) {
    if (signal === "USR2") script.kill("SIGUSR2");
    else for (const pid of [simrun, script.pid]) Deno.kill(pid, "SIGTERM");
    sent++;
    await until(() => told("heard").split("\n").length > sent, `simrun hears ${signal}`);
  }
  Deno.writeTextFileSync(join(folder, "end"), String(status));
  assert.equal((await script.status).code, status);
  assert.equal(told("asked"), isRequeued ? "requeue 7_3\n" : "");
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
