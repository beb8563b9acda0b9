/** What others compute, read from a /proc of the test's own, and once from the real one. */
import assert from "node:assert/strict";
import os from "node:os";
import { MachineLoad } from "../../src/runner/machine_load.ts";
import { sleep } from "../helpers/processes.ts";

/** Ticks of one CPU: user, nice, system, idle. */
type Cpu = [user: number, nice: number, system: number, idle: number];

interface Process {
  user?: number;
  system?: number;
  ended?: readonly [user: number, system: number];
  niceness?: number;
  /** States of its threads. */
  threads?: string;
}

/** A machine as the files of its system tell it; the process that looks is 1. */
class FakeProc {
  cpus: Cpu[] = [];
  running = 0;
  allowed: string | undefined;
  readonly processes = new Map<number, Process>();
  readonly files: Record<string, string> = {};
  readonly load = new MachineLoad({
    read: (path) => this.#read(path.replace("/self/", "/1/")),
    list: (folder) => {
      const pid = Number(folder.replace("self", "1").split("/")[2]);
      return [...this.processes.get(pid)?.threads ?? ""].map((_, i) => String(i));
    },
    slots: () => [...this.processes.keys()].filter((pid) => pid !== 1),
  });

  #read(path: string): string | undefined {
    if (path === "/proc/stat") {
      const lines = this.cpus.map(([user, nice, system, idle], i) =>
        `cpu${i} ${user} ${nice} ${system} ${idle} 0 7 7 7 0 0`
      );
      return ["cpu 9 9 9 9", ...lines, "intr 1", `procs_running ${this.running}`].join("\n");
    }
    if (path === "/proc/1/status") {
      return this.allowed && `Name:\tdeno\nCpus_allowed_list:\t${this.allowed}\n`;
    }
    const [, pid, task] = /^\/proc\/(\d+)\/(?:task\/(\d+)\/)?stat$/.exec(path) ?? [];
    const found = this.processes.get(Number(pid));
    if (found === undefined) return this.files[path];
    const { user = 0, system = 0, ended = [0, 0], niceness = 0, threads = "" } = found;
    const state = task === undefined ? "S" : threads[Number(task)];
    return `${pid} (a) b) c) ${state} 0 0 0 0 -1 0 0 0 0 0 ` +
      `${user} ${system} ${ended.join(" ")} 20 ${niceness} 9 0`;
  }
}

Deno.test("MachineLoad does not count this process, its slots, those that have ended, and what is nice", () => {
  const proc = new FakeProc();
  proc.cpus = [[1000, 500, 100, 5000], [2000, 500, 100, 5000]];
  proc.processes.set(1, { user: 100, system: 10 });
  proc.processes.set(2, { user: 300, system: 20, niceness: 10 });
  proc.processes.set(3, { user: 200, system: 40, niceness: 10 });
  assert.equal(proc.load.sample(0), undefined, "nothing to compare with");
  // In two seconds this process had 10 ticks, the slots 100 and, up to its end, 54; somebody who is nice the rest.
  proc.processes.set(1, { user: 109, system: 11, ended: [250, 44] });
  proc.processes.set(2, { user: 395, system: 25, niceness: 10 });
  proc.processes.delete(3);
  proc.cpus = [[1060, 600, 105, 5040], [2008, 585, 102, 5100]];
  const others = (60 + 5 + 8 + 2 - 10 - 5 - 4) / 200;
  assert.deepEqual(proc.load.sample(2000), { atMs: 2000, cores: 2, others });
});

Deno.test("MachineLoad looks at the CPUs that it may use only, and takes others as none who use less than nothing", () => {
  const proc = new FakeProc();
  proc.allowed = "1-2";
  proc.running = 9;
  proc.processes.set(1, { user: 0 });
  proc.cpus = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]];
  proc.load.sample(0);
  proc.cpus = [[100, 0, 0, 0], [50, 0, 0, 50], [100, 0, 0, 0]];
  assert.deepEqual(proc.load.sample(1000), { atMs: 1000, cores: 2, others: 1.5 });
  proc.processes.set(1, { user: 500 });
  assert.equal(proc.load.sample(2000)!.others, 0);
});

Deno.test("MachineLoad counts who waits where all cores are busy, without its own threads", () => {
  const proc = new FakeProc();
  proc.processes.set(1, { threads: "RS" });
  proc.processes.set(2, { threads: "SRR", niceness: 10 });
  proc.cpus = [[0, 0, 0, 0]];
  proc.load.sample(0);
  proc.running = 8;
  proc.cpus = [[100, 0, 0, 0]];
  assert.equal(proc.load.sample(1000)!.wanting, 5);
  proc.cpus = [[150, 0, 0, 50]];
  assert.equal(proc.load.sample(2000)!.wanting, undefined, "half a core is idle");
  proc.cpus = [[200, 50, 0, 50]];
  assert.equal(proc.load.sample(3000)!.wanting, 2.5, "half of them are nice");
});

Deno.test("MachineLoad takes a limit of its control group for the machine when that leaves less", () => {
  const proc = new FakeProc();
  const { files } = proc;
  files["/proc/1/cgroup"] = "0::/box";
  files["/sys/fs/cgroup/box/cpu.max"] = "200000 100000";
  const load = new MachineLoad({
    read: (path) =>
      path === "/proc/stat"
        ? files.stat
        : path.startsWith("/sys")
        ? files[path]
        : files[path.replace("/self/", "/1/")],
    list: () => [],
    slots: () => [],
  });
  files.stat = "cpu0 0 0 0 0\ncpu1 0 0 0 0\ncpu2 0 0 0 0\ncpu3 0 0 0 0\n";
  files["/proc/1/stat"] = `1 (a) S ${"0 ".repeat(10)}0 0 0 0 20 0 0`;
  files["/sys/fs/cgroup/box/cpu.stat"] = "usage_usec 5000000\n";
  load.sample(0);
  // The machine has 3.5 cores to spare, the group 2 − 1.2: 1.7 used in it, 0.5 of them here.
  files.stat = "cpu0 50 0 0 50\ncpu1 0 0 0 99\ncpu2 0 0 0 99\ncpu3 0 0 0 99\n";
  files["/proc/1/stat"] = `1 (a) S ${"0 ".repeat(10)}40 10 0 0 20 0 0`;
  files["/sys/fs/cgroup/box/cpu.stat"] = "usage_usec 6700000\n";
  const { cores, others } = load.sample(1000)!;
  assert.equal(cores, 2);
  assert.ok(Math.abs(others - 1.2) < 1e-9, `${others}`);
});

Deno.test("MachineLoad is not known where there is no /proc", () => {
  const load = new MachineLoad({ read: () => undefined, list: () => [], slots: () => [] });
  assert.equal(load.isKnown, false);
  assert.equal(load.sample(0), undefined);
});

const onLinux = Deno.build.os === "linux";

Deno.test({
  name: `MachineLoad sees a real process that computes${onLinux ? "" : " (left out: needs Linux)"}`,
  ignore: !onLinux,
  async fn() {
    const load = new MachineLoad();
    assert.ok(load.isKnown);
    const hog = new Deno.Command("/bin/sh", { args: ["-c", "while :; do :; done"] }).spawn();
    try {
      // Tests may be run with a niceness, and what is nice is not counted.
      const isCounted = beOrdinary(hog.pid);
      await sleep(100);
      load.sample(performance.now());
      const [from, begun] = [ticksOf(hog.pid), performance.now()];
      await sleep(1000);
      const now = performance.now();
      const used = (ticksOf(hog.pid) - from) / 100 / ((now - begun) / 1000);
      const { others, cores } = load.sample(now)!;
      assert.ok(cores > 0 && others <= cores + 0.1, `${others} of ${cores}`);
      if (isCounted) assert.ok(others > used - 0.15, `${others} of others, ${used} of one of them`);
    } finally {
      hog.kill("SIGKILL");
      await hog.status;
    }
  },
});

function ticksOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11).map(Number);
  return user! + system!;
}

function beOrdinary(pid: number): boolean {
  try {
    os.setPriority(pid, 0);
  } catch {
    // Only the privileged may.
  }
  return os.getPriority(pid) <= 0;
}
