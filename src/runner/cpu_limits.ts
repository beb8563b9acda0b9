/** Which CPUs this process may use, and how much of them: affinity, and the limits of control groups. */

/** Reads a small file; undefined when it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** A limit of the group this process is in, or of one around it. */
export interface CpuQuota {
  readonly cores: number;
  /** Processor time that all in the group have used, in milliseconds; undefined where nobody knows. */
  usedMs(): number | undefined;
}

/** The numbers of the CPUs this process may run on, where the system tells it. */
export function allowedCpus(read: ReadText = readText): number[] | undefined {
  return parseAffinity(read("/proc/self/status") ?? "");
}

/** From this process's group up to the root: each of them holds. */
export function cpuQuotas(read: ReadText = readText): CpuQuota[] {
  const { v2, v1 } = parseCgroupPaths(read("/proc/self/cgroup") ?? "");
  const quotas: CpuQuota[] = [];
  for (const path of upwards(v2)) {
    const cores = parseCpuMax(read(`/sys/fs/cgroup${path}/cpu.max`) ?? "");
    if (cores === undefined) continue;
    const usedMs = () => parseUsage(read(`/sys/fs/cgroup${path}/cpu.stat`) ?? "");
    quotas.push({ cores, usedMs });
  }
  for (const path of upwards(v1)) {
    for (const root of ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]) {
      const cores = parseCpuQuota(
        read(`${root}${path}/cpu.cfs_quota_us`) ?? "",
        read(`${root}${path}/cpu.cfs_period_us`) ?? "",
      );
      if (cores === undefined) continue;
      const usedMs = () => {
        const text = read(`${root}${path}/cpuacct.usage`);
        return text === undefined ? undefined : Number(text) / 1e6;
      };
      quotas.push({ cores, usedMs });
    }
  }
  return quotas;
}

/** The CPUs in the line `Cpus_allowed_list:	0-3,8` of `/proc/self/status`. */
export function parseAffinity(status: string): number[] | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  return list === undefined ? undefined : parseCpuList(list);
}

/** `0-3,8` is 0, 1, 2, 3 and 8. */
export function parseCpuList(list: string): number[] | undefined {
  const cpus: number[] = [];
  for (const part of list.split(",")) {
    const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(part.trim());
    if (match === null) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to < from) return undefined;
    for (let cpu = from; cpu <= to; cpu++) cpus.push(cpu);
  }
  return cpus;
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

/** `cpu.stat` of cgroup v2, in milliseconds. */
function parseUsage(text: string): number | undefined {
  const used = /^usage_usec (\d+)$/m.exec(text)?.[1];
  return used === undefined ? undefined : Number(used) / 1000;
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

export function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
