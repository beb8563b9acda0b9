/** Whether a thread of models may have said that. A model shares it with what speaks for it, and may have got hold of its voice. Pure. */
import type { Batch } from "./slot_files.ts";
import type { FromSimulation } from "./protocol.ts";

/** `running`: the batch of that number, if the thread is at work on it. */
export function isSound(
  message: Exclude<FromSimulation, { type: "alive" }>,
  running: (batch: number) => Batch | undefined,
): boolean {
  if (!("batch" in message)) return true;
  const { runs } = running(message.batch) ?? {};
  if (runs === undefined) return false;
  const isOfBatch = (index: number) => runs.some((run) => run.index === index);
  switch (message.type) {
    case "results":
      return typeof message.text === "string" && !message.text.includes("\n");
    case "yielded":
      return message.indices.length <= runs.length && message.indices.every(isOfBatch);
    case "ended":
      return true;
    default:
      return isOfBatch(message.index);
  }
}
