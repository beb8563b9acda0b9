/**
 * A machine within this one: a host name, a boot, processes and mounts of its own, on the same loopback and disks. It is as
 * lost as one whose power fails when it is ended, or when whoever started it ends in whatever way. Only root can.
 */
import { join } from "node:path";
import { childrenOf, isAlive, until } from "./processes.ts";

/** As its first process: it becomes the machine, starts what is asked for, and lives until its stdin ends. */
const BOOT = `
set -e
exec >>"$2" 2>&1
echo "$1" >/proc/sys/kernel/hostname
mount --bind "$3" /proc/sys/kernel/random/boot_id
[ ! -e /etc/machine-id ] || mount --bind "$4" /etc/machine-id
eval "$5" </dev/null
while read -r _; do :; done
`;
const NAMESPACES = ["--pid", "--fork", "--mount", "--mount-proc", "--uts"];

export interface MachineProcess {
  /** As the test's machine counts, which can signal it. */
  readonly pid: number;
  /** The program's name, as far as the kernel keeps it. */
  readonly name: string;
}

export class Machine {
  readonly name: string;
  readonly #outer: Deno.ChildProcess;
  readonly #ended: Promise<Deno.CommandStatus>;
  readonly #init: number;
  readonly #namespace: string;
  #isGone = false;

  private constructor(name: string, outer: Deno.ChildProcess, init: number) {
    this.name = name;
    this.#outer = outer;
    this.#ended = outer.status;
    this.#init = init;
    this.#namespace = Deno.readLinkSync(`/proc/${init}/ns/pid`);
  }

  /** Starts it, and in it what the shell script says; what that prints stands in `NAME.boot.log` in the folder. */
  static async start(
    name: string,
    { folder, script, env }: {
      readonly folder: string;
      readonly script: string;
      readonly env: Record<string, string>;
    },
  ): Promise<Machine> {
    const [log, bootId, machineId] = ["boot.log", "boot_id", "machine-id"].map((kind) =>
      join(folder, `${name}.${kind}`)
    ) as [string, string, string];
    Deno.writeTextFileSync(bootId, `${crypto.randomUUID()}\n`);
    Deno.writeTextFileSync(machineId, `${crypto.randomUUID().replaceAll("-", "")}\n`);
    const outer = new Deno.Command("unshare", {
      args: [...NAMESPACES, "bash", "-c", BOOT, "machine", name, log, bootId, machineId, script],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      env,
    }).spawn();
    let init: number | undefined;
    await until(() => (init = childrenOf(outer.pid)[0]) !== undefined, `machine ${name} starts`);
    return new Machine(name, outer, init!);
  }

  /** What runs on it, its first process left out. */
  processes(): MachineProcess[] {
    const found: MachineProcess[] = [];
    for (const entry of Deno.readDirSync("/proc")) {
      const pid = Number(entry.name);
      if (!Number.isInteger(pid) || pid === this.#init || !isAlive(pid)) continue;
      try {
        if (Deno.readLinkSync(`/proc/${pid}/ns/pid`) !== this.#namespace) continue;
        found.push({ pid, name: Deno.readTextFileSync(`/proc/${pid}/comm`).trim() });
      } catch {
        // It has just ended.
      }
    }
    return found;
  }

  /** Takes its power away: all its processes are gone at once. */
  async crash(): Promise<void> {
    if (this.#isGone) return;
    this.#isGone = true;
    try {
      // The kernel ends all others with the first one, and lets nobody wait for that one before they are gone.
      Deno.kill(this.#init, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#outer.stdin.close().catch(() => {});
    await this.#ended;
  }
}
