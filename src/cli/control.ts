/** `simrun cancel`, `pause`, `continue`, `retry`, `priority` and `slots`: asks the simrun at work, prints its answer. */
import { load } from "../job/load.ts";
import type { AloneAction } from "../runner/control_alone.ts";
import type { ControlAction } from "../job/control.ts";
import { EXIT, Fault } from "../job/fault.ts";
import type { Priority } from "../job/job.ts";
import { suggest } from "../manifest/suggest.ts";
import { Layout } from "../store/layout.ts";
import { sameMachine } from "../store/owner.ts";
import { listShards } from "../store/shards.ts";
import {
  ask,
  askWhileThere,
  type ControlFlags,
  findHolder,
  type Holder,
  lookForHolder,
} from "./ask_holder.ts";
import { type CliContext, printJson, say, treeRoot } from "./context.ts";
import { availableCores, coreLimits } from "./cores.ts";
import { RUN_FLAGS } from "./run_flags.ts";
import { parseSlots } from "./slots.ts";

export type { ControlFlags } from "./ask_holder.ts";

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
  words: readonly string[],
): Promise<number> {
  return await ofEachShard(context, flags, (own, flags) => slotsOf(own, flags, words));
}

async function slotsOf(
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

async function askHolder(
  context: CliContext,
  flags: ControlFlags,
  action: ControlAction,
): Promise<number> {
  return await ofEachShard(
    context,
    flags,
    async (own, flags) => await ask(own, flags, action, await findHolder(own, flags, action)),
  );
}

/** Once where the tree is not cut. */
async function ofEachShard(
  context: CliContext,
  flags: ControlFlags,
  askOne: (context: CliContext, flags: ControlFlags) => Promise<number>,
): Promise<number> {
  const shards = listShards(new Layout(treeRoot(context, flags)));
  if (shards.length === 0) return await askOne(context, flags);
  const { askShards } = await load<typeof import("./control_shards.ts")>(
    import.meta.resolve("./control_shards.ts"),
  );
  return await askShards(context, flags, shards, askOne);
}

/** What a person says of runs holds whether or not somebody works on them. */
async function askOrWrite(
  context: CliContext,
  flags: ControlFlags,
  action: AloneAction,
): Promise<number> {
  const queued = await askQueue(context, flags, action);
  try {
    return await ofEachShard(context, flags, (own, flags) => askOrWriteOne(own, flags, action));
  } catch (error) {
    // Where nothing has begun there is nothing else to be done.
    if (queued > 0 && error instanceof Fault && error.code === "not-found") return 0;
    throw error;
  }
}

/** Of a campaign that was submitted to Slurm all that has not begun is in its queue. How many pilots it was done with. */
async function askQueue(
  context: CliContext,
  flags: ControlFlags,
  { type, selectors }: AloneAction,
): Promise<number> {
  if (type === "retry" || !selectors.includes("all")) return 0;
  const { slurmFolder } = new Layout(treeRoot(context, flags));
  if (!await Deno.stat(slurmFolder).then(() => true, () => false)) return 0;
  const { doWithQueued } = await load<typeof import("./control_slurm.ts")>(
    import.meta.resolve("./control_slurm.ts"),
  );
  return await doWithQueued(context, flags, type);
}

async function askOrWriteOne(
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
  const answer = await answerAlone(context, flags, action);
  if (answer === undefined) return await askHolder(context, flags, action);
  if (flags.json) printJson(context.stdout, answer);
  say(context, flags, answer.message);
  return EXIT.completed.status;
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
