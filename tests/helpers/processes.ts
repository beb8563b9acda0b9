/** Processes as /proc shows them: whose children they are, and whether they still live. */

/** The processes that this one has started and that have not ended. */
export function childrenOf(parent: number): number[] {
  return allProcesses().filter((pid) => {
    const state = stateOf(pid);
    return state?.parent === parent && state.letter !== "Z";
  });
}

/** Whether a process still does anything; a zombie does not. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== undefined && state.letter !== "Z";
}

/** Slots among the children of a process. */
export function slotsOf(parent: number): number[] {
  return childrenOf(parent).filter((pid) => {
    return commandLine(pid).includes("slot_main.ts");
  });
}

/** Marks every process that is started meanwhile, and those that they start. */
const MARK = "SIMRUN_TEST_MARK";

/** So long a slot may take for the write in hand when its orchestrator is gone, and a little more. */
const LAST_WRITE_MS = 15_000;

/**
 * Calls, and fails when a process that was started in it, however far down, outlives it. To be called within
 * what makes and removes the folder: when the call fails, its processes are ended before the folder goes.
 */
export async function leavesNoProcess(use: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(MARK);
  const mark = crypto.randomUUID();
  Deno.env.set(MARK, mark);
  try {
    await use();
    const end = performance.now() + LAST_WRITE_MS;
    while (markedProcesses(mark).length > 0 && performance.now() < end) await sleep(50);
    const left = markedProcesses(mark).map((pid) => `${pid}: ${commandLine(pid)}`);
    if (left.length > 0) throw new Error(`processes were left over: ${left.join("; ")}`);
  } finally {
    if (before === undefined) Deno.env.delete(MARK);
    else Deno.env.set(MARK, before);
    for (const pid of markedProcesses(mark)) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
    }
  }
}

function markedProcesses(mark: string): number[] {
  const word = `${MARK}=${mark}`;
  return allProcesses().filter((pid) => {
    try {
      const environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
      return environment.split("\0").includes(word) && isAlive(pid);
    } catch {
      return false;
    }
  });
}

function allProcesses(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter(Number.isInteger);
}

function commandLine(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
  } catch {
    return "gone";
  }
}

/** Waits until a condition holds; fails with these words when it does not for long. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  words: string,
  waitMs = 20_000,
): Promise<void> {
  for (const end = performance.now() + waitMs; !(await holds());) {
    if (performance.now() > end) throw new Error(`waited in vain: ${words}`);
    await sleep(20);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function stateOf(pid: number): { letter: string; parent: number } | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name stands in parentheses and may hold anything.
    const [letter, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { letter: letter!, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
