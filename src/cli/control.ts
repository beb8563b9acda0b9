/** `simrun cancel`, `pause`, `continue`, `retry`, `priority` and `slots`: asks the simrun at work, prints its answer. */
import { load } from "../job/load.ts";
import { shellWord } from "../job/shell_word.ts";
import type { AloneAction } from "../runner/control_alone.ts";
import type { ControlAction, ControlAnswer } from "../job/control.ts";
import { assertNever, EXIT, Fault } from "../job/fault.ts";
import type { Priority } from "../job/job.ts";
import { suggest } from "../manifest/suggest.ts";
import { formatDuration } from "../report/format.ts";
import { safeLines } from "../screen/safe_text.ts";
import type { Layout } from "../store/layout.ts";
import { type OwnerRecord, readOwner, sameMachine } from "../store/owner.ts";
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
import { availableCores, coreLimits } from "./cores.ts";
import { RUN_FLAGS } from "./run_flags.ts";
import { parseSlots } from "./slots.ts";

export interface ControlFlags extends GlobalFlags {
  readonly noWait: boolean;
}

/** A request lies there for so long; then it is taken back. */
const TAKEN_MS = 10_000;
/** So long an answer is waited for in all. Manifests are answered when their models were loaded. */
const ANSWERED_MS = { submit: 60_000, other: TAKEN_MS } as const;

const LEVELS = RUN_FLAGS.priority.values;

export function cancel(
  context: CliContext,
  flags: ControlFlags,
  selectors: readonly string[],
): Promise<number> {
  return askOrWrite(context, flags, { type: "cancel", selectors });
}

export function pause(
  context: CliContext,
  flags: ControlFlags,
  selectors: readonly string[],
): Promise<number> {
  return askOrWrite(context, flags, { type: "pause", selectors });
}

export function goOn(
  context: CliContext,
  flags: ControlFlags,
  selectors: readonly string[],
): Promise<number> {
  return askOrWrite(context, flags, { type: "continue", selectors });
}

export function retry(
  context: CliContext,
  flags: ControlFlags,
  selectors: readonly string[],
): Promise<number> {
  const chosen = selectors.length === 0 ? ["failed"] : selectors;
  return askOrWrite(context, flags, { type: "retry", selectors: chosen });
}

export async function priority(
  context: CliContext,
  flags: ControlFlags,
  [level, ...selectors]: readonly string[],
): Promise<number> {
  return await askHolder(context, flags, {
    type: "priority",
    selectors,
    priority: parseLevel(level!),
  });
}

export async function slots(
  context: CliContext,
  flags: ControlFlags,
  [text]: readonly string[],
): Promise<number> {
  const cores = availableCores(coreLimits(context.env));
  const { slots, warning } = parseSlots(text, cores, "simrun slots");
  const action: ControlAction = { type: "slots", slots };
  const holder = await findHolder(context, flags, action);
  if (!sameMachine(holder.owner)) {
    return await ask(context, flags, elsewhere(text!, holder), holder);
  }
  if (warning !== undefined) say(context, flags, `note: ${warning}`);
  return await ask(context, flags, action, holder);
}

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
  const { layout, holder } = await lookForHolder(context, flags);
  if (holder !== undefined) return holder;
  throw nobody(layout, flags, action, files);
}

function nobody(
  { root }: Layout,
  flags: GlobalFlags,
  action: ControlAction,
  files: readonly string[] = [],
): Fault {
  return new Fault("not-found", `Nothing runs on ${root}; there is no simrun to ask.`, {
    hint: instead(action, treeFlag(flags), files.map((word) => shellWord(word)).join(" ")),
  });
}

async function lookForHolder(
  context: CliContext,
  flags: GlobalFlags,
): Promise<{ readonly layout: Layout; readonly holder: Holder | undefined }> {
  const layout = await openTree(treeRoot(context, flags), "read");
  const found = await readOwner(layout, context.now);
  return { layout, holder: found?.alive ? { layout, owner: found.owner } : undefined };
}

function treeFlag({ tree }: GlobalFlags): string {
  return tree === undefined ? "" : ` --tree ${shellWord(tree)}`;
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
  if (status === undefined) throw nobody(holder.layout, flags, action, files);
  return status;
}

/** Undefined when who was asked ended before it came to the request, which was taken back. */
async function askWhileThere(
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

async function askHolder(
  context: CliContext,
  flags: ControlFlags,
  action: ControlAction,
): Promise<number> {
  return await ask(context, flags, action, await findHolder(context, flags, action));
}

/** What a person says of runs holds whether or not somebody works on them. */
async function askOrWrite(
  context: CliContext,
  flags: ControlFlags,
  action: AloneAction,
): Promise<number> {
  const { holder } = await lookForHolder(context, flags);
  if (holder !== undefined) {
    const status = await askWhileThere(context, flags, action, holder);
    if (status !== undefined) return status;
  }
  const { answerAlone } = await load<typeof import("./control_alone.ts")>(
    import.meta.resolve("./control_alone.ts"),
  );
  const answer = await answerAlone(context, flags, action, treeFlag(flags));
  if (answer === undefined) return await askHolder(context, flags, action);
  if (flags.json) printJson(context.stdout, answer);
  say(context, flags, answer.message);
  return EXIT.completed.status;
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
function instead(action: ControlAction, tree: string, files: string): string {
  switch (action.type) {
    case "submit":
      return `To run them, type: simrun run${tree} ${files}`;
    case "retry":
      return `To try failed runs again, type: simrun resume${tree} (or simrun run${tree} FILES)`;
    case "continue":
      return `To go on with what is not done, type: simrun resume${tree}`;
    case "slots":
      return `To begin with so many, type: simrun resume${tree} -j ${action.slots}`;
    case "priority": {
      const level = LEVELS[action.priority]!;
      return `To begin with another, type: simrun resume${tree} --priority ${level}`;
    }
    case "cancel":
    case "pause":
      return `None of what is meant waits to be computed; simrun status${tree} shows what there is.`;
    default:
      return assertNever(action);
  }
}

/** By name or number; the last two names are one level. */
function parseLevel(word: string): Priority {
  const last = LEVELS.length - 2;
  const index = /^[0-9]$/.test(word)
    ? Number(word)
    : Math.min((LEVELS as readonly string[]).indexOf(word), last);
  if (index >= 0 && index <= last) return index as Priority;
  const meant = suggest(word, LEVELS);
  throw new Fault(
    "usage",
    `simrun priority takes a level first: ${LEVELS.join(", ")} or 0 to ${last}, not "${word}".`,
    {
      hint: meant === undefined
        ? "For example simrun priority high all."
        : `Did you mean ${meant}?`,
    },
  );
}

/** The cores of this machine say nothing of that one's: only a plain number means the same there. */
function elsewhere(text: string, { owner }: Holder): ControlAction {
  const count = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (count > 0) return { type: "slots", slots: count };
  throw new Fault("usage", `The cores of ${owner.host}, where simrun works, are not known here.`, {
    hint: "Give a plain number, for example simrun slots 8.",
  });
}
