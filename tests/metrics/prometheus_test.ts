/** Metrics before Prometheus itself: its `promtool` has nothing against them, and a server scrapes them and answers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { keepMetrics } from "../../src/metrics/keep_metrics.ts";
import { TreeMetrics } from "../../src/metrics/tree_metrics.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { completed } from "../report/fixtures.ts";
import { needing } from "../simulators/study.ts";
import { expressions } from "./grafana.ts";
import { append, ENDED, EVENTS, makeTree } from "./fixtures.ts";
import { ask, placeConfig, query, startPrometheus } from "./prometheus.ts";

const { ignore, named } = needing(["prometheus", "--version"], "prometheus");

Deno.test({
  name: named("promtool check metrics has nothing against what is told of a tree"),
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const layout = await makeTree(join(folder, 'a "tree"'));
      await append(layout, [...EVENTS, ENDED]);
      using metrics = new TreeMetrics(layout);
      const { text } = await metrics.read();
      assert.deepEqual(await promtool(text), { code: 0, said: "" });
      // It does look: a counter must be called one.
      const wrong = "# HELP simrun_x Wrong.\n# TYPE simrun_x counter\nsimrun_x 1\n";
      assert.notEqual((await promtool(wrong)).code, 0);
    });
  },
});

Deno.test({
  name: named("Prometheus scrapes the endpoint, and answers what a tree told of itself"),
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const layout = await makeTree(join(folder, "tree"));
      await append(layout, EVENTS);
      const ended = new AbortController();
      let target = "";
      const kept = keepMetrics(layout, {
        everyMs: 60_000,
        listen: { hostname: "127.0.0.1", port: 0 },
        onListen: ({ port }) => target = `127.0.0.1:${port}`,
      }, ended.signal);
      await until(() => target !== "", "the endpoint");
      await placeConfig(folder, target);
      const prometheus = startPrometheus(folder);
      try {
        const base = `http://127.0.0.1:${await prometheus.port}`;
        const completedRuns = 'sum(simrun_runs_completed_total{job="simrun",job_name="climate"})';
        await until(async () => await query(base, completedRuns) === 2, "the first scrape");
        await append(layout, [completed("climate", "b", 1)]);
        await until(async () => await query(base, completedRuns) === 3, "a later scrape");
        assert.equal(await query(base, 'simrun_runs{job_name="climate",state="failed"}'), 1);
        const median = "histogram_quantile(0.5, sum by (le) (simrun_run_duration_seconds_bucket))";
        assert.ok((await query(base, median))! <= 10);
        assert.equal(await query(base, 'up{job="simrun"}'), 1);
        // What the dashboard asks is understood; what is asked of this tree is answered but for what it does not know.
        for (const expression of expressions()) {
          const asked = expression.replaceAll("$tree", layout.root)
            .replaceAll(/\$__(?:rate_)?interval/g, "1m");
          const answer = await ask(base, asked);
          assert.ok(answer !== undefined, expression);
          if (!/remaining|memory|_slots|checkpoint|class|cause|changes/.test(asked)) {
            assert.ok(answer.length > 0, expression);
          }
        }
      } finally {
        await prometheus.stop();
        ended.abort();
        await kept;
      }
    });
  },
});

Deno.test({
  name: named("what docs/metrics.md gives to Prometheus, promtool accepts"),
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const page = await Deno.readTextFile(new URL("../../docs/metrics.md", import.meta.url));
      const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);
      const kinds = blocks.map((text) => text.startsWith("groups:") ? "rules" : "config");
      assert.deepEqual(kinds.toSorted(), ["config", "rules"]);
      for (const [i, text] of blocks.entries()) {
        const file = await place(folder, `${i}.yml`, text);
        const { code, said } = await promtool("", ["check", kinds[i]!, file]);
        assert.equal(code, 0, said);
      }
    });
  },
});

async function promtool(
  text: string,
  args: readonly string[] = ["check", "metrics"],
): Promise<{ code: number; said: string }> {
  const child = new Deno.Command("promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}
