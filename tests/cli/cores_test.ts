/** How many cores there are and how many slots that makes. */
import assert from "node:assert/strict";
import { availableCores, schedulerLimit } from "../../src/cli/cores.ts";
import { parseSlots } from "../../src/cli/slots.ts";
import { Fault } from "../../src/job/fault.ts";
import {
  cpuQuotas,
  parseAffinity,
  parseCgroupPaths,
  parseCpuList,
  parseCpuMax,
  parseCpuQuota,
} from "../../src/runner/cpu_limits.ts";

Deno.test("parseCpuList() knows ranges and single CPUs", () => {
  assert.deepEqual(parseCpuList("0-3,8"), [0, 1, 2, 3, 8]);
  assert.deepEqual(parseCpuList("7"), [7]);
  assert.equal(parseCpuList("0-127,256-383")!.length, 256);
  assert.equal(parseCpuList(""), undefined);
  assert.equal(parseCpuList("3-0"), undefined);
  assert.deepEqual(parseAffinity("Name:\tdeno\nCpus_allowed_list:\t0-1\nMems:\t0"), [0, 1]);
  assert.equal(parseAffinity("nothing of the kind"), undefined);
});

Deno.test("parseCpuMax() and parseCpuQuota() read limits of both versions of cgroups", () => {
  assert.equal(parseCpuMax("150000 100000\n"), 1.5);
  assert.equal(parseCpuMax("max 100000\n"), undefined);
  assert.equal(parseCpuMax(""), undefined);
  assert.equal(parseCpuQuota("400000\n", "100000\n"), 4);
  assert.equal(parseCpuQuota("-1\n", "100000\n"), undefined);
});

Deno.test("cpuQuotas() tells every limit around this process, and what its group has used", () => {
  const read = (files: Record<string, string>) => (path: string) => files[path];
  const v2 = cpuQuotas(read({
    "/proc/self/cgroup": "0::/pod/box",
    "/sys/fs/cgroup/pod/cpu.max": "250000 100000",
    "/sys/fs/cgroup/pod/cpu.stat": "usage_usec 7000\nuser_usec 6000\n",
    "/sys/fs/cgroup/cpu.max": "max 100000",
  }));
  assert.deepEqual(v2.map(({ cores, usedMs }) => [cores, usedMs()]), [[2.5, 7]]);
  const v1 = cpuQuotas(read({
    "/proc/self/cgroup": "3:cpu,cpuacct:/box",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    "/sys/fs/cgroup/cpu/cpuacct.usage": "3000000\n",
  }));
  assert.deepEqual(v1.map(({ cores, usedMs }) => [cores, usedMs()]), [[4, 3]]);
});

Deno.test("parseCgroupPaths() finds this process in both hierarchies", () => {
  const text = "4:memory:/a\n1:cpu,cpuacct:/docker/f00\n0::/user.slice/x.scope\n";
  assert.deepEqual(parseCgroupPaths(text), { v2: "/user.slice/x.scope", v1: "/docker/f00" });
  assert.deepEqual(parseCgroupPaths(""), { v2: undefined, v1: undefined });
});

Deno.test("schedulerLimit() believes the batch system, and only numbers", () => {
  const limit = (env: Record<string, string>) => schedulerLimit((name) => env[name])?.cores;
  assert.equal(limit({ SLURM_CPUS_PER_TASK: "4", SLURM_CPUS_ON_NODE: "64" }), 4);
  assert.equal(limit({ SLURM_CPUS_ON_NODE: "16(x2)" }), 16);
  assert.equal(limit({ NSLOTS: "8" }), 8);
  assert.equal(limit({ SLURM_CPUS_PER_TASK: "", PBS_NCPUS: "many" }), undefined);
});

Deno.test("availableCores() takes the smallest limit, whole cores, at least one", () => {
  const limits = (...cores: number[]) => cores.map((n) => ({ source: "", cores: n }));
  assert.equal(availableCores(limits(8, 3.9, 16)), 3);
  assert.equal(availableCores(limits(8, 0.5)), 1);
});

Deno.test("parseSlots() reads numbers, parts, and all but some", () => {
  const cases: readonly (readonly [string | undefined, number, number])[] = [
    [undefined, 8, 7],
    [undefined, 1, 1],
    ["3", 8, 3],
    ["-1", 8, 7],
    ["-2", 8, 6],
    ["50%", 8, 4],
    ["50%", 1, 1],
    ["1%", 8, 1],
    ["100%", 8, 8],
    ["33.3%", 9, 2],
  ];
  for (const [text, cores, slots] of cases) {
    assert.deepEqual(parseSlots(text, cores), { slots }, `-j ${text} of ${cores}`);
  }
});

Deno.test("parseSlots() warns of more slots than cores and caps what makes no sense", () => {
  assert.equal(parseSlots("3", 2).slots, 3);
  assert.match(parseSlots("3", 2).warning!, /3 slots share 2 cores/);
  assert.equal(parseSlots("1000", 2).slots, 8);
  assert.match(parseSlots("1000", 2).warning!, /8 are used/);
  assert.equal(parseSlots("-8", 2).slots, 1);
  assert.match(parseSlots("-8", 2).warning!, /leaves no slot/);
});

Deno.test("parseSlots() refuses what is no number of slots", () => {
  for (const text of ["0", "-0", "0%", "-50%", "x", "", "1.5", "1e3", "9999999", "500%"]) {
    assert.throws(() => parseSlots(text, 2), Fault, text);
  }
});
