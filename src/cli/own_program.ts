/** How this very program is started again, as a command: the executable by its path, from source with the runtime. */

/** Before simrun's own words. */
export function programWords(): readonly string[] {
  const entry = new URL("../../main.ts", import.meta.url);
  return Deno.build.standalone
    ? [Deno.execPath()]
    : [Deno.execPath(), "run", "-A", "--quiet", "--no-prompt", "--no-check", entry.href];
}
