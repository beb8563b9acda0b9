/** A process that ends with the one that started it, also in the middle of what never returns: Linux can do that. */

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9n;

/** From here on. Elsewhere nothing is done: then only the end of stdin tells of it. */
export function endWithParent(parent: number): void {
  if (Deno.build.os !== "linux") return;
  try {
    const libc = Deno.dlopen("libc.so.6", {
      prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    });
    libc.symbols.prctl(PR_SET_PDEATHSIG, SIGKILL, 0n, 0n, 0n);
  } catch {
    // Another libc, or a system that forbids it.
    return;
  }
  // It had ended before that was asked for.
  if (Deno.ppid !== parent) Deno.exit(1);
}
