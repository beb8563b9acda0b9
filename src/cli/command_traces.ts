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

export function commandTraces(
  { job, model, index }: {
    readonly job: Job;
    readonly model: CommandModel;
    readonly index: number;
  },
  { run, attempt }: { readonly run: string; readonly attempt: number },
  layout: Layout,
): CommandTraces {
  const values = commandValues(job, index, { run, attempt, step: 0, checkpoint: "" });
  const words = commandWords(model, values, false);
  const files = join(layout.recentFolder(job.id, run), KEPT_FOLDER);
  return { words, ...(isFolder(files) && { files }) };
}

/** What is longer is typed again by nobody; `--json` has all words. */
const COMMAND_CHARACTERS_MAX = 10_000;

/** For people: a title and a text each. */
export function traceTexts({ words, files }: CommandTraces): [string, string][] {
  return [
    ["command", formatLong(words.map((word) => shellWord(word)).join(" "), COMMAND_CHARACTERS_MAX)],
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
