/** How much of what a run says is kept. Known to the thread, which stops listening, and to the agent, which writes. */

/** A log ends here, over all attempts of its run, but for the line that says so. */
export const LOG_BYTES_MAX = 1 << 20;
export const LOG_FULL = "the log is full: nothing more is kept\n";

/** What of a text still goes into a log with so much room; with none left, nothing. */
export function cutLog(text: string, roomBytes: number): string {
  if (roomBytes <= 0) return "";
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= roomBytes) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, roomBytes))}\n${LOG_FULL}`;
}
