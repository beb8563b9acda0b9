/** Loads a file of simrun when it is needed, and not before. */

/**
 * `load<typeof import("./run.ts")>(import.meta.resolve("./run.ts"))`. The file is named by a value, because the
 * runtime reads, before it runs anything, all that a literal import can reach: for the table of commands that is the
 * whole program, and took every start 10 to 20 ms. The executable holds what `cli/everything.ts` names.
 */
export async function load<Module>(url: string): Promise<Module> {
  return await import(url) as Module;
}
