/** T1, T3: kill -9 while a run makes another's state its own, at every operation of that, and it goes on to the same bits. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { verifyTree } from "../../src/verify/verify.ts";
import { keptResults } from "../helpers/real_run.ts";
import { cases } from "../helpers/torture.ts";
import { CAN_FAULT, CHANGES, describeFault, type Fault, NEEDS, Shim } from "./shim.ts";

const MODEL = `
export const params = { drift: { default: 0.1 } };
export function init({ rng }) { return { u: Float64Array.from({ length: 20 }, () => rng.normal()), n: 0 }; }
export function branch(s, { params }, parent) { s.n += 1000 * params.drift + parent.step; }
export function step(s, { params, rng }) { s.u[s.n++ % 20] += params.drift * rng.normal(); }
export function measure({ u }) { return { u: u[0] }; }
export function result({ u, n }) { return { u: [...u], n }; }
`;

const MANIFEST = `
defaults: { model: walk.ts, measure_every: 2, checkpoint: { every: 4, keep: 2 }, retry: { backoff: 0s } }
jobs:
  - { id: spinup, steps: 10 }
  - { id: child, steps: 18, from: { run: spinup, step: 7 }, parameters: { drift: 0.3 } }
`;

Deno.test({
  name:
    `T1: kill -9 at every operation of a run's beginning from another's state: sound, golden${NEEDS}`,
  ignore: !CAN_FAULT,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "simrun-faults-" });
    try {
      const manifest = join(folder, "jobs.yaml");
      await Deno.writeTextFile(join(folder, "walk.ts"), MODEL);
      await Deno.writeTextFile(manifest, MANIFEST);
      const shim = await Shim.build(folder);
      const start = (tree: string, fault?: Fault) =>
        shim.run(join(folder, tree), ["run", manifest], { fault });
      const { status, stderr, operations } = await start("golden");
      assert.equal(status, 0, stderr);
      const golden = await keptResults(join(folder, "golden"));
      assert.equal(golden["child/child"]!.steps, 18);
      // From the first trace of the child to the word that its own first checkpoint is there, and on to its next one.
      const ofChild = operations.filter(({ role, number, path }) =>
        role === "slot" && number > 0 && path.includes("/child/child")
      ).map(({ number }) => number);
      assert.ok(ofChild.length > 8);
      const afterwards = operations.filter(({ role, number }) =>
        role === "orchestrator" && number > 0
      );
      const faults: Fault[] = [
        ...ofChild.map((at) => fault("slot", at, "kill-all")),
        ...ofChild.slice(0, 8).map((at) => fault("slot", at, "kill")),
        ...afterwards.slice(-24).map(({ number }) => fault("orchestrator", number, "kill-all")),
      ];
      const every = Math.ceil(faults.length / cases({ short: 3, long: faults.length }));
      for (const [i, one] of faults.entries()) {
        if (i % every !== Math.floor(every / 2)) continue;
        const name = `tree-${i}`;
        const tree = join(folder, name);
        await start(name, one);
        assert.deepEqual(
          (await verifyTree(tree)).findings.filter(({ kind }) => kind === "damage"),
          [],
        );
        const again = await start(name);
        assert.equal(again.status, 0, `${describeFault(one)}: ${again.stderr}`);
        assert.deepEqual(await keptResults(tree), golden, describeFault(one));
        assert.deepEqual((await verifyTree(tree)).findings, [], describeFault(one));
        // A third one finds nothing to do: nothing that it rests on looks like another.
        const done = await start(name);
        assert.match(done.stderr, /Nothing to do/);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

function fault(role: Fault["role"], at: number, action: Fault["action"]): Fault {
  return { role, kinds: CHANGES, at, action };
}
