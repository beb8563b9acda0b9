/** What a site allows: its partitions and limits, as Slurm tells them (sinfo(1), scontrol(1)). */
import { type Slurm, slurmText } from "./client.ts";
import { parseSlurmTime } from "./time.ts";

export interface Site {
  /** The largest index of an array is one below it. */
  readonly arrayMax: number;
  readonly partitions: readonly Partition[];
  /** Names of the machines on which nodes are; a test site may have several nodes on one machine. */
  readonly hosts: readonly string[];
}

export interface Partition {
  readonly name: string;
  readonly isDefault: boolean;
  readonly isUp: boolean;
  /** Infinite without a limit. */
  readonly timeMsMax: number;
  readonly nodes: number;
  /** Of its largest node. */
  readonly cpusMax: number;
  readonly memoryBytesMax: number;
}

const ARRAY_MAX_DEFAULT = 1001;

export async function readSite(slurm: Slurm): Promise<Site> {
  const [config, partitions, nodes] = await Promise.all([
    slurmText(slurm, "scontrol", ["show", "config"]),
    slurmText(slurm, "sinfo", ["--noheader", "--format=%P|%a|%l|%D|%c|%m"]),
    slurmText(slurm, "sinfo", ["--noheader", "--Node", "--format=%n"]),
  ]);
  return {
    arrayMax: parseArrayMax(config),
    partitions: parsePartitions(partitions),
    hosts: [...new Set(nodes.split("\n").map((line) => line.trim()).filter((line) => line !== ""))],
  };
}

export function parseArrayMax(config: string): number {
  return Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(config)?.[1] ?? ARRAY_MAX_DEFAULT);
}

/** A line for each kind of node; those of one partition are put together. */
export function parsePartitions(text: string): Partition[] {
  const found = new Map<string, Partition>();
  for (const line of text.split("\n")) {
    const [name, up, limit, nodes, cpus, memory] = line.trim().split("|");
    if (name === undefined || memory === undefined) continue;
    const bare = name.replace(/\*$/, "");
    const known = found.get(bare);
    found.set(bare, {
      name: bare,
      isDefault: name.endsWith("*"),
      isUp: up === "up",
      timeMsMax: parseSlurmTime(limit!) ?? Infinity,
      nodes: (known?.nodes ?? 0) + leading(nodes!),
      // `16+`: of the smallest of these nodes, and others have more.
      cpusMax: Math.max(known?.cpusMax ?? 0, cpus!.endsWith("+") ? Infinity : leading(cpus!)),
      memoryBytesMax: Math.max(
        known?.memoryBytesMax ?? 0,
        memory.endsWith("+") ? Infinity : leading(memory) * 2 ** 20,
      ),
    });
  }
  return [...found.values()];
}

function leading(text: string): number {
  return Number.parseInt(text, 10) || 0;
}
