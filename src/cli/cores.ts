/** How many cores this process may use: affinity, container limits, the batch system. */
import { allowedCpus, cpuQuotas } from "../runner/cpu_limits.ts";
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
  const affinity = allowedCpus();
  if (affinity !== undefined) {
    limits.push({ source: "affinity (taskset, cpuset)", cores: affinity.length });
  }
  const quotas = cpuQuotas().map(({ cores }) => cores);
  if (quotas.length > 0) {
    limits.push({ source: "container limit (cgroup)", cores: Math.min(...quotas) });
  }
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
