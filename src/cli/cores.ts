/** How many cores this process may use: affinity, container limits, the batch system. Parsers are pure; one function reads. */
import type { Environment } from "../screen/terminal.ts";

export interface CoreLimit {
  /** Where it comes from, for people. */
  readonly source: string;
  readonly cores: number;
}

/** What schedulers tell their jobs, the narrowest first; a machine has at most one of them. */
const SCHEDULER_VARIABLES = [
  "SLURM_CPUS_PER_TASK",
  "SLURM_CPUS_ON_NODE",
  "PBS_NCPUS",
  "PBS_NP",
  "NSLOTS",
  "LSB_DJOB_NUMPROC",
] as const;

/** All limits that are known; the smallest one holds. */
export function coreLimits(env: Environment): CoreLimit[] {
  const limits: CoreLimit[] = [{
    source: "this machine and the affinity of this process",
    cores: navigator.hardwareConcurrency,
  }];
  const affinity = parseAffinity(readText("/proc/self/status") ?? "");
  if (affinity !== undefined) {
    limits.push({ source: "affinity (taskset, cpuset)", cores: affinity });
  }
  const quota = readQuota();
  if (quota !== undefined) limits.push({ source: "container limit (cgroup)", cores: quota });
  const scheduler = schedulerLimit(env);
  if (scheduler !== undefined) limits.push(scheduler);
  return limits;
}

export function availableCores(limits: readonly CoreLimit[]): number {
  return Math.max(1, Math.floor(Math.min(...limits.map(({ cores }) => cores))));
}

/** The first variable that says something; whole numbers only. */
export function schedulerLimit(env: Environment): CoreLimit | undefined {
  for (const source of SCHEDULER_VARIABLES) {
    // Slurm writes lists like `16(x2)` in some of its variables: the number before counts.
    const cores = Number.parseInt(env(source) ?? "", 10);
    if (Number.isSafeInteger(cores) && cores > 0) return { source, cores };
  }
  return undefined;
}

/** Number of CPUs in the line `Cpus_allowed_list:	0-3,8` of `/proc/self/status`. */
export function parseAffinity(status: string): number | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  return list === undefined ? undefined : parseCpuList(list);
}

/** `0-3,8` is 5. */
export function parseCpuList(list: string): number | undefined {
  let count = 0;
  for (const part of list.split(",")) {
    const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(part.trim());
    if (match === null) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to < from) return undefined;
    count += to - from + 1;
  }
  return count > 0 ? count : undefined;
}

/** `cpu.max` of cgroup v2: `150000 100000` is 1.5 cores, `max 100000` no limit. */
export function parseCpuMax(text: string): number | undefined {
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0
    ? quota / period
    : undefined;
}

/** The two files of cgroup v1; a quota of -1 is no limit. */
export function parseCpuQuota(quota: string, period: string): number | undefined {
  return parseCpuMax(`${quota.trim()} ${period.trim()}`);
}

/** Paths of this process in the hierarchies, from `/proc/self/cgroup`. */
export function parseCgroupPaths(text: string): {
  readonly v2: string | undefined;
  readonly v1: string | undefined;
} {
  let v2: string | undefined;
  let v1: string | undefined;
  for (const line of text.split("\n")) {
    const [number, controllers, path] = line.split(":", 3);
    if (path === undefined) continue;
    if (number === "0" && controllers === "") v2 = path;
    else if (controllers!.split(",").includes("cpu")) v1 = path;
  }
  return { v2, v1 };
}

/** The narrowest quota from this process's group up to the root: each of them holds. */
function readQuota(): number | undefined {
  const { v2, v1 } = parseCgroupPaths(readText("/proc/self/cgroup") ?? "");
  const quotas: number[] = [];
  for (const path of upwards(v2)) {
    const quota = parseCpuMax(readText(`/sys/fs/cgroup${path}/cpu.max`) ?? "");
    if (quota !== undefined) quotas.push(quota);
  }
  for (const path of upwards(v1)) {
    for (const root of ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]) {
      const quota = parseCpuQuota(
        readText(`${root}${path}/cpu.cfs_quota_us`) ?? "",
        readText(`${root}${path}/cpu.cfs_period_us`) ?? "",
      );
      if (quota !== undefined) quotas.push(quota);
    }
  }
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** `/a/b` as `/a/b`, `/a` and the root, which is where a container sees its own group. */
function upwards(path: string | undefined): string[] {
  const paths: string[] = [];
  const parts = (path ?? "/").split("/").filter((part) => part !== "" && part !== "..");
  for (let length = parts.length; length > 0; length--) {
    paths.push(`/${parts.slice(0, length).join("/")}`);
  }
  return [...paths, ""];
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
