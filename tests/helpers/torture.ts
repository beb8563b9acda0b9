/** How much is tried: a little at every test, the full numbers with `SIMRUN_TORTURE=1`, from one seed. */
import { seeded } from "./seeded.ts";

/** Whether the long version was asked for. */
export const isTorture = Deno.env.get("SIMRUN_TORTURE") === "1";

/** So many cases are tried, or these. */
export function cases<T>(numbers: { readonly short: T; readonly long: T }): T {
  return isTorture ? numbers.long : numbers.short;
}

/** From `SIMRUN_SEED`, else a new one for every call of the tests. Whoever fails prints it. */
export function seedOf(): number {
  const asked = Deno.env.get("SIMRUN_SEED");
  return asked === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : Number(asked);
}

export { seeded };
