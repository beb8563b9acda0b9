/** Every question of the Grafana dashboard is answered by a real Prometheus that scrapes a real campaign at work. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, sleep } from "../helpers/processes.ts";
import { startSimrun } from "../helpers/program.ts";
import { needing } from "../simulators/study.ts";
import { expressions } from "./grafana.ts";
import { ask, placeConfig, startPrometheus } from "./prometheus.ts";

const { ignore, named } = needing(["prometheus", "--version"], "prometheus");

/** Runs of a few hundred milliseconds, one of which throws and one hangs. */
const MODEL = `
export const params = { bad: { default: 0 }, n: { default: 0 } };
export const init = () => ({ x: 0 });
export function step(s, ctx) {
  for (const end = Date.now() + 10; Date.now() < end;);
  while (ctx.params.bad === 2 && ctx.step > 5);
  if (ctx.params.bad === 1 && ctx.step > 5) throw new Error("x went bad");
  s.x++;
}
export const result = (s) => s.x;
`;
const JOBS = `
defaults: { model: wait.js, checkpoint_every: 5 }
jobs:
  - { id: bad, steps: 20, priority: high, parameters: { bad: 1 } }
  - { id: hung, steps: 20, priority: high, hang_after: 1s, retry: { limit: 1, backoff: 0s }, parameters: { bad: 2 } }
  - { id: long, steps: 1000000, priority: high }
  - { id: many, steps: 20, sweep: { n: { from: 1, to: 5000, step: 1 } } }
`;

/** That a simrun has begun is an event, and mostly there is none. */
const isOfMoments = (expression: string) => expression.startsWith("changes(");

Deno.test({
  name: named("each panel of the Grafana dashboard has data of a campaign at work"),
  ignore,
  async fn() {
    await inFolder((folder) =>
      leavesNoProcess(async () => {
        await place(folder, "wait.js", MODEL);
        const study = await place(folder, "study.yaml", JOBS);
        const tree = join(folder, "tree");
        const campaign = startSimrun(
          ["run", study, "--tree", tree, "-j", "2", "--memory", "4GiB"],
        );
        const target = `127.0.0.1:${freePort()}`;
        // It is told to wait for no tree: there must be one.
        await waitFor(() =>
          Deno.stat(join(tree, "hot/live.json")).then(() => [], () => ["a tree"])
        );
        const metrics = startSimrun(["metrics", "--listen", target, "--tree", tree]);
        await placeConfig(folder, target);
        const prometheus = startPrometheus(folder);
        try {
          const base = `http://127.0.0.1:${await prometheus.port}`;
          const asked = expressions().filter((one) => !isOfMoments(one));
          await waitFor(async () => {
            const unanswered: string[] = [];
            for (const expression of asked) {
              const question = expression.replaceAll("$tree", tree)
                .replaceAll(/\$__(?:rate_)?interval/g, "1m");
              if (((await ask(base, question))?.length ?? 0) === 0) unanswered.push(expression);
            }
            return unanswered;
          });
        } finally {
          await prometheus.stop();
          for (const child of [metrics, campaign]) {
            child.kill("SIGINT");
            await child.status;
          }
        }
      })
    );
  },
});

/** Until nothing is missing any more. */
async function waitFor(missing: () => Promise<readonly string[]>): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    const left = await missing();
    if (left.length === 0) return;
    if (performance.now() > end) assert.deepEqual(left, []);
    await sleep(200);
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
