/** Samples by the whole program: planned at once, shown in columns, and never computed twice. */
import assert from "node:assert/strict";
import { inFolder, place } from "../helpers/folder.ts";
import { simrun } from "../helpers/program.ts";

const MODEL = `export const params = { x: { default: 0, min: 0 }, s: { default: "a" } };
export const init = () => ({ sum: 0 });
export const step = (state, { params, rng }) => { state.sum += params.x + rng.uniform(); };
export const result = ({ sum }) => ({ sum });
`;

const manifest = (count: number, more = "") =>
  `id: walk
model: ./model.js
steps: 3
sweep:
  sample:
    method: lhs
    count: ${count}
    over: { x: { log_uniform: [0.1, 10] }, s: { choice: [a, b] } }
  ${more}
`;

interface Row {
  readonly run: string;
  readonly parameters: { readonly sample: number; readonly repeat?: number; readonly x: number };
  readonly reused_from?: string;
  readonly result: { readonly sum: number };
}

Deno.test("simrun computes of a larger sample what is new, and takes first repeats from what is done", async () => {
  await inFolder(async (cwd) => {
    await place(cwd, "model.js", MODEL);
    const rowsOf = async (text: string): Promise<Row[]> => {
      await place(cwd, "walk.yaml", text);
      const ran = await simrun(["walk.yaml", "-j", "1"], { cwd });
      assert.equal(ran.status, 0, ran.stderr);
      return JSON.parse((await simrun(["results", "--json"], { cwd })).stdout);
    };
    const few = await rowsOf(manifest(4));
    assert.deepEqual(few.map(({ parameters }) => parameters.sample), [1, 2, 3, 4]);
    const repeated = await rowsOf(manifest(8, "repeat: 3"));
    assert.equal(repeated.length, 24);
    const firsts = repeated.filter(({ parameters }) => parameters.repeat === 1);
    assert.deepEqual(
      firsts.slice(0, 4).map(({ result }) => result),
      few.map(({ result }) => result),
    );
    const kept = firsts.map((row) => row.reused_from);
    assert.deepEqual(kept, [...few.map(({ run }) => `walk/${run}`), ...new Array(4)]);
    assert.equal(new Set(repeated.map(({ result }) => result.sum)).size, 24);
    const table = (await simrun(["results"], { cwd })).stdout.split("\n")[0]!;
    assert.match(table, /^job +run +sample +x +s +repeat +steps /);
  });
});

Deno.test("simrun says which count keeps the points of a Latin hypercube, where another one loses all of them", async () => {
  await inFolder(async (cwd) => {
    await place(cwd, "model.js", MODEL);
    const told = async (count: number, ...flags: string[]) => {
      await place(cwd, "walk.yaml", manifest(count));
      const ran = await simrun(["walk.yaml", ...flags], { cwd });
      assert.equal(ran.status, 0, ran.stderr);
      return (ran.stdout + ran.stderr).split("\n").filter((line) => line.includes("hypercube"));
    };
    assert.deepEqual(await told(6), []);
    assert.deepEqual(await told(12, "-n"), [], "doubled it keeps them");
    assert.deepEqual(await told(3, "-n"), [], "as does the half of it");
    const words = "a Latin hypercube of 10 points has none of the 6 that there were, " +
      "and is computed anew; one of 12 has all of them (count: 12)";
    assert.deepEqual(await told(10, "-n"), [`  walk  ${words}`]);
    const [said] = await told(10);
    assert.ok(said?.endsWith(`note: walk: ${words}.`), said);
    // Those of the plan before that one are found again.
    assert.deepEqual(await told(24, "-n"), []);
  });
});
