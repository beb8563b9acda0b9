/** Of a command's run: the words it was called with, and the folder where its files lie. */
import { join } from "node:path";
import type { CommandModel } from "../job/command.ts";
import type { Job } from "../job/job.ts";
import { shellWord } from "../job/shell_word.ts";
import { KEPT_FOLDER, type Layout } from "../store/layout.ts";
import { formatLong } from "../report/format.ts";
import { commandValues, commandWords } from "../worker/command_values.ts";

export interface CommandTraces {
  /** As it was begun from its beginning. */
  readonly words: readonly string[];
  /** Only there when it is. */
  readonly files?: string;
}

/** Which run of a job. */
interface CommandRun {
  readonly job: Job;
  readonly model: CommandModel;
  readonly index: number;
}

interface Attempt {
  readonly run: string;
  readonly attempt: number;
}

export function commandTraces(
  command: CommandRun,
  attempt: Attempt,
  layout: Layout,
): CommandTraces {
  const files = join(layout.recentFolder(command.job.id, attempt.run), KEPT_FOLDER);
  return { words: wordsOf(command, attempt), ...(isFolder(files) && { files }) };
}

function wordsOf({ job, model, index }: CommandRun, own: Attempt): readonly string[] {
  const { run, attempt } = own;
  const values = commandValues(job, index, { run, attempt, step: 0, checkpoint: "" });
  return commandWords(model, values, false);
}

/** As it would be typed. */
export function commandLine(command: CommandRun, attempt: Attempt): string {
  return lineOf(wordsOf(command, attempt));
}

function lineOf(words: readonly string[]): string {
  return formatLong(words.map((word) => shellWord(word)).join(" "), COMMAND_CHARACTERS_MAX);
}

/** What is longer is typed again by nobody; `--json` has all words. */
const COMMAND_CHARACTERS_MAX = 10_000;

/** For people: a title and a text each. */
export function traceTexts({ words, files }: CommandTraces): [string, string][] {
  return [
    ["command", lineOf(words)],
    ...(files === undefined ? [] : [["files", shellWord(files)] as [string, string]]),
  ];
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
