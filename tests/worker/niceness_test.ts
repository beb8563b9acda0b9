/** How nice simulation threads are: decided without a system, then read from real ones. */
import assert from "node:assert/strict";
import os from "node:os";
import { join } from "node:path";
import { nicenessOf } from "../../src/campaign/niceness.ts";
import type { Priority } from "../../src/job/job.ts";
import { ThreadNiceness } from "../../src/worker/thread_niceness.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module } from "../helpers/jobs.ts";
import { leavesNoProcess, slotsOf, until } from "../helpers/processes.ts";
import type { Runner } from "../../src/runner/runner.ts";
import { runJobs } from "../helpers/real_run.ts";

Deno.test("nicenessOf() lets only what is of low priority give way", () => {
  assert.deepEqual([0, 1, 2, 3].map((priority) => nicenessOf(priority as Priority)), [0, 0, 0, 10]);
});

Deno.test("ThreadNiceness asks the system for nothing as long as nothing is of low priority", () => {
  const niceness = new ThreadNiceness(() => assert.fail("asked"));
  for (const priority of [2, 0, 1, 2] as const) {
    assert.ok(niceness.isRightFor(priority));
    assert.ok(niceness.becomeRightFor(priority));
  }
});

Deno.test("ThreadNiceness goes up and down where that is allowed, and wants another thread where it is not", () => {
  const asked: number[] = [];
  const free = new ThreadNiceness((beyond) => asked.push(beyond) > 0);
  assert.ok(free.becomeRightFor(3) && free.becomeRightFor(3) && free.becomeRightFor(2));
  assert.deepEqual(asked, [10, 0]);

  let allowed = 0;
  const bound = new ThreadNiceness((beyond) => {
    const isUp = beyond >= allowed;
    allowed = Math.max(allowed, beyond);
    return isUp;
  });
  assert.ok(bound.becomeRightFor(3));
  assert.equal(bound.becomeRightFor(1), false);
  assert.equal(bound.isRightFor(1), false, "it is as nice as before");
  allowed = 0;
  bound.begin();
  assert.ok(bound.isRightFor(1) && bound.becomeRightFor(1));
});

Deno.test("ThreadNiceness lets a thread compute that cannot be made nicer", () => {
  const niceness = new ThreadNiceness(() => false);
  assert.ok(niceness.becomeRightFor(3));
  assert.ok(niceness.isRightFor(3));
});

const onLinux = Deno.build.os === "linux";

Deno.test({
  name: "a slot's thread is as nice as its run's priority says, and its process as --nice says" +
    (onLinux ? "" : " (left out: needs Linux)"),
  ignore: !onLinux,
  async fn() {
    const before = os.getPriority();
    try {
      // Tests may be run with a niceness that leaves no room for more.
      os.setPriority(0, 0);
    } catch {
      // Only the privileged may.
    }
    const own = os.getPriority();
    const most = (niceness: number) => Math.min(19, niceness);
    try {
      assert.deepEqual(await threadsAt([2, 3, 1], false), [
        { agent: own, simulation: own },
        { agent: own, simulation: most(own + 10) },
        { agent: own, simulation: own },
      ]);
      assert.deepEqual(await threadsAt([3], true), [
        { agent: most(own + 10), simulation: most(own + 20) },
      ]);
    } finally {
      os.setPriority(0, before);
    }
  },
});

/** Its steps are slow until the file beside it says that as many jobs, and this one, may go on. */
const RUNGS = `
const gate = new URL("./gate.txt", import.meta.url);
const bell = new Int32Array(new SharedArrayBuffer(4));
export const params = { rung: { default: 0 } };
export function init() { return { x: 0 }; }
export function step(state, ctx) {
  if (Number(Deno.readTextFileSync(gate)) <= ctx.params.rung) Atomics.wait(bell, 0, 0, 20);
  state.x++;
}
`;

interface Niceness {
  readonly agent: number;
  readonly simulation: number;
}

/** One slot computes jobs of these priorities, each after the one before; its threads are read in the middle of each. */
async function threadsAt(priorities: readonly Priority[], nice: boolean): Promise<Niceness[]> {
  const seen = new Map<string, Niceness>();
  const slots = new Set<number>();
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "gate.txt", "0");
      const model = module(await place(folder, "model.ts", RUNGS));
      const idOf = (i: number) => `job${i}`;
      const jobs = priorities.map((priority, i) => ({
        ...aJob({ id: idOf(i), model, priority, steps: 500, parameters: { rung: i } }),
        ...(i > 0 && { needs: [{ job: idOf(i - 1), runs: "all", accept: "completed" } as const] }),
      }));
      const root = join(folder, "tree");
      const look = async (runner: Runner) => {
        for (const [i, { id }] of jobs.entries()) {
          await until(
            () => {
              const [run] = runner.live().running;
              return run?.job === id && run.step > 1;
            },
            `${id} is computed`,
            60_000,
          );
          const [pid] = slotsOf(Deno.pid);
          slots.add(pid!);
          seen.set(id, threadsOf(pid!));
          await place(folder, "gate.txt", String(i + 1));
        }
      };
      let looked: Promise<void> | undefined;
      const ran = await runJobs(root, jobs, { nice }, (_event, runner) => looked ??= look(runner));
      await looked;
      assert.equal(ran.outcome.completed, priorities.length);
    })
  );
  assert.equal(slots.size, 1, "it is one slot all the time");
  return [...seen.values()];
}

function threadsOf(pid: number): Niceness {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => {
    const stat = Deno.readTextFileSync(`/proc/${pid}/task/${name}/stat`);
    const comm = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const niceness = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
    return { id: Number(name), comm, niceness };
  });
  return {
    agent: threads.find(({ id }) => id === pid)!.niceness,
    simulation: threads.find(({ comm }) => /^worker-\d+$/.test(comm))!.niceness,
  };
}
