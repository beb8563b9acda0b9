/** The samples and searches that simrun 0.1.0 drew, checked in as they were: this version finds them done, and draws the same. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { simrun } from "../helpers/program.ts";
import { copyTree, GOLDEN } from "./small_tree.ts";
import { verifyCommand } from "./verify_command.ts";

const FIRST = `${GOLDEN}/0.1.0-sampled`;
const SAMPLED = `${FIRST}/jobs/sampled.yaml`;
const SEARCHED = `${FIRST}/jobs/search.yaml`;
/** A search may propose others in a later version; what was proposed stays. */
const SEARCHES = ["bayesian", "cma-es", "nelder-mead"];

type Golden = Readonly<Record<string, { readonly parameters: unknown; readonly result: unknown }>>;

async function golden(): Promise<Golden> {
  return JSON.parse(await Deno.readTextFile(`${FIRST}/results.json`));
}

async function resultsOf(root: string): Promise<Golden> {
  const { stdout, stderr } = await simrun(["results", "--json", "--tree", root]);
  assert.equal(stderr, "");
  return Object.fromEntries(
    (JSON.parse(stdout) as { job: string; run: string; parameters: unknown; result: unknown }[])
      .map(({ job, run, parameters, result }) => [`${job}/${run}`, { parameters, result }]),
  );
}

Deno.test("the samples and searches of 0.1.0 are sound and done, and keep all that is done when more is asked for", async () => {
  await inFolder(async (folder) => {
    const root = `${folder}/tree`;
    await copyTree(`${FIRST}/tree`, root);
    const verified = await verifyCommand(root);
    assert.deepEqual([verified.status, verified.stdout], [0, ""], verified.stderr);
    assert.deepEqual(await resultsOf(root), await golden());
    const again = await simrun(["run", SAMPLED, SEARCHED, "--tree", root]);
    assert.match(again.stderr, /^Nothing to do: all 262 runs are done\.$/m);

    const twice = (text: string) =>
      text.replace(/\bcount: (\d+)/g, (_, count) => `count: ${2 * count}`)
        .replace(/\bbudget: 10\b/g, "budget: 12")
        .replace(/\bmodel\.js\b/, `${FIRST}/jobs/model.js`);
    const more: string[] = [];
    for (const path of [SAMPLED, SEARCHED]) {
      more.push(`${folder}/${path.split("/").at(-1)}`);
      await Deno.writeTextFile(more.at(-1)!, twice(await Deno.readTextFile(path)));
    }
    const plan = await simrun(["run", "-n", ...more, "--tree", root, "--json"]);
    const { jobs } = JSON.parse(plan.stdout) as { jobs: { job: string; decisions: unknown }[] };
    assert.deepEqual(Object.fromEntries(jobs.map(({ job, decisions }) => [job, decisions])), {
      "sobol": { done: 32, new: 32 },
      "halton": { done: 8, new: 8 },
      "lhs": { done: 12, new: 12 },
      "random": { done: 16, new: 16 },
      "bayesian": { done: 10, new: 2 },
      "cma-es": { done: 10, new: 2 },
      "nelder-mead": { done: 10, new: 2 },
      "enough": { done: 164, "not-needed": 36 },
    });
  });
});

Deno.test("the points of 0.1.0 are drawn anew to the last digit, and their runs come to the same bits", async () => {
  await inFolder(async (folder) => {
    const root = `${folder}/tree`;
    const { status, stderr } = await simrun(["run", SAMPLED, SEARCHED, "--tree", root]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^enough: stopped after 43 of 200: /m);
    // What was under way when it stopped counts for nothing: that may be more, or less.
    const counts = ([name, { parameters }]: [string, Golden[string]]) =>
      !SEARCHES.includes(name.split("/")[0]!) &&
      (!name.startsWith("enough/") || (parameters as { repeat: number }).repeat <= 43);
    const drawn = (all: Golden) => Object.fromEntries(Object.entries(all).filter(counts));
    const before = drawn(await golden());
    assert.equal(Object.keys(before).length, 111);
    assert.deepEqual(drawn(await resultsOf(root)), before);
  });
});
