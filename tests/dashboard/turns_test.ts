/** Long work in pieces: it comes to what it would come to at once, and others have their turn meanwhile. */
import assert from "node:assert/strict";
import { sortInTurns, Turn } from "../../src/dashboard/turns.ts";
import { Pace } from "../../src/dashboard/page/pace.js";
import { until } from "../helpers/processes.ts";

Deno.test("sortInTurns() sorts as toSorted(), equal ones in their order, of any number", async () => {
  for (const count of [0, 1, 4_096, 4_097, 30_011]) {
    // Few keys, so that very many are equal.
    const all = Array.from({ length: count }, (_, at) => ({ key: (at * 7919) % 97, at }));
    const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
    assert.deepEqual(await sortInTurns(all, compare, new Turn()), all.toSorted(compare));
  }
});

Deno.test("Turn lets others have their turn when its time is over, and not before", async () => {
  let turns = 0;
  let others = 0;
  const timer = setInterval(() => others++, 0);
  const turn = new Turn();
  // It goes on until somebody else was there: a turn that is never over would never end.
  for (let steps = 0; others < 3; steps++) {
    if (!turn.isOver()) continue;
    assert.ok(steps > 0);
    turns++;
    await turn.next();
  }
  clearInterval(timer);
  assert.ok(turns >= 1);
});

Deno.test("Pace draws not twice at once, and makes up for the last picture that was passed over", async () => {
  const drawn: number[] = [];
  let version = 0;
  let atOnce = 0;
  let end = Promise.withResolvers<void>();
  const pace = new Pace(1, async () => {
    assert.equal(++atOnce, 1, "two at once");
    drawn.push(version);
    await end.promise;
    atOnce--;
  });
  const tell = (next: number) => pace.news(version = next);
  tell(1);
  tell(2);
  tell(3);
  assert.deepEqual(drawn, [1]);
  end.resolve();
  end = Promise.withResolvers();
  // No other picture comes.
  await until(() => drawn.length === 2, "the last picture is drawn");
  assert.deepEqual(drawn, [1, 3]);
  end.resolve();
  tell(3);
  await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual(drawn, [1, 3], "the same is not drawn again");
  pace.reset();
  tell(3);
  assert.deepEqual(drawn, [1, 3, 3], "something else is drawn at once");
  pace.stop();
});
