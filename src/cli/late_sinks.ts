/** Manifests that join a simrun at work: whom they name is not told by it, and is not passed over in silence. */
import type { SinkSpec } from "../job/sink.ts";
import { nameSinks } from "../manifest/notify.ts";
import { readSinks } from "../sink/sink_list.ts";
import type { Layout } from "../store/layout.ts";

/** What to say of those that the simrun at work does not tell; undefined where it tells all of them. */
export function lateSinksText(
  layout: Layout,
  sinks: readonly SinkSpec[],
): string | undefined {
  if (sinks.length === 0) return undefined;
  const known = readSinks(layout);
  const late = nameSinks([...known, ...sinks]).slice(known.length);
  if (late.length === 0) return undefined;
  const names = [...new Set(late.map(({ name }) => name))].join(", ");
  return `${names}: not told of anything by the simrun at work, which settled at its start who is told. ` +
    `A later simrun run with that manifest tells of what happens from then on.`;
}
