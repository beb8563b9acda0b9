/** `simrun verify`: reads all that a tree holds and says what is damaged; `--repair` sets damaged lines aside. */
import { EXIT, Fault } from "../job/fault.ts";
import { formatNumberOf } from "../report/format.ts";
import { safeText } from "../screen/safe_text.ts";
import { BadCheckpoint, listCheckpoints, verifyCheckpoint } from "../store/checkpoint.ts";
import { readJournal } from "../store/journal_read.ts";
import { repairJournal } from "../store/journal_repair.ts";
import type { Layout } from "../store/layout.ts";
import { acquireLock } from "../store/lock.ts";
import { join } from "../store/path.ts";
import { openTree, subfolders } from "../store/tree.ts";
import {
  type CliContext,
  type GlobalFlags,
  printJson,
  printLines,
  say,
  treeRoot,
} from "./context.ts";

interface VerifyFlags extends GlobalFlags {
  readonly repair: boolean;
}

interface Damage {
  /** Relative to the tree. */
  readonly file: string;
  /** From 1, in the journal. */
  readonly line?: number;
  readonly reason: string;
}

export async function verify(context: CliContext, flags: VerifyFlags): Promise<number> {
  const root = treeRoot(context, flags);
  const layout = await openTree(root, flags.repair ? "write" : "read");
  if (flags.repair) await repair(context, flags, layout);
  const journal = readJournal(layout, () => {});
  const checkpoints = await checkCheckpoints(layout);
  const damages: Damage[] = [
    ...journal.bad.map(({ file, line, reason }) => ({
      file: below(root, file),
      ...(line > 0 ? { line } : {}),
      reason,
    })),
    ...checkpoints.damages,
  ];
  const { entries } = journal;
  if (flags.json) {
    const sound = damages.length === 0;
    printJson(context.stdout, { sound, entries, checkpoints: checkpoints.count, damages });
  } else {
    printLines(
      context.stdout,
      damages.map(({ file, line, reason }) =>
        safeText(`${file}${line === undefined ? "" : `, line ${line}`}: ${reason}`)
      ),
    );
  }
  const what = `${formatNumberOf(entries, "event")} in the journal, ${
    formatNumberOf(checkpoints.count, "checkpoint")
  }`;
  if (damages.length === 0) {
    say(context, flags, `Sound: ${what}.`);
    return EXIT.completed.status;
  }
  const lines = journal.bad.length;
  throw new Fault(
    "tree-damaged",
    `${formatNumberOf(damages.length, "place")} damaged of ${what}.`,
    {
      hint: lines > 0
        ? "simrun verify --repair sets the damaged lines aside and keeps the rest."
        : "simrun goes on from older checkpoints by itself; nothing has to be done.",
    },
  );
}

/** Under the lock, as everything that writes. */
async function repair(context: CliContext, flags: VerifyFlags, layout: Layout): Promise<void> {
  const lock = await acquireLock(layout, { now: context.now });
  try {
    const { lines, segments } = await repairJournal(layout);
    if (lines + segments === 0) return;
    const aside = [
      lines > 0 ? formatNumberOf(lines, "line") : "",
      segments > 0 ? formatNumberOf(segments, "segment") : "",
    ].filter((part) => part !== "").join(" and ");
    say(context, flags, `Set aside in ${layout.quarantineFolder}: ${aside} of the journal.`);
  } finally {
    await lock.release();
  }
}

async function checkCheckpoints(layout: Layout): Promise<{ count: number; damages: Damage[] }> {
  let count = 0;
  const damages: Damage[] = [];
  for (const job of await subfolders(layout.checkpointRoot)) {
    for (const run of await subfolders(join(layout.checkpointRoot, job))) {
      for (const { path } of await listCheckpoints(layout.checkpointFolder(job, run))) {
        count++;
        try {
          await verifyCheckpoint(path);
        } catch (error) {
          // A simrun that works on the tree may have removed it meanwhile.
          if (!(error instanceof BadCheckpoint)) count--;
          else damages.push({ file: below(layout.root, path), reason: error.message });
        }
      }
    }
  }
  return { count, damages };
}

function below(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}
