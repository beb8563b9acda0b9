/** The number that a search or a rule goes by, in what a run has computed. Pure. */
import { flatten } from "./flat.ts";

export interface Computed {
  /** Decoded. */
  readonly result: unknown;
  readonly steps: number;
}

/** Undefined where there is no number of that name; it may be NaN. */
export function metricOf(name: string, { result, steps }: Computed): number | undefined {
  const flat = flatten(result);
  for (const key of [name, name.replace(/^result\./, "")]) {
    if (!Object.hasOwn(flat, key)) continue;
    const value = flat[key];
    if (typeof value === "number") return value;
    if (typeof value === "bigint") return Number(value);
  }
  return name === "steps" ? steps : undefined;
}

/** The numbers that there are, as they can be named. */
export function metricNames({ result }: Computed): string[] {
  return Object.entries(flatten(result))
    .filter(([, value]) => typeof value === "number" || typeof value === "bigint")
    .map(([name]) => name);
}
