/** Keys of a job that mean nothing to its kind of model: refused where they stand, for whoever writes them expects something. */
import type { ModelReference } from "../job/job.ts";
import { findEntry, type YamlMap } from "./node.ts";
import { checkPlecsJob } from "./plecs_shape.ts";
import type { Report } from "./shape.ts";

const OF_COMMANDS: { readonly [key: string]: string } = {
  allow: "A command may do what you may do: it is not in the sandbox. Remove the key.",
  measure_every: "A command writes rows when it likes: say how often in its words or templates.",
};

/** Those under `defaults` are for jobs of other kinds, and are left out of this one. */
export function checkKeysOfKind(
  map: YamlMap,
  model: ModelReference | undefined,
  cores: number,
  report: Report,
): void {
  if (model === undefined) return;
  if (model.kind === "plecs") checkPlecsJob(map, report);
  if (model.kind === "command") {
    for (const [key, hint] of Object.entries(OF_COMMANDS)) {
      refuse(map, key, `"${key}" says nothing to a command`, hint, report);
    }
  } else if (cores > 1) {
    const [what, hint] = model.kind === "plecs"
      ? [
        "PLECS",
        "It computes the runs of a batch on all cores by itself: say batch: in the model.",
      ]
      : [
        "a model of simrun's own, which computes on one",
        "Only a command takes several: model: { command: [mpirun, …] }. " +
        "A sweep keeps all cores busy with one run each.",
      ];
    refuse(map, "cores", `"cores" says nothing to ${what}`, hint, report);
  }
}

function refuse(map: YamlMap, key: string, message: string, hint: string, report: Report): void {
  const node = findEntry(map, key)?.keyNode;
  if (node === undefined) return;
  const isOwn = node.source === map.source && node.start >= map.start && node.end <= map.end;
  if (isOwn) report.error(node, "conflict", message, hint);
}
