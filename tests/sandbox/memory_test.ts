/** Runs that take memory without end (T22): each is told as such, is given twice as much once, and fails alone. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { isTorture } from "../helpers/torture.ts";
import { amongNeighbours, type Hostile } from "./hostile.ts";

/** 300 MiB for each of two slots, and as much for who is tried again. */
const MEMORY = ["--memory", "900MiB"];

/** Ways to take memory, a MiB or so at a time. */
const HOARDS: Record<string, string> = {
  heap: "hoard.push(new Array(100_000).fill(hoard.length + 0.5));",
  arrays: "hoard.push(new Float64Array(1 << 17).fill(1));",
  untouched: "hoard.push(new ArrayBuffer(1 << 20));",
  memory:
    "const m = new WebAssembly.Memory({ initial: 16 }); new Uint8Array(m.buffer).fill(1); hoard.push(m);",
};

const PLACES: Record<string, (hoard: string) => string> = {
  init: (hoard) => `export function init() { ${hoard} return {}; }\nexport function step() {}`,
  step: (hoard) => `export function step() { ${hoard} }`,
  measure: (hoard) =>
    `export function step() {}\nexport function measure() { ${hoard} return {}; }`,
  result: (hoard) => `export function step() {}\nexport function result() { ${hoard} }`,
};

const SHORT = ["heap_step", "arrays_init", "untouched_measure", "memory_result"];

function greedy(): Record<string, Hostile> {
  const all = Object.keys(HOARDS).flatMap((how) =>
    Object.keys(PLACES).map((where): [string, Hostile] => [`${how}_${where}`, {
      model: `const hoard = [];\n${PLACES[where]!(`for (;;) { ${HOARDS[how]} }`)}\n`,
      keys: "hang_after: 60s, measure_every: 1",
    }])
  );
  return Object.fromEntries(all.filter(([name]) => isTorture || SHORT.includes(name)));
}

Deno.test("a run that takes memory without end is told with its figures, tried once with more, and fails alone", async () => {
  await inFolder(async (folder) => {
    const runs = greedy();
    const { status, stderr, failures, journal, elapsedMs } = await amongNeighbours(
      folder,
      runs,
      MEMORY,
    );
    assert.equal(status, 3, stderr);
    for (const name in runs) {
      const failure = failures[name];
      assert.equal(failure?.class, "out-of-memory", `${name}: ${JSON.stringify(failure)}`);
      assert.match(failure!.message, /\d+ MiB.*; memory: 1200MiB in its job gives it more$/);
      const own = journal.filter(({ job, type }) => job === name && type !== "job.planned");
      assert.deepEqual(
        own.map(({ type, attempt, cause, counted }) => [type, attempt ?? cause, counted]),
        [
          ["runs.started", 1, undefined],
          ["runs.requeued", "out-of-memory", true],
          ["runs.started", 2, undefined],
          ["run.failed", 2, undefined],
        ],
        name,
      );
      const had = own.map((line) => /its slot has (\d+) MiB/.exec(JSON.stringify(line))?.[1]);
      assert.deepEqual([had[1], had[3]], ["300", "600"], name);
    }
    assert.ok(elapsedMs < (isTorture ? 600_000 : 120_000), `took ${elapsedMs} ms`);
  });
});

/** 360 MiB of state, and long enough to be looked at. */
const LARGE = `
  export function init() { return { u: new Float64Array(45 << 20).fill(1), x: 0 }; }
  export function step(state) { state.x++; for (const end = performance.now() + 300; performance.now() < end;); }
  export function result(state) { return state.u.length + state.x; }
`;

Deno.test("a run that needs a little more than its slot has completes at its second try", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, results, journal } = await amongNeighbours(folder, {
      large: { model: LARGE, keys: "checkpoint_every: off" },
    }, MEMORY);
    assert.equal(status, 0, stderr);
    assert.equal(results["large/large"]!.result, (45 << 20) + 4);
    const requeued = journal.find(({ type }) => type === "runs.requeued");
    assert.deepEqual([requeued?.job, requeued?.cause], ["large", "out-of-memory"]);
    assert.match(String(requeued?.message), /it uses \d+ MiB; its slot has 300 MiB/);
  });
});

Deno.test("a run that asks for memory gets it at its first try", async () => {
  await inFolder(async (folder) => {
    const large = { model: LARGE, keys: "checkpoint_every: off, memory: 600MiB" };
    const { status, stderr, results, journal } = await amongNeighbours(folder, { large }, MEMORY);
    assert.equal(status, 0, stderr);
    assert.equal(results["large/large"]!.result, (45 << 20) + 4);
    const again = journal.filter(({ type, cause }) =>
      type === "runs.requeued" && cause !== "memory"
    );
    assert.deepEqual(again, []);
  });
});

Deno.test("a state that has no room for checkpoints is tried with more memory, and completes there", async () => {
  await inFolder(async (folder) => {
    const model = `
      export function init() { return { u: new Float64Array(14 << 20).fill(1), x: 0 }; }
      export function step(state) { state.x++; }
      export function result(state) { return state.u.length + state.x; }
    `;
    const { status, stderr, results, journal } = await amongNeighbours(folder, {
      large: { model, keys: "checkpoint_every: 2" },
    }, MEMORY);
    assert.equal(status, 0, stderr);
    assert.equal(results["large/large"]!.result, (14 << 20) + 4);
    const requeued = journal.find(({ type, cause }) =>
      type === "runs.requeued" && cause !== "memory"
    );
    assert.match(
      String(requeued?.message),
      /a checkpoint of its state takes 112 MiB, and 90 MiB of its slot's memory are for checkpoints/,
    );
  });
});
