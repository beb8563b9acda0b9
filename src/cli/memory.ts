/** How much memory `--memory` gives to all slots together. Pure. */
import { Fault } from "../job/fault.ts";
import { parseSize } from "../manifest/quantity.ts";

/** Below this a slot does not even start. */
const LEAST_BYTES = 128 * 2 ** 20;

export function memoryOf(
  text: string | undefined,
  machineBytes: number,
): { readonly memoryBytes?: number } {
  if (text === undefined) return {};
  const size = parseSize(text);
  if (size.ok && size.value > machineBytes) {
    const has = `${(machineBytes / 2 ** 30).toFixed(1)}GiB`;
    throw new Fault("usage", `--memory ${text} is more than this machine has, which is ${has}.`, {
      hint: "Leave it out to use 80 % of what there is.",
    });
  }
  if (size.ok && size.value >= LEAST_BYTES) return { memoryBytes: size.value };
  throw new Fault(
    "usage",
    size.ok
      ? `--memory is for all slots together; ${text} is too little for one.`
      : `--memory takes a size, not "${text}".`,
    { hint: "For example --memory 512MiB, --memory 16GiB." },
  );
}
