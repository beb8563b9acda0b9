/** Batch scripts as text: of the pilots, one a shard, and of what is to be done after them. Pure. */
import { shellWord } from "../job/shell_word.ts";
import type { SlurmWishes } from "../job/slurm.ts";
import { arrayText } from "./array.ts";
import { timeText } from "./time.ts";

export interface ScriptRequest {
  readonly wishes: SlurmWishes;
  /** What squeue shows. */
  readonly name: string;
  /** Where simrun was called: relative paths of a `setup` begin there. */
  readonly cwd: string;
  /** The words that start simrun, on every node. */
  readonly program: readonly string[];
  readonly tree: string;
  /** The submission's own folder in the tree. */
  readonly folder: string;
}

export interface PilotRequest extends ScriptRequest {
  /** The shards that are submitted, of so many. */
  readonly shards: readonly number[];
  readonly of: number;
  readonly atOnceMax: number | undefined;
  /** Flags of simrun run, as they were given. */
  readonly flags: readonly string[];
}

/** In the submission's folder: the shard's pilot was killed, mostly because it took more memory than it had been given. */
export function killedMark(shard: number | string): string {
  return `shard-${shard}.killed`;
}

/** So long before a pilot's end it is told of it, at most; signals may come up to a minute early (sbatch(1), --signal). */
const WARNING_S_MAX = 120;
/** Of a short time no more than this share goes into stopping. */
const WARNING_SHARE = 0.25;

/**
 * One shard of the campaign, on all the cores it is given. The signals of the batch system go to the script alone
 * (`--signal=B:`), so it hands them on. Only what stopped in good order, with more to do, is queued again.
 */
export function pilotScript(request: PilotRequest): string {
  const { wishes, shards, of, atOnceMax, folder, program, tree, flags } = request;
  const shard = `"$SLURM_ARRAY_TASK_ID/${of}"`;
  const words = [...program, "pilot", folder].map((word) => shellWord(word)).join(" ");
  const more = ["--tree", tree, ...flags].map((word) => shellWord(word)).join(" ");
  return script([
    ...directives(request, [
      `--array=${arrayText(shards, atOnceMax)}`,
      ...sizeOf(wishes),
      `--signal=B:USR2@${warningS(wishes.timeMs)}`,
      "--requeue",
      "--open-mode=append",
      `--output=${quoted(`${patternSafe(folder)}/shard-%a.log`)}`,
    ]),
    ...wishes.setup ?? [],
    `if [ ! -e ${shellWord(`${folder}/submission.json`)} ]; then`,
    `  echo ${
      shellWord(`There is no ${tree} on`)
    } "$(hostname)": the tree must be on a disk that all nodes share. >&2`,
    "  exit 2",
    "fi",
    "pilot= told= ended=",
    'trap \'told=1; [ -z "$pilot" ] || kill -USR2 "$pilot"\' USR2',
    'trap \'told=1; ended=1; [ -z "$pilot" ] || kill -TERM "$pilot"\' TERM',
    `killed=${shellWord(folder)}/${killedMark('"$SLURM_ARRAY_TASK_ID"')}`,
    "while :; do",
    `  ${words} --shard ${shard} ${more} &`,
    "  pilot=$!",
    "  # A signal ends the waiting, not the pilot.",
    '  while told=; wait "$pilot"; status=$?; [ -n "$told" ]; do :; done',
    "  # 137: killed, for want of memory most likely. Once more, with half as many runs at a time.",
    '  [ "$status$ended" = 137 ] && [ ! -e "$killed" ] && : >"$killed" || break',
    "done",
    "# 75: everything is saved, and there is more to do; 140: it had hardly begun. Who was told to end (scancel) is not",
    "# queued again.",
    'case "$ended$status" in',
    '  75 | 140) scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" ;;',
    "esac",
    'exit "$status"',
  ]);
}

/** A command of the user's, when the pilots have ended, well or not. In it simrun is this simrun. */
export function finalScript(request: ScriptRequest, command: string): string {
  const { wishes, folder, program, tree } = request;
  return script([
    ...directives(request, [
      "--nodes=1",
      "--ntasks=1",
      ...(wishes.timeMs === undefined ? [] : [`--time=${timeText(wishes.timeMs)}`]),
      `--output=${quoted(`${patternSafe(folder)}/then.log`)}`,
    ]),
    ...wishes.setup ?? [],
    `export SIMRUN_TREE=${shellWord(tree)}`,
    `simrun() { ${program.map((word) => shellWord(word)).join(" ")} "$@"; }`,
    command,
  ]);
}

function script(lines: readonly string[]): string {
  return `#!/bin/bash\n${lines.join("\n")}\n`;
}

function directives({ wishes, name, cwd }: ScriptRequest, own: readonly string[]): string[] {
  const { partition, account, sbatch = [] } = wishes;
  const options = [
    `--job-name=${name}`,
    ...own,
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    `--chdir=${quoted(cwd)}`,
    // Last: who says something twice means the latter.
    ...sbatch,
  ];
  return options.map((option) => `#SBATCH ${option}`);
}

function sizeOf({ cpusPerTask, timeMs, memoryBytes }: SlurmWishes): string[] {
  return [
    "--nodes=1",
    "--ntasks=1",
    ...(cpusPerTask === undefined ? [] : [`--cpus-per-task=${cpusPerTask}`]),
    ...(timeMs === undefined ? [] : [`--time=${timeText(timeMs)}`]),
    ...(memoryBytes === undefined ? [] : [`--mem=${Math.ceil(memoryBytes / 2 ** 20)}M`]),
  ];
}

function warningS(timeMs: number | undefined): number {
  if (timeMs === undefined) return WARNING_S_MAX;
  return Math.max(1, Math.min(WARNING_S_MAX, Math.floor(timeMs / 1000 * WARNING_SHARE)));
}

/** In the name of an output file a percent sign begins a pattern. */
function patternSafe(path: string): string {
  return path.replaceAll("%", "%%");
}

/** What a directive's value must not hold is refused before (`refuseOddPath`). */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text}"`;
}
