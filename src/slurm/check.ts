/** Whether a site takes what is asked of it: said here in a sentence, rather than by a job that waits for ever. Pure. */
import { Fault } from "../job/fault.ts";
import type { SlurmWishes } from "../job/slurm.ts";
import type { Partition, Site } from "./site.ts";
import { timeText } from "./time.ts";

export interface Asked {
  readonly wishes: SlurmWishes;
  /** The largest number of a shard, which is an index of the array. */
  readonly shardMax: number;
}

/** The partition that is meant; undefined where the site names none as its default. Throws a usage fault. */
export function checkAsked({ wishes, shardMax }: Asked, site: Site): Partition | undefined {
  if (shardMax >= site.arrayMax) {
    const most = site.arrayMax - 1;
    throw new Fault(
      "usage",
      `This Slurm takes arrays of up to ${most} tasks (MaxArraySize), and there are ${shardMax} shards.`,
      {
        hint: `Ask for fewer, larger ones: --nodes ${most}; more cores each with --cpus-per-task.`,
      },
    );
  }
  // With several names the first that is free takes the job: Slurm knows which fit.
  if (wishes.partition?.includes(",")) return undefined;
  const partition = wishes.partition === undefined
    ? site.partitions.find(({ isDefault }) => isDefault)
    : site.partitions.find(({ name }) => name === wishes.partition);
  if (partition === undefined) {
    const names = site.partitions.map(({ name }) => name).join(", ");
    if (wishes.partition === undefined) return undefined;
    throw new Fault("usage", `This Slurm has no partition ${wishes.partition}.`, {
      hint: `It has ${names}; sinfo tells of each.`,
    });
  }
  refuseTooMuch(wishes, partition);
  return partition;
}

function refuseTooMuch(wishes: SlurmWishes, partition: Partition): void {
  const { name, timeMsMax, cpusMax, memoryBytesMax, isUp } = partition;
  const { timeMs, cpusPerTask, memoryBytes } = wishes;
  if (!isUp) {
    throw new Fault("usage", `Partition ${name} takes no jobs at present.`, {
      hint: "Choose another with --partition; sinfo shows which are up.",
    });
  }
  if (timeMs !== undefined && timeMs > timeMsMax) {
    throw new Fault(
      "usage",
      `Partition ${name} lets a job run for ${timeText(timeMsMax)} at most.`,
      {
        hint: `Ask for --time ${
          timeText(timeMsMax)
        }: what is not done by then is saved, queued again and goes on.`,
      },
    );
  }
  if (cpusPerTask !== undefined && cpusPerTask > cpusMax) {
    throw new Fault("usage", `No node of partition ${name} has ${cpusPerTask} cores.`, {
      hint: `Ask for --cpus-per-task ${cpusMax} at most; a larger campaign takes more --nodes.`,
    });
  }
  if (memoryBytes !== undefined && memoryBytes > memoryBytesMax) {
    const most = `${Math.floor(memoryBytesMax / 2 ** 20)}MiB`;
    throw new Fault("usage", `No node of partition ${name} has so much memory.`, {
      hint: `Ask for --mem ${most} at most.`,
    });
  }
}
