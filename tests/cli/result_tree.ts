/** A small tree with results of every kind, for the tests of `simrun results`. */
import assert from "node:assert/strict";
import { simrun, withFolder } from "./program.ts";

const MODEL = `
export const params = { co2: { default: 1, unit: "ppm" }, scheme: { default: "euler" } };
export function init() { return { x: 0 }; }
export function step(state, { params }) { state.x += params.co2; }
export function measure(state) { return { x: state.x }; }
export function result(state, { params }) {
  return {
    mean: params.co2 === 4 ? NaN : state.x / 3,
    deep: { text: 'a "b",' + params.scheme, warm: params.co2 > 2 },
    whole: params.co2 * 2,
    list: [params.co2, 0.5],
    field: params.co2 === 1 ? new Array(4000).fill(1 / 3) : [],
  };
}
`;
const FILES = {
  "m.js": MODEL,
  "a.yaml": "id: a\nmodel: ./m.js\nsteps: 4\nmeasure_every: 2\n" +
    "sweep: { co2: [1, 2, 3, 4], scheme: [euler, rk4] }\n",
};

/** One tree for every question that only reads it. */
export async function withTree(
  use: (ask: (...args: string[]) => ReturnType<typeof simrun>, cwd: string) => Promise<void>,
): Promise<void> {
  await withFolder(FILES, async (cwd) => {
    assert.equal((await simrun(["-q", "a.yaml"], { cwd })).code, 0);
    await use((...args) => simrun(["results", ...args], { cwd }), cwd);
  });
}
