/** What the states of Slurm's jobs mean to a campaign (squeue(1), JOB STATE CODES), and how people are told of them. Pure. */
import { EXIT } from "../job/fault.ts";
import { formatNumberOf } from "./format.ts";

/** What Slurm knows of a campaign. */
export interface SlurmState {
  /** The newest task of each shard that was submitted. */
  readonly tasks: readonly SlurmTask[];
  readonly last?: LastJob;
}

/** What is done when all pilots have ended. */
export interface LastJob extends Omit<SlurmTask, "shard" | "restarts"> {
  /** Where its words are, from the tree on. */
  readonly log: string;
}

/** A shard's task in an array, as Slurm knows it. */
export interface SlurmTask {
  readonly shard: number;
  /** `1234_5`. */
  readonly id: string;
  /** In Slurm's words; `UNKNOWN` when it has forgotten. */
  readonly state: string;
  readonly verdict: TaskVerdict;
  /** Why it waits, or what became of it: `Priority`, `Resources`, `NonZeroExitCode`. */
  readonly reason?: string;
  readonly nodes?: string;
  /** Status and signal: `75:0`. */
  readonly exitCode?: string;
  /** How often it was queued again. */
  readonly restarts?: number;
}

/**
 * `waits`, `runs`: it is in the queue. `done`: it ended well. `resumable`: it stopped, or was stopped, for nothing of its
 * own; `fenced`: so, but perhaps it still computes where nobody sees it. `memory`: it asked for more than it had been given.
 * `failed`: look at why. `stopped`: somebody wanted it to end.
 */
export type TaskVerdict =
  | "waits"
  | "runs"
  | "done"
  | "resumable"
  | "fenced"
  | "memory"
  | "failed"
  | "stopped"
  /** Slurm has forgotten it. */
  | "unknown"
  /** Slurm did not answer; the reason tells why. */
  | "unasked";

const VERDICTS: { readonly [state: string]: TaskVerdict } = {
  PENDING: "waits",
  REQUEUED: "waits",
  REQUEUE_HOLD: "waits",
  REQUEUE_FED: "waits",
  SPECIAL_EXIT: "waits",
  RESV_DEL_HOLD: "waits",
  CONFIGURING: "runs",
  RUNNING: "runs",
  COMPLETING: "runs",
  SIGNALING: "runs",
  STAGE_OUT: "runs",
  STOPPED: "runs",
  SUSPENDED: "runs",
  RESIZING: "runs",
  COMPLETED: "done",
  TIMEOUT: "resumable",
  DEADLINE: "resumable",
  PREEMPTED: "resumable",
  NODE_FAIL: "fenced",
  BOOT_FAIL: "fenced",
  OUT_OF_MEMORY: "memory",
  FAILED: "failed",
  CANCELLED: "stopped",
  REVOKED: "stopped",
};

/** Statuses with which simrun says that there is more to do. */
const RESUMABLE_STATUSES = [75, 130, 143];
/** Killed with SIGKILL: that is how what takes too much memory ends, by the system's hand or Slurm's. */
const SIGKILL = 9;

/** `state` may have more behind it (`CANCELLED by 1000`, `NODE_FAIL+`); `exitCode` is `status:signal`. */
export function verdictOf(state: string, exitCode?: string): TaskVerdict {
  const word = /^[A-Z_]+/.exec(state)?.[0] ?? "";
  const verdict = VERDICTS[word] ?? "failed";
  if (verdict !== "failed") return verdict;
  const [status, signal] = (exitCode ?? "").split(":").map(Number);
  if (RESUMABLE_STATUSES.includes(status ?? 0)) return "resumable";
  // The script itself was killed, or only the pilot in it.
  return signal === SIGKILL || status === 128 + SIGKILL ? "memory" : "failed";
}

/** Whether it is over for Slurm. */
export function isOver(verdict: TaskVerdict): boolean {
  return verdict !== "waits" && verdict !== "runs";
}

/** Whether some task may yet write into the tree, as far as Slurm tells. */
export function isQueued(tasks: readonly SlurmTask[]): boolean {
  return tasks.some(({ verdict }) => verdict === "waits" || verdict === "runs");
}

/** What is to be done about it, in words; undefined where nothing is. */
export function adviceFor(verdict: TaskVerdict, exitCode: string | undefined): string | undefined {
  switch (verdict) {
    case "resumable":
      return "submit it again: it goes on at its last checkpoints";
    case "fenced":
      return "its node is gone: submit it again; a copy that wakes up there writes nothing";
    case "memory":
      return "it was killed, for want of memory most likely: submit what is left again, with more --mem";
    case "failed":
      // 53: Slurm could not open the file for its output.
      if (exitCode?.startsWith("0:53")) {
        return "its log could not be written: does its node see the tree?";
      }
      return exitCode === `${EXIT.runsFailed.status}:0`
        ? "some of its runs failed or were cancelled"
        : "its log says why";
    case "stopped":
      return "submit it again to go on";
    case "waits":
    case "runs":
    case "done":
    case "unknown":
    case "unasked":
      return undefined;
  }
}

/** Tasks that ended badly are named, at most so many. */
const NAMED_MAX = 5;

/** `Slurm: 3 run on node[1-3], 5 wait (Priority)`, a line for each that ended otherwise than well, and the last job. */
export function slurmLines({ tasks, last }: SlurmState): string[] {
  if (tasks.length === 0) return [];
  const of = (verdict: TaskVerdict) => tasks.filter((task) => task.verdict === verdict);
  const [unasked] = of("unasked");
  if (unasked !== undefined) {
    return [`Slurm does not answer: ${unasked.reason ?? "nobody knows why"}.`];
  }
  const [runs, waits, done, unknown] = [of("runs"), of("waits"), of("done"), of("unknown")];
  const parts = [
    runs.length === 0 ? "" : `${runs.length} run${plural(runs)}${placesOf(runs)}`,
    waits.length === 0 ? "" : `${waits.length} wait${plural(waits)}${reasonsOf(waits)}`,
    done.length === 0 ? "" : `${done.length} ${done.length === 1 ? "has" : "have"} ended well`,
    unknown.length === 0 ? "" : `${unknown.length} it has forgotten`,
  ].filter((part) => part !== "");
  const bad = tasks.filter(({ verdict }) =>
    isOver(verdict) && adviceFor(verdict, "") !== undefined
  );
  if (bad.length > 0) parts.push(`${bad.length} ended otherwise`);
  const jobs = [...new Set(tasks.map(({ id }) => id.split("_")[0]))];
  const named = bad.slice(0, NAMED_MAX).map((task) => `  ${taskText(task)}`);
  const more = bad.length - named.length;
  if (more > 0) named.push(`  and ${formatNumberOf(more, "more task")}`);
  return [
    `Slurm job ${jobs.join(", ")}: ${parts.join(", ")}.`,
    ...named,
    ...(last === undefined ? [] : [`  ${lastJobText(last)}`]),
  ];
}

/** `last job 13: waits for the pilots` */
export function lastJobText(last: LastJob): string {
  return `last job ${last.id}: ${whatBecameOf(last)}`;
}

function whatBecameOf({ state, verdict, reason, nodes, exitCode, log }: LastJob): string {
  switch (verdict) {
    case "waits":
      return reason === undefined || reason === "Dependency"
        ? "waits for the pilots"
        : `waits (${reason})`;
    case "runs":
      return nodes === undefined ? "runs" : `runs on ${nodes}`;
    case "done":
      return `has ended well, its words are in ${log}`;
    case "unknown":
      return `Slurm has forgotten it, its words are in ${log}`;
    case "unasked":
      return "Slurm does not tell";
    case "stopped":
      return state;
    default: {
      const status = exitCode === undefined || exitCode === "0:0"
        ? ""
        : `, exit status ${exitCode}`;
      return `${state}${status}: ${log} says why`;
    }
  }
}

function plural(tasks: readonly SlurmTask[]): string {
  return tasks.length === 1 ? "s" : "";
}

function placesOf(tasks: readonly SlurmTask[]): string {
  const nodes = [...new Set(tasks.flatMap(({ nodes }) => nodes ?? []))];
  if (nodes.length === 0) return "";
  return ` on ${nodes.slice(0, NAMED_MAX).join(", ")}${nodes.length > NAMED_MAX ? ", …" : ""}`;
}

function reasonsOf(tasks: readonly SlurmTask[]): string {
  const reasons = [...new Set(tasks.flatMap(({ reason }) => reason ?? []))];
  return reasons.length === 0 ? "" : ` (${reasons.slice(0, NAMED_MAX).join(", ")})`;
}

function taskText({ shard, id, state, verdict, nodes, exitCode }: SlurmTask): string {
  const where = nodes === undefined ? "" : ` on ${nodes}`;
  const status = exitCode === undefined || exitCode === "0:0" ? "" : `, exit status ${exitCode}`;
  return `shard ${shard} (${id}): ${state}${where}${status}: ${adviceFor(verdict, exitCode)}`;
}

export function slurmJson(tasks: readonly SlurmTask[]): readonly unknown[] {
  return tasks.map((task) => ({ shard: task.shard, task: task.id, ...stateJson(task) }));
}

export function lastJobJson(last: LastJob): unknown {
  return { job: last.id, ...stateJson(last), log: last.log };
}

function stateJson(task: Omit<SlurmTask, "shard">) {
  const { state, verdict, reason, nodes, exitCode, restarts } = task;
  return {
    ...{ state, verdict },
    ...(reason !== undefined && { reason }),
    ...(nodes !== undefined && { nodes }),
    ...(exitCode !== undefined && { exit_code: exitCode }),
    ...(restarts !== undefined && { restarts }),
  };
}
