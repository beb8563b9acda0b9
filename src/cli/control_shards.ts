/** Requests about a tree that is cut: each shard is asked for its runs, and answers for them. */
import { AtATime } from "../job/at_a_time.ts";
import { Fault } from "../job/fault.ts";
import { shardText } from "../job/shard.ts";
import type { Stream } from "../screen/terminal.ts";
import type { ShardTree } from "../store/shards.ts";
import { NobodyAtWork } from "./ask_holder.ts";
import { type CliContext, type GlobalFlags, printJson, say } from "./context.ts";

/** Shards that are asked at the same time. */
const ASKED_AT_A_TIME = 32;

/**
 * Does the same with every shard that has begun; who knows none of the runs that are meant is passed over. Throws what
 * was said when nobody did anything, and answers the worst status else.
 */
export async function askShards<Flags extends GlobalFlags>(
  context: CliContext,
  flags: Flags,
  shards: readonly ShardTree[],
  askOne: (context: CliContext, flags: Flags) => Promise<number>,
): Promise<number> {
  const faults: Fault[] = [];
  const answers: unknown[] = [];
  let status = 0;
  let done = 0;
  const ask = async (shard: ShardTree): Promise<() => void> => {
    const said: string[] = [];
    const printed: string[] = [];
    const own: CliContext = {
      ...context,
      stdout: listening(context.stdout, printed),
      stderr: listening(context.stderr, said),
    };
    try {
      status = Math.max(status, await askOne(own, { ...flags, tree: shard.layout.root }));
      done++;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(error);
      return () => {};
    }
    return () => {
      const text = said.join("").trim();
      if (text !== "") say(context, flags, `shard ${shardText(shard)}: ${text}`);
      const answer = printed.join("");
      if (answer !== "") answers.push({ shard: shardText(shard), ...JSON.parse(answer) });
    };
  };
  // Each takes its time to look into its inbox: a thousand are not waited for one after the other.
  for (const tell of await new AtATime(ASKED_AT_A_TIME).all(shards, ask)) tell();
  if (done === 0 && faults.length > 0) {
    // That a shard knows nothing of a run says less than that there is nothing to be done with it.
    throw faults.find(({ code }) => code === "tree-busy") ??
      faults.find((fault) => fault instanceof NobodyAtWork) ??
      faults.find(({ code }) => code !== "not-found") ?? faults[0]!;
  }
  if (flags.json) printJson(context.stdout, { shards: answers });
  return status;
}

function listening(stream: Stream, heard: string[]): Stream {
  return {
    ...stream,
    isTerminal: false,
    color: false,
    canRepaint: false,
    write: (text) => void heard.push(text),
  };
}
