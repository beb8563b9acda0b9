/**
 * What others compute on this machine, as Linux tells it: the busy time of the CPUs that this process may use,
 * without its own and that of its slots.
 */
import type { LoadSample } from "../campaign/governor.ts";
import { slotPids } from "../worker/slot_process.ts";
import { allowedCpus, type CpuQuota, cpuQuotas, type ReadText, readText } from "./cpu_limits.ts";

/** Where samples come from; undefined where nobody can tell, and the first time. */
export interface LoadSource {
  sample(nowMs: number): LoadSample | undefined;
  /** Whether there ever will be one. */
  readonly isKnown: boolean;
  /** It is not to be asked more often. */
  readonly everyMs: number;
}

/** What a test puts in the place of the system. */
export interface LoadPorts {
  readonly read: ReadText;
  /** The names in a folder; none when it is not there. */
  readonly list: (folder: string) => readonly string[];
  /** Processes of its own beside this one. */
  readonly slots: () => readonly number[];
}

/** The system counts processor time in these, on every machine. */
const TICKS_A_SECOND = 100;
const MS_A_TICK = 1000 / TICKS_A_SECOND;
/** With more of a core idle than this nobody waits for one. */
const IDLE_MAX = 0.3;

/** Times in ticks. */
interface Times {
  readonly cpus: number;
  /** Of tasks without a niceness, and of the system for all of them. */
  readonly busy: number;
  /** Of tasks with a niceness. */
  readonly nice: number;
  readonly idle: number;
  /** Tasks that compute or wait for a core, on all CPUs. */
  readonly running: number | undefined;
}

interface Own {
  readonly busy: number;
  readonly nice: number;
}

interface Reading {
  readonly atMs: number;
  readonly machine: Times;
  readonly own: Own;
  readonly quotas: readonly (number | undefined)[];
}

export class MachineLoad implements LoadSource {
  /** What is counted in hundredths of a second is exact enough then. */
  readonly everyMs = 950;
  readonly #ports: LoadPorts;
  readonly #quotas: readonly CpuQuota[];
  #last: Reading | undefined;
  /** All are, or none is: there was no such command, or this process has less than no niceness. */
  #slotsAreNice = true;

  constructor(ports: LoadPorts = { read: readText, list: listNames, slots: slotPids }) {
    this.#ports = ports;
    this.#quotas = cpuQuotas(ports.read);
  }

  get isKnown(): boolean {
    return this.#read(0) !== undefined;
  }

  sample(nowMs: number): LoadSample | undefined {
    const last = this.#last;
    const now = this.#last = this.#read(nowMs);
    if (last === undefined || now === undefined || now.machine.cpus !== last.machine.cpus) {
      return undefined;
    }
    const passed = (nowMs - last.atMs) / MS_A_TICK;
    if (passed <= 0) return undefined;
    const own = { busy: now.own.busy - last.own.busy, nice: now.own.nice - last.own.nice };
    const cores = (ticks: number) => Math.max(0, ticks / passed);
    const others = cores(now.machine.busy - last.machine.busy - own.busy);
    const nice = cores(now.machine.nice - last.machine.nice - own.nice);
    const idle = cores(now.machine.idle - last.machine.idle);
    const wanting = idle > IDLE_MAX ? undefined : this.#wanting(now.machine);
    const machine = {
      atMs: nowMs,
      cores: now.machine.cpus,
      others,
      // Those of them who are nice are told apart by what they use only.
      ...(wanting === undefined || others === 0
        ? {}
        : { wanting: wanting * others / (others + nice) }),
    };
    return [machine, ...this.#inGroups(last, now, own, passed)]
      .reduce((a, b) => b.cores - b.others < a.cores - a.others ? b : a);
  }

  /** What others in the same control group use of its limit. */
  #inGroups(last: Reading, now: Reading, own: Own, passed: number): LoadSample[] {
    return this.#quotas.flatMap(({ cores }, i) => {
      const [from, to] = [last.quotas[i], now.quotas[i]];
      if (from === undefined || to === undefined) return [];
      const others = ((to - from) / MS_A_TICK - own.busy - own.nice) / passed;
      return [{ atMs: now.atMs, cores, others: Math.max(0, others) }];
    });
  }

  #read(atMs: number): Reading | undefined {
    const machine = parseStat(this.#ports.read("/proc/stat") ?? "", allowedCpus(this.#ports.read));
    const own = this.#own();
    if (machine === undefined || own === undefined) return undefined;
    return { atMs, machine, own, quotas: this.#quotas.map((quota) => quota.usedMs()) };
  }

  /** Of this process, of its slots, and of those that have ended, which count as this one's. */
  #own(): Own | undefined {
    const self = parseTimes(this.#ports.read("/proc/self/stat") ?? "");
    if (self === undefined) return undefined;
    const slots = this.#ports.slots().flatMap((pid) => {
      return parseTimes(this.#ports.read(`/proc/${pid}/stat`) ?? "") ?? [];
    });
    if (slots.length > 0) this.#slotsAreNice = slots.every(({ isNice }) => isNice);
    const ended = { user: self.endedUser, system: self.endedSystem, isNice: this.#slotsAreNice };
    let { busy, nice } = { busy: 0, nice: 0 };
    for (const { user, system, isNice } of [self, ended, ...slots]) {
      busy += system + (isNice ? 0 : user);
      nice += isNice ? user : 0;
    }
    return { busy, nice };
  }

  /** How many tasks of others compute or would; undefined where this process sees but a part of the machine. */
  #wanting({ running }: Times): number | undefined {
    if (running === undefined) return undefined;
    let own = 0;
    for (const pid of ["self", ...this.#ports.slots()]) {
      const folder = `/proc/${pid}/task`;
      for (const task of this.#ports.list(folder)) {
        const stat = this.#ports.read(`${folder}/${task}/stat`) ?? "";
        if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("R")) own++;
      }
    }
    return Math.max(0, running - own);
  }
}

/** `/proc/stat`: the sums of the lines of these CPUs, of all when they are not known. */
export function parseStat(text: string, allowed?: readonly number[]): Times | undefined {
  let { cpus, all, busy, nice, idle } = { cpus: 0, all: 0, busy: 0, nice: 0, idle: 0 };
  for (const [, cpu, rest] of text.matchAll(/^cpu(\d+) (.*)$/gm)) {
    all++;
    if (allowed !== undefined && !allowed.includes(Number(cpu))) continue;
    const [user = 0, niced = 0, system = 0, free = 0, waiting = 0] = rest!.split(" ").map(Number);
    cpus++;
    busy += user + system;
    nice += niced;
    idle += free + waiting;
  }
  if (cpus === 0) return undefined;
  const running = /^procs_running (\d+)$/m.exec(text)?.[1];
  // They are told of the whole machine only.
  const isWhole = cpus === all && running !== undefined;
  return { cpus, busy, nice, idle, running: isWhole ? Number(running) : undefined };
}

/** `/proc/PID/stat`: user and system time in ticks, of the process and of its children that have ended. */
export function parseTimes(stat: string) {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  const [user, system, endedUser, endedSystem, , niceness] = fields.slice(11);
  if (niceness === undefined || Number.isNaN(user)) return undefined;
  return {
    user: user!,
    system: system!,
    endedUser: endedUser!,
    endedSystem: endedSystem!,
    isNice: niceness > 0,
  };
}

function listNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}
