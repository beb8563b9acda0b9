/**
 * The baseline of tiny runs: a worker pool of Node with one thread computes the same model, keeping no record.
 * `node pool.mjs piscina|poolifier RUNS STEPS`, in a folder where the package and the model lie.
 */
import { fileURLToPath } from "node:url";

/** So many calls are in flight: enough that the thread never waits, too few to measure the queue. */
const IN_FLIGHT = 1000;

// poolifier's threads do not keep Node alive while it waits for them.
setInterval(() => {}, 1000);
const [name, runs, steps] = process.argv.slice(2);
const { call, close } = name === "piscina" ? await piscina() : await poolifier();
for (let at = 0; at < Number(runs); at += IN_FLIGHT) {
  const calls = [];
  for (let i = at; i < Math.min(Number(runs), at + IN_FLIGHT); i++) {
    calls.push(call({ rate: 3.5 + (0.4 * i) / Number(runs), work: 1, steps: Number(steps) }));
  }
  await Promise.all(calls);
}
await close();
process.exit(0);

async function piscina() {
  const { Piscina } = await import("piscina");
  const filename = fileURLToPath(new URL("./piscina_worker.mjs", import.meta.url));
  const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1 });
  return { call: (task) => pool.run(task), close: () => pool.destroy() };
}

async function poolifier() {
  const { FixedThreadPool } = await import("poolifier");
  const filename = fileURLToPath(new URL("./poolifier_worker.mjs", import.meta.url));
  const pool = new FixedThreadPool(1, filename);
  return { call: (task) => pool.execute(task), close: () => pool.destroy() };
}
