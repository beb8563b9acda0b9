/** The niceness of a slot on Linux, where every thread has its own. On other systems it does nothing. */
import { simulationThreads } from "./simulation_thread.ts";

/** No thread is nicer. */
const NICEST = 19;
/** The system changes the niceness of groups only so often, for all of a machine together, and refuses in between. */
const AGAIN_MS = 150;
const TRIES_MAX = 40;

/**
 * What the process was started with holds for its group as well. A slot is a session of its own; where the system
 * shares out cores by session (`man 7 sched`, autogroups) the niceness of a thread counts only within.
 */
export function spreadNiceness(): void {
  const { niceness } = ownStat() ?? { niceness: 0 };
  if (niceness > 0) setGroup(niceness);
}

/** Of the batch at work: how much nicer than the process whatever computes it is to be. */
let beyondProcess = 0;

/** Makes a program as nice as a thread of a model would be, before it starts others. */
export function makeNice(pid: number): void {
  const own = beyondProcess === 0 ? undefined : ownStat();
  if (own === undefined) return;
  try {
    const { setPriority } = process.getBuiltinModule("node:os");
    setPriority(pid, Math.min(NICEST, own.niceness + beyondProcess));
  } catch {
    // It has ended already.
  }
}

/** Makes the threads of models nicer than the process by so much. False when the system refuses. */
export function setNiceness(beyond: number): boolean {
  beyondProcess = beyond;
  const own = ownStat();
  if (own === undefined) return true;
  const niceness = Math.min(NICEST, own.niceness + beyond);
  setGroup(niceness);
  const threads = simulationThreads() ?? [];
  // It takes 15 ms to load, and programs have no threads here.
  if (threads.length === 0) return true;
  const { setPriority } = process.getBuiltinModule("node:os");
  let isDone = true;
  for (const thread of threads) {
    try {
      setPriority(thread, niceness);
    } catch {
      // One that has ended meanwhile is in nobody's way.
      isDone &&= !simulationThreads()?.includes(thread);
    }
  }
  return isDone;
}

let wanted = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Everybody may do that for himself, in both directions. */
function setGroup(niceness: number): void {
  wanted = niceness;
  // A group that is shared with others is not ours to change.
  if (timer === undefined && ownStat()?.isLeader) tryGroup(TRIES_MAX);
}

function tryGroup(tries: number): void {
  timer = undefined;
  try {
    Deno.writeTextFileSync("/proc/self/autogroup", String(wanted), { create: false });
  } catch (error) {
    if (!(error instanceof Deno.errors.WouldBlock) || tries <= 1) return;
    // Slots that begin together do not ask together again.
    timer = setTimeout(() => tryGroup(tries - 1), AGAIN_MS * (1 + Math.random()));
    Deno.unrefTimer(timer);
  }
}

/** Of the main thread, and whether it leads its session. */
function ownStat(): { readonly niceness: number; readonly isLeader: boolean } | undefined {
  try {
    const stat = Deno.readTextFileSync("/proc/self/stat");
    // The name stands in parentheses and may hold anything; the third field follows.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { niceness: Number(fields[16]), isLeader: Number(fields[3]) === Deno.pid };
  } catch {
    return undefined;
  }
}
