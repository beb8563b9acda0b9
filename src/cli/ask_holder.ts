/** Asking the simrun at work for something, waiting for its answer, and what to type where nobody works. */
import type { ControlAction, ControlAnswer } from "../job/control.ts";
import { assertNever, EXIT, Fault } from "../job/fault.ts";
import { shellWord } from "../job/shell_word.ts";
import { formatDuration } from "../report/format.ts";
import { safeLines } from "../screen/safe_text.ts";
import type { Layout } from "../store/layout.ts";
import { type OwnerRecord, readOwner } from "../store/owner.ts";
import { makeRequest, postRequest, waitForAnswer } from "../store/postbox.ts";
import { openTree } from "../store/tree.ts";
import {
  type CliContext,
  type GlobalFlags,
  printJson,
  printLines,
  say,
  treeRoot,
} from "./context.ts";
import { RUN_FLAGS } from "./run_flags.ts";
import { type TreeWords, treeWords } from "./tree_words.ts";

export interface ControlFlags extends GlobalFlags {
  readonly noWait: boolean;
}

/** A request lies there for so long; then it is taken back. */
const TAKEN_MS = 10_000;
/** So long an answer is waited for in all. Manifests are answered when their models were loaded. */
const ANSWERED_MS = { submit: 60_000, other: TAKEN_MS } as const;

/** Who works on the tree, to be asked. */
export interface Holder {
  readonly layout: Layout;
  readonly owner: OwnerRecord;
}

/** Throws a Fault that says what to type instead when nobody works on the tree. */
export async function findHolder(
  context: CliContext,
  flags: GlobalFlags,
  action: ControlAction,
  files: readonly string[] = [],
): Promise<Holder> {
  const { holder } = await lookForHolder(context, flags);
  if (holder !== undefined) return holder;
  throw nobody(context, flags, action, files);
}

/** There is no simrun to ask; the hint says what to do about that. */
export class NobodyAtWork extends Fault {}

function nobody(
  context: CliContext,
  flags: GlobalFlags,
  action: ControlAction,
  files: readonly string[] = [],
): Fault {
  const words = treeWords(context, flags);
  return new NobodyAtWork(
    "not-found",
    `Nothing runs on ${words.root}; there is no simrun to ask.`,
    { hint: instead(action, words, files.map((word) => shellWord(word)).join(" ")) },
  );
}

export async function lookForHolder(
  context: CliContext,
  flags: GlobalFlags,
): Promise<{ readonly layout: Layout; readonly holder: Holder | undefined }> {
  const layout = await openTree(treeRoot(context, flags), "read");
  const found = await readOwner(layout, context.now);
  return { layout, holder: found?.alive ? { layout, owner: found.owner } : undefined };
}

/** Asks, and waits for the answer unless that was not wanted. `files` are what a submission was named with. */
export async function ask(
  context: CliContext,
  flags: ControlFlags,
  action: ControlAction,
  holder: Holder,
  worded?: (message: string) => string,
  files?: readonly string[],
): Promise<number> {
  const status = await askWhileThere(context, flags, action, holder, worded);
  if (status === undefined) throw nobody(context, flags, action, files);
  return status;
}

/** Undefined when who was asked ended before it came to the request, which was taken back. */
export async function askWhileThere(
  context: CliContext,
  flags: ControlFlags,
  action: ControlAction,
  { layout, owner }: Holder,
  worded: (message: string) => string = (message) => message,
): Promise<number | undefined> {
  if ("selectors" in action && action.selectors.includes("")) {
    throw new Fault("usage", `simrun ${action.type} takes names of jobs and runs, not "".`, {
      hint: "simrun status shows what there is.",
    });
  }
  const request = makeRequest(action, context.now());
  if (flags.noWait) {
    await postRequest(layout, request);
    if (flags.json) printJson(context.stdout, { id: request.id, answered: false });
    say(context, flags, `Asked; the answer will be in ${layout.answerFile(request.id)}.`);
    return EXIT.completed.status;
  }
  const answeredMs = action.type === "submit" ? ANSWERED_MS.submit : ANSWERED_MS.other;
  const isWorkedOn = async () => (await readOwner(layout, context.now))?.alive ?? false;
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    await postRequest(layout, request);
    const asked = await waitForAnswer(layout, request.id, {
      takenMs: TAKEN_MS,
      answeredMs,
      isWorkedOn,
      signal: interrupted.signal,
    });
    if (asked.kind === "answered") {
      return tell(context, flags, { ...asked.answer, message: worded(asked.answer.message) });
    }
    const isTakenBack = asked.kind === "taken-back";
    if (interrupted.signal.aborted) {
      say(context, flags, isTakenBack ? "Taken back; nothing was done." : "It is being done.");
      return EXIT.interrupted.status;
    }
    if (isTakenBack && !await isWorkedOn()) return undefined;
    const who = `Process ${owner.pid} on ${owner.host}, which works on ${layout.root},`;
    throw isTakenBack
      ? new Fault("tree-busy", `${who} did not answer. The request was taken back.`, {
        hint: "Nothing was done. simrun status shows whether it still works.",
      })
      : new Fault(
        "tree-busy",
        `${who} took the request, and did not answer it in ${formatDuration(answeredMs)}.`,
        {
          hint: `simrun status shows what was done; ${layout.answerFile(request.id)} may yet come.`,
        },
      );
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

function tell(context: CliContext, flags: ControlFlags, answer: ControlAnswer): number {
  if (flags.json) printJson(context.stdout, answer);
  if (answer.ok) {
    say(context, flags, safeLines(answer.message));
    return EXIT.completed.status;
  }
  // Mistakes with their places, as simrun run shows them.
  if (/^\S.*:\d+:\d+: (?:error|warning): /.test(answer.message)) {
    printLines(context.stderr, safeLines(answer.message).split("\n"));
    return EXIT.usage.status;
  }
  // Told as what is refused here is: one sentence, and what else there is below it.
  const [sentence, ...more] = answer.message.split("\n");
  throw new Fault("usage", sentence!, more.length === 0 ? {} : { hint: more.join("\n") });
}

/** What to type when nobody works on the tree. */
function instead(
  action: ControlAction,
  { flag, goOn, isSubmitted }: TreeWords,
  files: string,
): string {
  switch (action.type) {
    case "submit":
      return `To run them, type: simrun ${isSubmitted ? "submit --slurm" : "run"}${flag} ${files}`;
    case "retry": {
      const or = isSubmitted ? "" : ` (or simrun run${flag} FILES)`;
      return `To try failed runs again, type: ${goOn()}${or}`;
    }
    case "continue":
      return `To go on with what is not done, type: ${goOn()}`;
    case "slots":
      return `To begin with so many, type: ${goOn(`-j ${action.slots}`)}`;
    case "priority": {
      const level = RUN_FLAGS.priority.values[action.priority]!;
      return `To begin with another, type: ${goOn(`--priority ${level}`)}`;
    }
    case "cancel":
    case "pause":
      return `None of what is meant waits to be computed; simrun status${flag} shows what there is.`;
    default:
      return assertNever(action);
  }
}
