/** A question on the terminal, where there is one; who is not asked has said yes. */
import type { CliContext } from "./context.ts";

const ANSWER_BYTES_MAX = 256;

/** Yes only when it was said. Without a terminal on both sides nobody is asked. */
export async function isYes({ stderr }: CliContext, question: string): Promise<boolean> {
  if (!stderr.isTerminal || !Deno.stdin.isTerminal()) return true;
  stderr.write(`${question} [y/N] `);
  const bytes = new Uint8Array(ANSWER_BYTES_MAX);
  const count = await Deno.stdin.read(bytes) ?? 0;
  return /^\s*y(?:es)?\s*$/i.test(new TextDecoder().decode(bytes.subarray(0, count)));
}
