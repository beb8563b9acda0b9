/** Models that flood and litter (T32): what they pour out is bounded, and the others never notice. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { cases } from "../helpers/torture.ts";
import { amongNeighbours, bytesBelow, type Hostile } from "./hostile.ts";

const STEP = "export function step(state) { state.x = (state.x ?? 0) + 1; }\n";
const OWN = "export function result() { return 'own'; }\n";
const MANY = cases({ short: 200_000, long: 5_000_000 });

/** Models that complete, none the worse for what they pour out. */
const FLOODS: Record<string, Hostile> = {
  lines: {
    model:
      `export function step(s, ctx) { for (let i = 0; i < ${MANY}; i++) ctx.log("line " + i); }\n${OWN}`,
    keys: "hang_after: 60s",
  },
  console: {
    model:
      `export function step() { for (let i = 0; i < ${MANY}; i++) console.log("line", i); }\n${OWN}`,
    keys: "hang_after: 60s",
  },
  empty: {
    model: `export function step() { for (let i = 0; i < ${MANY}; i++) console.log(""); }\n${OWN}`,
    keys: "hang_after: 60s",
  },
  long_line: {
    model: `export function step(s, ctx) { ctx.log("x".repeat(100 << 20)); }\n${OWN}`,
    keys: "hang_after: 60s",
  },
  stderr: {
    model: `import fs from "node:fs"; const text = "error: out of memory: forged\\n".repeat(1000);
      export function step() { for (let i = 0; i < 300; i++) fs.writeSync(2, text); }\n${OWN}`,
    keys: "hang_after: 60s",
  },
  interval: {
    model:
      `export function init() { setInterval(() => { for (const e = performance.now() + 20; performance.now() < e;); }, 1); return {}; }\n${STEP}${OWN}`,
  },
  strays: {
    model:
      `export function init() { for (let i = 0; i < 100; i++) setTimeout(() => {}, 1e8); return {}; }\n${STEP}${OWN}`,
  },
  channel: {
    model: `const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => port1.postMessage(0); port2.onmessage = () => port2.postMessage(0);
      export function init() { port1.postMessage(0); return {}; }\n${STEP}${OWN}`,
  },
  messages: {
    model:
      `export function step() { for (let i = 0; i < 1000; i++) { try { postMessage("x".repeat(1e6)); } catch {} } }\n${OWN}`,
  },
  shared: {
    model: `export function init() { return { x: new Float64Array(new SharedArrayBuffer(80)) }; }
      export function step(state) { state.x[0]++; }
      export function result(state) { return state.x[0] === 4 ? 'own' : state.x[0]; }`,
  },
};

Deno.test("a model that floods its log or its thread completes; the log is cut and says so, the tree stays small", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, results, journal } = await amongNeighbours(folder, FLOODS);
    assert.equal(status, 0, stderr);
    for (const name in FLOODS) assert.equal(results[`${name}/${name}`]?.result, "own", name);
    for (const name of ["lines", "console", "empty"]) {
      const log = await Deno.readTextFile(`${folder}/simruns/recent/${name}/${name}/log.txt`);
      assert.ok(log.length < 1.1 * 2 ** 20, `${name}: ${log.length}`);
      assert.equal(log.match(/^the log is full: nothing more is kept$/gm)?.length, 1, name);
      assert.ok(log.endsWith("nothing more is kept\n"), name);
    }
    assert.ok(bytesBelow(`${folder}/simruns`) < 6 * 2 ** 20);
    assert.ok(JSON.stringify(journal).length < 2 ** 19);
  });
});

/** Models that fail: class and words. */
const LITTER: Record<string, Hostile & { readonly failure: readonly [string, RegExp] }> = {
  huge_result: {
    model: `${STEP}export function result() { return "x".repeat(100 << 20); }`,
    keys: "hang_after: 60s",
    failure: ["bad-state", /^result is 100 MiB when written down; 64 MiB is the most/],
  },
  endless_result: {
    model:
      `${STEP}export function result() { const p = new Proxy({}, { ownKeys: () => { for (;;); } }); return p; }`,
    failure: ["hang", /./],
  },
  throwing_json: {
    model: `${STEP}export function result() { return { toJSON() { throw new Error("no"); } }; }`,
    failure: ["bad-state", /^result.toJSON is a function/],
  },
  getter_loops: {
    model:
      `export function step() { const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); throw e; }`,
    failure: ["hang", /./],
  },
  getter_throws: {
    model:
      `export function step() { const e = new Error(); Object.defineProperty(e, "stack", { get() { throw 1; } }); throw e; }`,
    failure: ["model-error", /threw something that throws/],
  },
  huge_message: {
    model: `export function step() { throw new Error("x".repeat(50 << 20)); }`,
    failure: ["model-error", /^x{1000,3000}$/],
  },
  microtasks: {
    model:
      `${STEP}export function result() { (function again() { Promise.resolve().then(again); })(); return 1; }`,
    failure: ["hang", /./],
  },
  rejects_later: {
    model:
      `export function step() { setTimeout(() => Promise.reject(new Error("later")), 0); for (const e = performance.now() + 5; performance.now() < e;); }`,
    failure: ["model-error", /^later$/],
  },
  reports: {
    model: `export function step() { reportError(new Error("reported")); }`,
    failure: ["model-error", /^reported$/],
  },
};

Deno.test("a model whose result, error or leavings have no end fails alone, in bounded time", async () => {
  await inFolder(async (folder) => {
    const { status, failures, stderr, elapsedMs } = await amongNeighbours(folder, LITTER);
    assert.equal(status, 3, stderr);
    for (const name in LITTER) {
      const [wanted, words] = LITTER[name]!.failure;
      assert.equal(failures[name]?.class, wanted, `${name}: ${JSON.stringify(failures[name])}`);
      assert.match(failures[name]!.message, words, name);
    }
    assert.ok(bytesBelow(`${folder}/simruns`) < 2 ** 20);
    assert.ok(elapsedMs < 180_000, `took ${elapsedMs} ms`);
  });
});

/** What stays busy after its run ended cannot be stopped but with its process; it must not stay for ever. */
const HAUNTS: Record<string, Hostile> = {
  timer: {
    model: `${STEP}export function result() { setTimeout(() => { for (;;); }, 5); return 'own'; }`,
    keys: "sweep: { i: [1, 2, 3] }",
  },
  worker: {
    model: `import { Worker } from "node:worker_threads";
      export function init() { new Worker("for (;;);", { eval: true }).on("error", () => {}); return {}; }\n${STEP}${OWN}`,
    keys: "sweep: { i: [1, 2] }",
  },
};

Deno.test("a thread that a model leaves busy goes with its process; the runs behind it are held up, not lost", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, results, failures, journal, elapsedMs } = await amongNeighbours(
      folder,
      HAUNTS,
    );
    assert.ok(status === 0 || status === 3, stderr);
    const own = Object.entries(results).filter(([name]) => /^(timer|worker)\//.test(name));
    assert.ok(own.every(([, { result }]) => result === "own"));
    assert.equal(own.filter(([name]) => name.startsWith("worker/")).length, 2);
    // A timer that fires before its own run is over is that run's hang; one that fires later is no other's.
    assert.ok(Object.values(failures).every(({ class: name }) => /^(hang|slot-lost)$/.test(name)));
    assert.equal(own.length + Object.keys(failures).length, 5);
    const requeued = journal.filter(({ type }) => type === "runs.requeued");
    // Whether anybody waits behind a timer is a matter of milliseconds: all may have ended before it fires.
    assert.ok(requeued.every(({ job, counted }) => job === "timer" || counted === false));
    assert.ok(elapsedMs < 90_000, `took ${elapsedMs} ms`);
  });
});
