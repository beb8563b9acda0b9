/** How much memory `--memory` gives to all slots together. Pure. */
import { Fault } from "../job/fault.ts";
import { parseSize } from "../manifest/quantity.ts";

/** Below this a slot does not even start. */
const LEAST_BYTES = 128 * 2 ** 20;

export function memoryOf(text: string | undefined): { readonly memoryBytes?: number } {
  if (text === undefined) return {};
  const size = parseSize(text);
  if (size.ok && size.value >= LEAST_BYTES) return { memoryBytes: size.value };
  throw new Fault(
    "usage",
    size.ok
      ? `--memory is for all slots together; ${text} is too little for one.`
      : `--memory takes a size, not "${text}".`,
    { hint: "For example --memory 512MiB, --memory 16GiB." },
  );
}
