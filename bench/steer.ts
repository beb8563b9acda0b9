/** How soon what is urgent begins: from the submission of a critical run, all slots at work, to its first step. */
import { type CompletedRun, Simrun } from "../mod.ts";
import { modelPath, withFolder } from "./commands.ts";
import type { Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { median } from "./statistics.ts";

const STEP_MS = 1;

export function measureSteering(sizes: Sizes): Promise<Section> {
  return withFolder(async (folder) => {
    const syncedMs: number[] = [];
    const waitedMs = await submitUrgent(`${folder}/tree`, sizes.steerRounds, () => {
      syncedMs.push(appendSynced(`${folder}/lines`));
    });
    return {
      title: "Steering",
      lines: [{
        what: "a critical run, from its submission to its first step",
        simrun: { value: median(waitedMs), unit: "ms" },
        baseline: { value: median(syncedMs), unit: "ms", name: "two lines appended, each synced" },
        goal: { of: "figure", atMost: 100 + STEP_MS },
      }],
      notes: [
        `Median of ${sizes.steerRounds}; the slowest took ${
          Math.max(...waitedMs).toFixed(0)
        } ms. One slot, at work on a`,
        `run of low priority with steps of ${STEP_MS} ms, which is saved and goes on later.`,
      ],
    };
  });
}

/** Submits critical runs to a campaign at work, one after the other; answers how long each waited. */
async function submitUrgent(tree: string, rounds: number, between: () => void): Promise<number[]> {
  const simrun = new Simrun({ tree, slots: 1 });
  const model = modelPath("marked.ts");
  await simrun.submit({ id: "low", model, steps: 10_000_000, priority: "low" });
  const ended = simrun.run();
  await nextOf(simrun, "runs.started");
  const waitedMs: number[] = [];
  for (let i = 1; i <= rounds; i++) {
    // The low one has gone on meanwhile.
    await new Promise((done) => setTimeout(done, 300));
    between();
    const completed = nextOf(simrun, "runs.completed");
    const askedMs = performance.timeOrigin + performance.now();
    await simrun.submit({
      id: `urgent-${i}`,
      model,
      steps: 3,
      priority: "critical",
      parameters: { mark: i },
    });
    const began = /began ([\d.]+)/.exec((await completed)[0]?.log ?? "")?.[1];
    waitedMs.push(Number(began) - askedMs);
  }
  simrun.stop();
  await ended;
  return waitedMs;
}

function nextOf(simrun: Simrun, type: string): Promise<readonly CompletedRun[]> {
  return new Promise((done) => {
    const end = simrun.subscribe((event) => {
      if (event.type !== type) return;
      end();
      done(event.type === "runs.completed" ? event.runs : []);
    });
  });
}

/** What the two lines that must be durable first cost at least: the job, and the start of its run. */
function appendSynced(path: string): number {
  const began = performance.now();
  using file = Deno.openSync(path, { append: true, create: true });
  for (let i = 0; i < 2; i++) {
    file.writeSync(new Uint8Array(300));
    file.syncDataSync();
  }
  return performance.now() - began;
}
