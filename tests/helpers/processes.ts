/** Processes as /proc shows them: whose children they are, and whether they still live. */

/** The processes that this one has started and that have not ended. */
export function childrenOf(parent: number): number[] {
  const children: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const state = stateOf(Number(name));
    if (state?.parent === parent && state.letter !== "Z") children.push(Number(name));
  }
  return children;
}

/** Whether a process still does anything; a zombie does not. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== undefined && state.letter !== "Z";
}

/** Slots among the children of a process. */
export function slotsOf(parent: number): number[] {
  return childrenOf(parent).filter((pid) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("slot_main.ts");
    } catch {
      return false;
    }
  });
}

/** Waits until a condition holds; fails with these words when it does not for long. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  words: string,
  waitMs = 20_000,
): Promise<void> {
  for (const end = performance.now() + waitMs; !(await holds());) {
    if (performance.now() > end) throw new Error(`waited in vain: ${words}`);
    await new Promise((done) => setTimeout(done, 20));
  }
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
