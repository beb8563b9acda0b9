/** What `cancel all`, `pause all` and `continue all` mean for pilots that wait in Slurm's queue and have not begun. */
import { formatNumberOf } from "../report/format.ts";
import type { SlurmTask } from "../report/slurm_state.ts";
import { arrayText } from "../slurm/array.ts";
import { askSlurm } from "../slurm/client.ts";
import { listSubmissions } from "../slurm/submission.ts";
import { readTasks } from "../slurm/tasks.ts";
import { Layout } from "../store/layout.ts";
import { type CliContext, type GlobalFlags, say, treeRoot } from "./context.ts";

export type QueueAction = "cancel" | "pause" | "continue";

/** Held by the user himself (`uhold`): what somebody else holds is not his to release. */
const HELD = /^JobHeldUser/;

const ACTIONS: {
  readonly [action in QueueAction]: {
    readonly words: (tasks: string) => readonly [string, ...string[]];
    readonly said: string;
    readonly isMeant: (task: SlurmTask) => boolean;
  };
} = {
  cancel: {
    words: (tasks) => ["scancel", tasks],
    said: "taken out of the queue",
    isMeant: () => true,
  },
  pause: {
    words: (tasks) => ["scontrol", "uhold", tasks],
    said: "held in the queue",
    isMeant: ({ reason }) => !HELD.test(reason ?? ""),
  },
  continue: {
    words: (tasks) => ["scontrol", "release", tasks],
    said: "released in the queue",
    isMeant: ({ reason }) => HELD.test(reason ?? ""),
  },
};

/** How many pilots it was done with. What Slurm refuses is said. */
export async function doWithQueued(
  context: CliContext,
  flags: GlobalFlags,
  action: QueueAction,
): Promise<number> {
  const { words, said, isMeant } = ACTIONS[action];
  const tasks = await readTasks(askSlurm, listSubmissions(new Layout(treeRoot(context, flags))));
  const waiting = tasks.filter((task) => task.verdict === "waits" && isMeant(task));
  let done = 0;
  for (const job of new Set(waiting.map(({ id }) => id.split("_")[0]!))) {
    const shards = waiting.filter(({ id }) => id.startsWith(`${job}_`)).map(({ shard }) => shard);
    const [program, ...args] = words(`${job}_[${arrayText(shards)}]`);
    const answer = await askSlurm(program, args);
    if (answer.ok) {
      done += shards.length;
      say(context, flags, `Slurm job ${job}: ${formatNumberOf(shards.length, "pilot")} ${said}.`);
    } else say(context, flags, `note: ${program} said no: ${answer.message}`);
  }
  return done;
}
