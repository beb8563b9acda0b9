/** What a command did not do though its manifest speaks of it, or left that is not kept: told once a job, and no failure. Pure. */
import type { Found } from "../command/run_folder.ts";
import type { CommandModel } from "../job/command.ts";

/** What was found of what the manifest looks for. */
export interface Seen {
  readonly progress: boolean;
  readonly rows: boolean;
}

/** Of a run that completed, from its beginning on. */
export function doubtsOf(
  { progress, measure }: Pick<CommandModel, "progress" | "measure">,
  seen: Seen,
): string[] {
  const doubts: string[] = [];
  if (progress !== undefined && !seen.progress) {
    const where = progress.file ?? "what it printed";
    doubts.push(`it told no progress: nothing in ${where} matches ${progress.pattern}`);
  }
  if (measure !== undefined && !seen.rows) {
    const where = measure.file ?? "what it printed";
    const what = measure.kind === "table"
      ? `there is no row under a line that begins with ${measure.head} in ${where}`
      : `nothing in ${where} matches ${measure.pattern}`;
    doubts.push(`nothing of it was measured: ${what}`);
  }
  return doubts;
}

/** Of what lay in its folder at the end. */
export function notKept(
  globs: readonly string[] | undefined,
  found: Found = { files: [], others: 0, links: 0, empties: 0 },
): string[] {
  const { files, others, links, empties } = found;
  const doubts: string[] = [];
  if (globs !== undefined && globs.length > 0 && files.length + others + links === 0) {
    doubts.push(`none of its files was kept: none matches ${globs.join(", ")}`);
  }
  const gone = [
    ...(links === 0 ? [] : [links === 1 ? "a symbolic link" : `${links} symbolic links`]),
    ...(empties === 0 ? [] : [empties === 1 ? "an empty folder" : `${empties} empty folders`]),
  ];
  if (gone.length > 0) doubts.push(`it left ${gone.join(" and ")}: only files are kept`);
  return doubts;
}

export function othersText(others: number): string {
  return `${others} of its files or folders cannot be kept, and are in the quarantine: ` +
    "their names are not UTF-8, they may not be read, or they are too many";
}
