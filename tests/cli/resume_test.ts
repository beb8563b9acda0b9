/** What `simrun resume` takes up beside what is not done: jobs that rest on it. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { simrun } from "./program.ts";

const FLAKY = `
export const init = () => ({});
export const step = () => {};
export function result() {
  if (Deno.readTextFileSync(new URL("./flag.txt", import.meta.url)) === "bad") throw new Error("bad");
  return 7;
}
`;
const TAKES = `
export const init = () => ({});
export const step = () => {};
export const result = (_, ctx) => Object.values(ctx.needs).flat().map(({ result }) => result ?? -1);
`;
const JOBS = `
defaults: { model: takes.js, steps: 1 }
jobs:
  - { id: flaky, model: flaky.js }
  - { id: report, needs: { job: flaky, if: any } }
  - { id: last, needs: report }
  - { id: aside, needs: [] }
  - { id: gone, model: gone.js, needs: { job: flaky, if: any } }
`;

Deno.test("simrun resume computes again what took the end of a failed run, whatever it was, and what rests on that", async () => {
  await inFolder(async (cwd) => {
    await place(cwd, "flaky.js", FLAKY);
    await place(cwd, "takes.js", TAKES);
    await place(cwd, "gone.js", TAKES);
    await place(cwd, "flag.txt", "bad");
    await place(cwd, "jobs.yaml", JOBS);
    const results = async () => {
      const rows = JSON.parse((await simrun(["results", "--json"], { cwd })).out);
      return Object.fromEntries(
        rows.map(({ job, result }: { job: string; result: unknown }) => [job, result]),
      );
    };
    const first = await simrun(["jobs.yaml"], { cwd });
    assert.equal(first.code, EXIT.runsFailed.status, first.err);
    assert.deepEqual(await results(), { report: [-1], last: [[-1]], aside: [], gone: [-1] });
    await place(cwd, "flag.txt", "good");
    // What is done needs its model no more.
    await Deno.remove(`${cwd}/gone.js`);
    const again = await simrun(["resume"], { cwd });
    assert.equal(again.code, EXIT.completed.status, again.err);
    assert.deepEqual(await results(), {
      flaky: 7,
      report: [7],
      last: [[7]],
      aside: [],
      gone: [-1],
    });
    assert.match((await simrun(["resume"], { cwd })).err, /^Nothing to resume: 5 runs, all done\./);
  });
});
