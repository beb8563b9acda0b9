/** Loads a file of simrun when it is needed, and not before. */

const loaded = new Map<string, unknown>();

/**
 * `load<typeof import("./run.ts")>(import.meta.resolve("./run.ts"))`. The file is named by a value, because the
 * runtime reads, before it runs anything, all that a literal import can reach: for the table of commands that is the
 * whole program, and took every start 10 to 20 ms. The executable holds what `cli/everything.ts` names.
 */
export async function load<Module>(url: string): Promise<Module> {
  // The runtime takes turns of its event loop even for what it has.
  if (!loaded.has(url)) loaded.set(url, await import(url));
  return loaded.get(url) as Module;
}
