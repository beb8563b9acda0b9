/** The processes that a command has started, and all that these have: found, counted and ended. Linux tells of them in /proc. */

/** Whoever the parent of a process that lost it becomes; only then can all that a command leaves behind be found. */
interface Reaper {
  /** Whether anything that was left behind is alive; what has ended is buried. */
  hasOrphans(): boolean;
}

let reaper: Reaper | undefined | "unknown" = "unknown";

/** Orphans of commands become children of this process from now on, where the system can do that. */
export function adoptOrphans(): Reaper | undefined {
  if (reaper === "unknown") reaper = openReaper();
  return reaper;
}

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

function openReaper(): Reaper | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const libc = Deno.dlopen("libc.so.6", {
      prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
      waitpid: { parameters: ["i32", "pointer", "i32"], result: "i32" },
    });
    if (libc.symbols.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) !== 0) return undefined;
    return {
      hasOrphans() {
        // To be asked when no command is running: its own end must be left to whoever waits for it.
        for (;;) {
          const pid = libc.symbols.waitpid(-1, null, WNOHANG);
          if (pid <= 0) return pid === 0;
        }
      },
    };
  } catch {
    // Another libc, or a system that forbids it: then they are looked for in /proc.
    return undefined;
  }
}

/** All below a process, the nearest first, without itself; empty where the system does not tell. */
export function descendantsOf(pid: number): number[] {
  const found = childrenOf(pid);
  for (const one of found) found.push(...childrenOf(one));
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    const found: number[] = [];
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const text = Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`);
      for (const word of text.split(" ")) if (word !== "") found.push(Number(word));
    }
    return found;
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/** Resident memory of these processes together; what they share counts for each. */
export function residentBytes(pids: readonly number[]): number {
  let bytes = 0;
  for (const pid of pids) {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      bytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      // It has ended meanwhile.
    }
  }
  return bytes;
}

export function signalAll(pids: readonly number[], signal: Deno.Signal): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, signal);
    } catch {
      // It has ended meanwhile, or is another's.
    }
  }
}

/** So often the tree is looked through again: who is stopped cannot start others, but may have before. */
const LOOKS_MAX = 10;

/** Ends everything below this process at once: all are stopped first, so that none escapes by starting another. */
export function killDescendants(pid = Deno.pid): void {
  let known = -1;
  let all: number[] = [];
  for (let look = 0; look < LOOKS_MAX && all.length !== known; look++) {
    known = all.length;
    all = descendantsOf(pid);
    signalAll(all, "SIGSTOP");
  }
  signalAll(all, "SIGKILL");
}

/** Processes that work in a folder or below it: what a simrun that was killed together with its slots has left. */
export function processesIn(folder: string): number[] {
  const found: number[] = [];
  try {
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const place = Deno.readLinkSync(`/proc/${name}/cwd`);
        if (place === folder || place.startsWith(`${folder}/`)) found.push(Number(name));
      } catch {
        // It has ended meanwhile, or is another's.
      }
    }
  } catch {
    // No system that tells of its processes.
  }
  return found;
}
