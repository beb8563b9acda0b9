/** Batches: who is to blame is found by halves, and what is nobody's fault is not looked for. */
import assert from "node:assert/strict";
import { simulateBatch } from "../../src/plecs/batch.ts";
import { PlecsFault, type PlecsFaultKind } from "../../src/plecs/plecs_fault.ts";
import type { RpcStruct, RpcValue } from "../../src/plecs/value.ts";

interface Played {
  readonly told: Record<number, string>;
  /** How many runs each call had. */
  readonly calls: number[];
  readonly left: readonly number[];
}

async function play(
  count: number,
  answer: (runs: readonly number[]) => RpcValue,
  mayGoOn: () => boolean = () => true,
  oneByOne = false,
): Promise<Played> {
  const told: Record<number, string> = {};
  const calls: number[] = [];
  const options = Array.from({ length: count }, (_, n) => ({ n }));
  const left = await simulateBatch(options, {
    simulate(list) {
      const all = (Array.isArray(list) ? list : [list]) as RpcStruct[];
      calls.push(all.length);
      return Promise.resolve().then(() => answer(all.map(({ n }) => n as number)));
    },
    tell(at, simulated) {
      assert.ok(!(at in told), `run ${at} is told of twice`);
      told[at] = "fault" in simulated ? simulated.fault.kind : JSON.stringify(simulated.answer);
    },
    mayGoOn,
  }, oneByOne);
  return { told, calls, left };
}

function fault(kind: PlecsFaultKind): never {
  throw new PlecsFault(kind, kind);
}

Deno.test("simulateBatch() is one call, and an item that is text fails its run only", async () => {
  const { told, calls } = await play(
    4,
    (runs) => runs.map((n) => n === 2 ? "Matrix is singular" : { n }),
  );
  assert.deepEqual(calls, [4]);
  assert.deepEqual(told, { 0: '{"n":0}', 1: '{"n":1}', 2: "own", 3: '{"n":3}' });
});

Deno.test("simulateBatch() finds the guilty by halves, and all others complete", async () => {
  for (const guilty of [[0], [7], [3, 4], [19], [0, 1, 2, 3, 4, 5, 6, 7]]) {
    const { told, calls, left } = await play(20, (runs) => {
      if (runs.some((n) => guilty.includes(n))) fault("own");
      return runs.length === 1 ? { n: runs[0]! } : runs.map((n) => ({ n }));
    });
    const wanted = Array.from({ length: 20 }, (_, n) => guilty.includes(n) ? "own" : `{"n":${n}}`);
    assert.deepEqual(Object.values(told), wanted);
    assert.deepEqual(left, []);
    // One guilty run costs two calls a level.
    if (guilty.length === 1) {
      assert.ok(calls.length <= 2 * Math.ceil(Math.log2(20)) + 1, `${calls}`);
    }
  }
});

Deno.test("simulateBatch() splits nothing when PLECS itself is away", async () => {
  for (const kind of ["transient", "busy", "foreign", "not-loaded"] as const) {
    const { told, calls } = await play(8, () => fault(kind));
    assert.deepEqual(calls, [8], kind);
    assert.deepEqual(Object.values(told), Array(8).fill(kind));
  }
  // Away in the middle of the search: what was found stands, the rest waits for better times.
  let calls = 0;
  const { told } = await play(4, (runs) => {
    if (++calls === 1) fault("own");
    return calls === 2 ? runs.map((n) => ({ n })) : fault("transient");
  });
  assert.deepEqual(Object.values(told), ['{"n":0}', '{"n":1}', "transient", "transient"]);
});

Deno.test("simulateBatch() halves what is too large, and takes an answer of a wrong length for none", async () => {
  const large = await play(
    8,
    (runs) => runs.length > 2 ? fault("too-large") : runs.map((n) => ({ n })),
  );
  assert.deepEqual(large.calls, [8, 4, 2, 2, 4, 2, 2]);
  assert.equal(Object.values(large.told).length, 8);
  const short = await play(2, (runs) => runs.length === 2 ? [{ n: 0 }] : [{ n: runs[0]! }]);
  assert.deepEqual(short.told, { 0: '{"n":0}', 1: '{"n":1}' });
});

Deno.test("simulateBatch() stops between two calls when the runs are wanted back", async () => {
  let calls = 0;
  const { told, left } = await play(
    5,
    (runs) => {
      calls++;
      return { n: runs[0]! };
    },
    () => calls < 2,
    true,
  );
  assert.deepEqual(Object.keys(told), ["0", "1"]);
  assert.deepEqual(left, [2, 3, 4]);
});
