/** Searches by the whole program: killed and resumed, on one slot and on two, with a larger budget, as models of each kind. */
import assert from "node:assert/strict";
import { readJournal } from "../../src/store/journal_read.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";

/** Takes a few milliseconds, and fails in a corner. */
const MODEL = `
export const params = { x: { default: 0 }, y: { default: 0 }, scheme: { default: "a" } };
export function init() { return { n: 0 }; }
export function step(state) { const end = performance.now() + 2; while (performance.now() < end); state.n++; }
export function result(_, { params: { x, y, scheme } }) {
  if (x > 1.8) throw new Error("x went too far");
  return { fit: { loss: (1 - x) ** 2 + 100 * (y - x * x) ** 2 + (scheme === "b" ? 1 : 0) } };
}
`;

function manifest(over: Record<string, unknown> = {}, more: Record<string, unknown> = {}): string {
  const optimize = {
    metric: "fit.loss",
    budget: 30,
    seed: 4,
    over: {
      x: { uniform: [-2, 2] },
      y: { uniform: [-1, 3] },
      scheme: { choice: ["a", "b"] },
    },
    ...over,
  };
  return JSON.stringify({ id: "fit", model: "./model.ts", steps: 3, optimize, ...more });
}

/** All that must not depend on interruptions and slots. */
async function outcomeOf(tree: string): Promise<string> {
  const { stdout, stderr } = await simrun(["results", "--json", "--tree", tree]);
  const rows = JSON.parse(stdout) as Record<string, unknown>[];
  assert.ok(rows.length > 0, stderr);
  return rows.map(({ run, parameters, result }) => JSON.stringify([run, parameters, result])).join(
    "\n",
  );
}

/** What was proposed for each run, as the journal has it; the same each time that it was begun. */
function proposalsIn(tree: string): Record<string, string> {
  const found: Record<string, string> = {};
  readJournal(new Layout(tree), (entry) => {
    if (entry.type !== "runs.started") return;
    for (const [i, one] of (entry.proposed ?? []).entries()) {
      const run: string = entry.runs[2 * i]!;
      const text: string = JSON.stringify([one, entry.runs[2 * i + 1]]);
      assert.equal(found[run] ?? text, text, `${run} was proposed twice`);
      found[run] = text;
    }
  });
  return found;
}

function completedIn(tree: string): number {
  let completed = 0;
  try {
    readJournal(new Layout(tree), (entry) => {
      if (entry.type === "runs.completed") completed += entry.runs.length;
    });
  } catch {
    // There is none yet, or it is just being written.
  }
  return completed;
}

const METHODS = cases({ short: 1, long: 3 }) === 1
  ? ["bayesian"]
  : ["bayesian", "cma-es", "nelder-mead"];

for (const method of METHODS) {
  Deno.test(`${method}: killed with -9 anywhere and resumed, the search is what it would have been; also on two slots`, () =>
    inFolder((folder) =>
      leavesNoProcess(async () => {
        const seed = seedOf();
        const random = seeded(seed);
        await Deno.writeTextFile(`${folder}/model.ts`, MODEL);
        const job = `${folder}/fit.yaml`;
        await Deno.writeTextFile(job, manifest({ method }));
        const [alone, two, killed] = ["alone", "two", "killed"].map((name) => `${folder}/${name}`);
        const golden = await simrun(["run", job, "--tree", alone!, "-j", "1"]);
        // Some fail in their corner: that is told, and stops nothing.
        assert.match(golden.stderr, /30 runs in .*; \d+ completed, [1-9]\d* failed/);
        assert.equal(golden.status, 3, golden.stderr);
        assert.match(golden.stderr, /fit: best fit\.loss \d.* in fit\/00\d\d: x: /);
        const besides = await simrun(["run", job, "--tree", two!, "-j", "2", "-q"]);
        assert.equal(besides.status, 3, besides.stderr);
        assert.equal(await outcomeOf(two!), await outcomeOf(alone!));
        assert.deepEqual(proposalsIn(two!), proposalsIn(alone!));

        let command = ["run", job];
        for (
          let at = random.below(9);
          at < 28;
          at += 4 + random.below(cases({ short: 30, long: 12 }))
        ) {
          const process = startSimrun([...command, "--tree", killed!, "-q"]);
          const ended = process.status;
          let isOver = false;
          void ended.then(() => isOver = true);
          while (!isOver && completedIn(killed!) < at) {
            await new Promise((done) => setTimeout(done, 40));
          }
          if (!isOver) process.kill("SIGKILL");
          await ended;
          if (completedIn(killed!) > 0) command = ["resume"];
        }
        const last = await simrun([...command, "--tree", killed!, "-q"]);
        assert.ok(last.status === 0 || last.status === 3, last.stderr);
        assert.equal(await outcomeOf(killed!), await outcomeOf(alone!), `seed ${seed}`);
        assert.deepEqual(proposalsIn(killed!), proposalsIn(alone!), `seed ${seed}`);
      })
    ));
}

Deno.test("a finished search has nothing to do, goes on with a larger budget, and begins anew over another space", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await Deno.writeTextFile(`${folder}/model.ts`, MODEL);
      const job = `${folder}/fit.yaml`;
      const tree = ["--tree", `${folder}/tree`];
      const over = { x: { uniform: [-1.5, 1.5] }, y: { uniform: [-1, 3] } };
      const write = (more: Record<string, unknown>) =>
        Deno.writeTextFile(job, manifest({ over, method: "cma-es", ...more }));
      await write({ budget: 12 });
      const first = await simrun(["run", job, ...tree]);
      assert.equal(first.status, 0, first.stderr);
      const again = await simrun(["run", job, ...tree]);
      assert.equal(again.status, 0);
      assert.match(again.stderr, /Nothing to do: all 12 runs are done\./);
      assert.match(again.stderr, /fit: best fit\.loss/);
      const before = await outcomeOf(`${folder}/tree`);

      await write({ budget: 20 });
      const plan = await simrun(["run", "-n", job, ...tree, "--json"]);
      assert.deepEqual(JSON.parse(plan.stdout).jobs[0].decisions, { done: 12, new: 8 });
      const more = await simrun(["run", job, ...tree]);
      assert.match(more.stderr, /8 completed, 12 were done before/);
      assert.ok((await outcomeOf(`${folder}/tree`)).startsWith(before));

      await write({ budget: 20, over: { ...over, x: { uniform: [-1, 1] } } });
      const other = await simrun(["run", job, ...tree]);
      assert.match(other.stderr, /20 completed/);
      const story = await simrun(["explain", "fit/0003", ...tree]);
      assert.match(
        story.stdout,
        /optimize\.over\.x: uniform from -1\.5 to 1\.5 -> uniform from -1 to 1/,
      );
    })
  ));

Deno.test("until: a search that is good enough says so everywhere, and is complete", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await Deno.writeTextFile(`${folder}/model.ts`, MODEL);
      const job = `${folder}/fit.yaml`;
      const tree = ["--tree", `${folder}/tree`];
      const over = { x: { uniform: [0, 1.5] }, y: { uniform: [0, 2] } };
      await Deno.writeTextFile(
        job,
        manifest({ over, budget: 90, parallel: 1 }, { until: { below: 0.1 } }),
      );
      const ran = await simrun(["run", job, ...tree]);
      assert.equal(ran.status, 0, ran.stderr);
      const stopped = /fit: stopped after (\d+) of 90: fit\.loss \S+ is below 0\.1/.exec(
        ran.stderr,
      );
      assert.ok(stopped, ran.stderr);
      const runs = Number(stopped[1]);
      assert.ok(runs < 90);
      assert.match(ran.stderr, new RegExp(`Done: ${runs} runs? in .*; ${runs} completed\\.`));
      const status = await simrun(["status", ...tree]);
      assert.match(status.stdout, new RegExp(`100% +${runs}/${runs} +${90 - runs} not needed`));
      assert.match(status.stdout, /fit +stopped after \d+ of 90: .*\nfit +best fit\.loss/);
      assert.doesNotMatch(status.stdout, /resume/);
      const results = await simrun(["results", ...tree]);
      assert.doesNotMatch(results.stderr, /not done/);
      const so = ["--columns", "trial,fit.loss,best", "--format", "csv"];
      const [head, ...lines] = (await simrun(["results", ...so, ...tree])).stdout.trim().split(
        "\r\n",
      );
      assert.equal(head, "trial,fit.loss,best");
      let least = Infinity;
      for (const [at, line] of lines.entries()) {
        const [trial, loss, best] = line.split(",").map(Number);
        least = Math.min(least, loss!);
        assert.deepEqual([trial, best], [at + 1, least]);
      }
      assert.equal(lines.length, runs);
      const figure = await simrun(["results", "--plot", "x=trial,y=best,logy", ...tree]);
      assert.match(figure.stdout, /^best\n[^]*trial/, figure.stderr);
      const told = await simrun(["explain", "fit", ...tree]);
      assert.match(
        told.stdout,
        new RegExp(`The next simrun: ${runs} done, ${90 - runs} not-needed\\.`),
      );
      const one = await simrun(["explain", "fit/0090", ...tree]);
      assert.match(one.stdout, /not needed: its job has come to its end before/);
      for (const command of [["resume"]]) {
        const again = await simrun([...command, ...tree]);
        assert.equal(again.status, 0, again.stderr);
        assert.match(
          again.stderr,
          new RegExp(`Nothing to (do: all ${runs} runs are|resume: ${runs} runs, all) done`),
        );
      }
      const verified = await simrun(["verify", ...tree]);
      assert.equal(verified.status, 0, verified.stdout + verified.stderr);
      // Without the rule it goes on where it stopped.
      await Deno.writeTextFile(job, manifest({ over, budget: runs + 3, parallel: 1 }));
      const on = await simrun(["run", job, ...tree]);
      assert.match(on.stderr, new RegExp(`3 completed, ${runs} were done before`));
    })
  ));

Deno.test("until of repeats: they end when their mean is known, and the same ones decide on one slot and on two", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await Deno.writeTextFile(
        `${folder}/dice.ts`,
        `export function step() {}\nexport function result(_, { rng }) { return { eyes: 1 + rng.below(6) }; }`,
      );
      const job = `${folder}/dice.yaml`;
      await Deno.writeTextFile(
        job,
        JSON.stringify({
          id: "dice",
          model: "./dice.ts",
          steps: 1,
          sweep: { repeat: 20_000 },
          until: { metric: "eyes", standard_error: "2%" },
        }),
      );
      const said: string[] = [];
      for (const slots of cases({ short: 1, long: 2 }) === 1 ? ["2"] : ["1", "2"]) {
        const tree = ["--tree", `${folder}/tree-${slots}`];
        const ran = await simrun(["run", job, "-j", slots, ...tree]);
        assert.equal(ran.status, 0, ran.stderr);
        said.push(/dice: (stopped after .*)/.exec(ran.stderr)![1]!);
        const again = await simrun(["run", job, ...tree]);
        assert.match(again.stderr, /Nothing to do/);
      }
      assert.equal(new Set(said).size, 1);
      // Of a die: 1.708 / (0.02 × 3.5), squared, is 595.
      const [, after, mean] = /after ([\d,]+) of 20,000: the mean of eyes is ([\d.]+),/.exec(
        said[0]!,
      )!;
      assert.ok(Math.abs(Number(after) - 595) < 90, after);
      assert.ok(Math.abs(Number(mean) - 3.5) < 0.25, mean);
    })
  ));

Deno.test("a command is searched over its placeholders", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const job = `${folder}/shell.yaml`;
      await Deno.writeTextFile(
        job,
        JSON.stringify({
          id: "shell",
          model: {
            command: ["awk", 'BEGIN { x = ${x}; print "loss=" (x - 3) * (x - 3) }'],
            results: { loss: "loss=(\\S+)" },
          },
          optimize: { metric: "loss", budget: 12, over: { x: { uniform: [0, 10] } } },
        }),
      );
      const ran = await simrun(["run", job, "--tree", `${folder}/tree`]);
      assert.equal(ran.status, 0, ran.stderr);
      const [, loss] = /best loss (\S+) in/.exec(ran.stderr)!;
      assert.ok(Number(loss) < 0.3, ran.stderr);
    })
  ));

Deno.test("a search for a number that no result has ends after a few runs, and says where it is asked for", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const model = "export function step() {}\nexport const result = () => ({ los: 1 });\n";
      await Deno.writeTextFile(`${folder}/model.ts`, model);
      const job = `${folder}/fit.yaml`;
      await Deno.writeTextFile(
        job,
        "id: fit\nmodel: ./model.ts\nsteps: 1\noptimize:\n  metric: loss\n  budget: 30\n" +
          "  over: { x: { uniform: [0, 1] } }\n",
      );
      const ran = await simrun(["run", job, "--tree", `${folder}/tree`, "-j", "1"]);
      assert.equal(ran.status, 3, ran.stderr);
      const [, completed] = /30 runs in .*; (\d+) completed/.exec(ran.stderr)!;
      assert.ok(Number(completed) < 15, ran.stderr);
      assert.match(
        ran.stderr,
        /no number "loss"\. Did you mean "los"\? Its numbers: los\. \(.*fit\.yaml:5:11\)/,
      );
    })
  ));
