/** What a job's model was granted, in words. Pure. */
import type { Grants } from "../job/job.ts";

/** `reads /data and /tables, speaks to example.org`; empty when nothing is granted. */
export function grantsText(allow: Grants | undefined): string {
  if (allow === undefined) return "";
  const parts: string[] = [];
  if (allow.read.length > 0) parts.push(`reads ${joined(allow.read)}`);
  if (allow.net.length > 0) parts.push(`speaks to ${joined(allow.net)}`);
  return parts.join(", ");
}

function joined(words: readonly string[]): string {
  const [last = "", ...before] = words.toReversed();
  return before.length === 0 ? last : `${before.reverse().join(", ")} and ${last}`;
}
