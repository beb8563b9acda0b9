/** `simrun logs`: what runs have logged, and with `-f` what they go on to log. */
import { EXIT } from "../job/fault.ts";
import { load } from "../job/load.ts";
import type { CliContext } from "./context.ts";
import { refuseStates } from "./log_choice.ts";
import { type LogFlags, printLogs } from "./print_logs.ts";
import { sinceMs } from "./since.ts";

export async function logs(
  context: CliContext,
  flags: LogFlags,
  words: readonly string[],
): Promise<number> {
  const since = flags.since === undefined ? undefined : sinceMs(flags.since, context.now());
  if (flags.follow) {
    refuseStates(words);
    const { followLogs } = await load<typeof import("./log_follow.ts")>(
      import.meta.resolve("./log_follow.ts"),
    );
    return await followLogs(context, flags, words, since);
  }
  await printLogs(context, flags, words, since);
  return EXIT.completed.status;
}
