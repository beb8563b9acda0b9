/** Who holds the tree: the record in `hot/owner.json`, and whether that process still lives. Never locks. */
import { Fault } from "../job/fault.ts";
import { basename } from "../job/path.ts";
import { shardOfName } from "../job/shard.ts";
import { diskFault } from "./disk.ts";
import { fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";

/** The holder's record. Written whole at taking and letting go; the heartbeat is the lock file's mtime. */
export interface OwnerRecord {
  readonly uuid: string;
  /** Grows by one with every holder. */
  readonly epoch: number;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: string;
  /** The rest tells this process from all others, where the system offers it. */
  readonly machineId?: string;
  /** Names one start of one kernel: equal means the same machine, whatever the host is called. */
  readonly bootId?: string;
  /** A process id means something only in its own namespace (containers). */
  readonly pidNamespace?: string;
  /** Start of the process in ticks since boot: with the process id, no other process has both. */
  readonly startTicks?: number;
  /** The batch job. */
  readonly slurmJob?: string;
  /** How often Slurm had started that job again by then; absent at its first start. */
  readonly slurmRestart?: number;
  /** Present once the holder let go on its own. */
  readonly releasedAt?: string;
}

/** How often a holder shows that it lives. */
export const HEARTBEAT_MS = 5_000;

export interface OwnerState {
  readonly owner: OwnerRecord;
  readonly alive: boolean;
}

/** The holder and whether it lives; undefined when nobody ever held the tree. For readers. */
export async function readOwner(
  layout: Layout,
  now: () => Date,
): Promise<OwnerState | undefined> {
  const owner = readOwnerRecord(layout);
  if (owner === undefined) return undefined;
  const life = lifeOf(owner);
  if (life !== "unknown") return { owner, alive: life === "alive" };
  // Another host or container: only its heartbeat can be seen from here.
  const beat = await heartbeat(layout);
  return { owner, alive: Math.abs(now().getTime() - beat) < 4 * HEARTBEAT_MS };
}

/** The record as it stands; undefined when it is absent or not readable as one. */
export function readOwnerRecord(layout: Layout): OwnerRecord | undefined {
  try {
    const value = JSON.parse(fs.readTextFileSync(layout.owner)) as Partial<OwnerRecord> | null;
    const whole = typeof value?.uuid === "string" && Number.isSafeInteger(value.epoch) &&
      typeof value.host === "string" && typeof value.pid === "number" &&
      typeof value.startedAt === "string";
    return whole ? value as OwnerRecord : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    // Not "nobody": a disk that cannot be read must not look like a lock that was lost.
    throw diskFault(error, layout.owner);
  }
}

/** Throws a Fault when another holder's record stands where that of `uuid` was. */
export function assertHolder(layout: Layout, uuid: string): void {
  const there = readOwnerRecord(layout);
  if (there?.uuid === uuid) return;
  const who = there === undefined ? "" : ` by process ${there.pid} on ${there.host}`;
  throw new Fault("tree-busy", `The lock of ${layout.root} was taken over${who}.`, {
    hint: "This simrun stops here; its saved work is kept and goes on over there.",
  });
}

/** What can be known from here about the process of a record. A process id alone proves nothing. */
export function lifeOf(owner: OwnerRecord): "alive" | "dead" | "unknown" {
  if (owner.releasedAt !== undefined) return "dead";
  const here = describeProcess();
  if (owner.bootId === undefined || here.bootId === undefined) return "unknown";
  if (owner.bootId !== here.bootId) return sameMachine(owner) ? "dead" : "unknown";
  if (owner.pidNamespace === undefined || owner.pidNamespace !== here.pidNamespace) {
    return "unknown";
  }
  const ticks = startTicks(String(owner.pid));
  return ticks !== undefined && ticks === owner.startTicks ? "alive" : "dead";
}

/** Whether flock on this machine speaks for the holder too. */
export function sameMachine(owner: OwnerRecord): boolean {
  const here = describeProcess();
  if (owner.bootId !== undefined && owner.bootId === here.bootId) return true;
  // Nodes started from one image share a machine id, containers share host names: both must agree.
  return owner.host === here.host && owner.machineId === here.machineId;
}

/**
 * Whether Slurm itself has put this process in the holder's place: the same job, started again. It does so when it
 * takes the holder's node for lost, be it dead or only out of reach; only one of the two is the job from then on.
 */
export function isPredecessor(owner: OwnerRecord): boolean {
  const { slurmJob, slurmRestart = 0 } = describeProcess();
  if (slurmJob === undefined || owner.slurmJob !== slurmJob) return false;
  return slurmRestart > (owner.slurmRestart ?? 0);
}

/** When the holder last showed itself, as the filesystem's time in ms; 0 when it cannot be read. */
export async function heartbeat(layout: Layout): Promise<number> {
  const info = await fs.stat(layout.lock).catch(() => undefined);
  return info?.mtime?.getTime() ?? 0;
}

type ProcessIdentity = Pick<
  OwnerRecord,
  | "host"
  | "pid"
  | "machineId"
  | "bootId"
  | "pidNamespace"
  | "startTicks"
  | "slurmJob"
  | "slurmRestart"
>;

let described: ProcessIdentity | undefined;

/** This process, as far as the system lets itself be asked. */
export function describeProcess(): ProcessIdentity {
  if (described !== undefined) return described;
  const optional = {
    machineId: attempt(() => Deno.readTextFileSync("/etc/machine-id").trim()),
    bootId: attempt(() => Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim()),
    pidNamespace: attempt(() => Deno.readLinkSync("/proc/self/ns/pid")),
    startTicks: startTicks("self"),
    slurmJob: attempt(() => Deno.env.get("SLURM_JOB_ID")),
    slurmRestart: attempt(() => Number(Deno.env.get("SLURM_RESTART_COUNT"))) || undefined,
  };
  const known = Object.entries(optional).filter(([, value]) => value !== undefined && value !== "");
  described = {
    host: attempt(() => Deno.hostname()) ?? "unknown",
    pid: Deno.pid,
    ...Object.fromEntries(known),
  };
  return described;
}

/** The fault that says who is at work. */
export function busyFault(layout: Layout, owner: OwnerRecord | undefined): Fault {
  const who = owner === undefined
    ? ""
    : `: process ${owner.pid} on ${owner.host}, since ${owner.startedAt}`;
  return new Fault("tree-busy", `Another simrun works on ${layout.root}${who}.`, {
    hint: shardOfName(basename(layout.root)) === undefined
      ? "simrun status --watch shows how far it is; simrun submit FILES adds work to it.\n" +
        "For a campaign beside it use another tree: --tree DIR."
      : "simrun status --watch shows how far it is; the other shards can be computed meanwhile, with --shard.",
  });
}

/** Field 22 of /proc/PID/stat; undefined for a process that is gone, or dead and not yet reaped. */
function startTicks(pid: string): number | undefined {
  return attempt(() => {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name in parentheses may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[19]);
  });
}

function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
