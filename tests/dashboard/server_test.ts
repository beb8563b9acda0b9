/** `simrun dashboard` over trees of the real program: what it tells is what `status`, `stats` and `results` tell. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { copyTree } from "../trees/small_tree.ts";
import { findThing } from "./browser.ts";
import { placeStudy, sharedTree, withShown, workedTree } from "./shown_tree.ts";

Deno.test("simrun dashboard tells of a finished tree what status, stats and results tell", () =>
  leavesNoProcess(async () => {
    const tree = await sharedTree();
    await withShown(tree, [], async (shown) => {
      const picture = await shown.json("/api/picture");
      const flag = ["--tree", tree, "--json"];
      const status = JSON.parse((await simrun(["status", ...flag])).stdout);
      // Taken a moment apart.
      assert.deepEqual({ ...picture.status, at: "" }, { ...status, at: "" });
      const stats = JSON.parse((await simrun(["stats", ...flag])).stdout);
      assert.deepEqual(picture.statistics, stats);
      assert.equal(picture.failures.length, 1);
      assert.match(picture.failures[0].text, /x left the <b>table<\/b> at drive 3/);
      assert.match(picture.failures[0].place, /oscillator\.js:\d+:\d+$/);
      assert.equal(picture.may_control, false);

      const runs = await shown.json("/api/runs");
      assert.equal(runs.total, 16);
      assert.equal(runs.counts.failed, 1);
      assert.equal(runs.rows[0].point, "damping: 0.05, drive: 0.5");
      const failed = await shown.json("/api/runs?states=failed");
      assert.deepEqual(failed.rows.map((row: { point: string }) => row.point), [
        "damping: 0.4, drive: 3",
      ]);
      const found = await shown.json("/api/runs?text=drive%3D2%20damping%3D0.1");
      assert.equal(found.total, 1);
      const sorted = await shown.json("/api/runs?sort=param%3Adrive&order=down&limit=4");
      assert.ok(sorted.rows.every((row: { point: string }) => row.point.endsWith("drive: 3")));

      const { job, run } = failed.rows[0];
      const page = await shown.json(`/api/run?job=${job}&run=${run}`);
      assert.equal(page.status.state, "failed");
      assert.match(page.log, /<img src=x onerror=alert\(1\)>/);
      assert.equal(page.chapters.at(-1).kind, "failed");
      assert.ok(page.parameters.some((one: { name: string }) => one.name === "drive"));
      const good = runs.rows.find((row: { state: string }) => row.state === "completed");
      const curves = (await shown.json(`/api/run?job=${job}&run=${good.run}`)).series;
      const series = (await simrun(["series", `${job}/${good.run}`, "--tree", tree])).stdout;
      const rows = series.trim().split("\n").slice(1).map((line) => line.split(",").map(Number));
      assert.deepEqual(curves.curves[0].x, rows.map(([step]) => step));
      assert.deepEqual(curves.curves[0].y, rows.map(([, x]) => x));

      const timeline = await shown.json("/api/timeline?width=800");
      const pieces = timeline.lanes.flat();
      assert.equal(sum(pieces.map((piece: { runs: number }) => piece.runs)), 16);
      assert.ok(pieces.some((piece: { state: string }) => piece.state === "failed"));

      const columns = await shown.json("/api/results");
      assert.deepEqual(columns.metrics, ["peak", "energy"]);
      const plot = await shown.json("/api/plot?job=resonance&x=damping&y=peak&by=drive");
      assert.equal(plot.groups.length, 4);
      const heat = await shown.json(
        "/api/plot?job=resonance&x=damping&y=peak&by=drive&kind=heat",
      );
      assert.equal(heat.cells.filter((cell: unknown) => cell === null).length, 1);
      const results = JSON.parse((await simrun(["results", ...flag])).stdout);
      // What the plots' thread refuses comes in its words, and it goes on.
      const refused = async (path: string, status: number, what: RegExp) => {
        const answer = await shown.get(path);
        assert.equal(answer.status, status);
        assert.match((await answer.json()).message, what);
      };
      await refused("/api/plot?job=nobody&x=a&y=b", 404, /no results of nobody/);
      await refused("/api/plot?job=resonance&x=weight&y=peak", 400, /no column "weight"/);
      await refused("/api/plot?job=resonance&x=damping", 400, /lacks y=/);
      const peaks = results.map((row: { result: { peak: number } }) => row.result.peak);
      assert.equal(heat.max, Math.max(...peaks));
    });
  }));

Deno.test("simrun dashboard follows a running tree: at most five messages a second, and done as asked", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const worked = await workedTree(folder);
      try {
        await withShown(worked.tree, ["--control"], async (shown) => {
          const socket = shown.live();
          const times: number[] = [];
          // deno-lint-ignore no-explicit-any -- JSON
          let picture: any;
          socket.onmessage = ({ data }) => {
            times.push(performance.now());
            picture = JSON.parse(data);
          };
          const state = (name: string) => Number(picture?.status[`runs_${name}`] ?? -1);
          await until(() => state("running") === 2, "two runs are seen running");
          const { rows } = await shown.json("/api/runs?states=waiting&job=slow");
          const name = `${rows[0].job}/${rows[0].run}`;
          const did = async (action: object, what: RegExp) => {
            const done = await shown.control(action);
            assert.ok(done.ok, JSON.stringify(done));
            assert.match(done.message, what);
          };
          await did({ type: "pause", selectors: [name] }, /paused/);
          await until(() => state("paused") === 1, "the pause is seen");
          await did({ type: "continue", selectors: [name] }, /continue|go on/i);
          await did({ type: "cancel", selectors: [name] }, /cancelled/);
          await until(() => state("cancelled") === 1, "the cancelling is seen");
          await did({ type: "retry", selectors: [name] }, /./);
          await until(() => state("cancelled") === 0, "the retry is seen");
          await did({ type: "priority", selectors: ["later"], priority: 1 }, /high/);
          await until(
            () => picture.queue[1].jobs.some((one: { job: string }) => one.job === "later"),
            "the priority is seen",
          );
          const wrong = await shown.control({ type: "cancel", selectors: ["nobody"] });
          assert.equal(wrong.ok, false);
          assert.match(wrong.message, /nobody/);
          const most = Math.max(
            ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length),
          );
          assert.ok(most <= 5, `${most} messages in one second`);
          socket.close();
        });
      } finally {
        await worked.end();
      }
    })
  ));

const SEARCH = `
id: fit
model: ./parabola.js
steps: 1
optimize: { metric: loss, budget: 8, over: { x: { uniform: [0, 3] } } }
`;

const PARABOLA = `
export const params = { x: { default: 0 } };
export const init = ({ params }) => ({ x: params.x });
export function step() {}
export const result = ({ x }) => ({ loss: (x - 1) ** 2 });
`;

Deno.test("simrun dashboard tells where a search stands, as status does", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "parabola.js", PARABOLA);
      const study = await place(folder, "fit.yaml", SEARCH);
      const tree = join(folder, "tree");
      const ran = await simrun(["run", study, "--tree", tree, "-j", "1"]);
      assert.equal(ran.status, 0, ran.stderr);
      await withShown(tree, [], async (shown) => {
        // deno-lint-ignore no-explicit-any -- JSON
        let status: any;
        await until(async () => {
          ({ status } = await shown.json("/api/picture"));
          return status.led !== undefined;
        }, "it is told where the search stands");
        const { stdout } = await simrun(["status", "--tree", tree, "--json"]);
        assert.deepEqual({ ...status, at: "" }, { ...JSON.parse(stdout), at: "" });
        assert.equal(status.led.fit.metric, "loss");
        assert.ok(status.led.fit.best.value < 1);
        const card = await findThing(shown.url, "", "[data-key=led]");
        if (card !== undefined) assert.match(card, /fit best loss [\d.e-]+ in fit\/\d{4}: x: /);
      });
    })
  ));

Deno.test("simrun dashboard goes on when its tree vanishes, and when it is back", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await placeStudy(folder);
      const tree = join(folder, "tree");
      await copyTree(await sharedTree(), tree);
      await withShown(tree, [], async (shown) => {
        assert.equal((await shown.json("/api/picture")).trouble, undefined);
        await Deno.rename(tree, join(folder, "away"));
        const gone = await shown.json("/api/picture");
        assert.match(gone.trouble.message, /There is no tree at/);
        // What is known is still told.
        assert.equal(gone.status.runs_completed, 15);
        await Deno.rename(join(folder, "away"), tree);
        const back = await shown.json("/api/picture");
        assert.equal(back.trouble, undefined);
        // Another tree in its place is another one from its first line on.
        await Deno.remove(tree, { recursive: true });
        assert.match((await shown.json("/api/picture")).trouble.message, /no tree/);
        const again = await simrun(
          ["run", join(folder, "study.yaml"), "--tree", tree, "-j", "2"],
        );
        assert.equal(again.status, EXIT.runsFailed.status, again.stderr);
        const { stdout } = await simrun(["status", "--tree", tree, "--json"]);
        const other = await shown.json("/api/picture");
        assert.deepEqual({ ...other.status, at: "" }, { ...JSON.parse(stdout), at: "" });
        assert.equal((await shown.json("/api/runs")).counts.completed, other.status.runs_completed);
      });
    })
  ));

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
