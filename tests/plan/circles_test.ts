/** Circles among jobs that need each other: found all, named whole, at any length. */
import assert from "node:assert/strict";
import { findCircles } from "../../src/plan/circles.ts";
import { forSeeds } from "../helpers/seeded.ts";
import { cases } from "../helpers/torture.ts";

type Needs = { readonly [job: string]: string };

/** `{ a: "b c" }`: a needs b and c. */
function circles(needs: Needs): string[] {
  const map = new Map(Object.entries(needs).map(([job, list]) => [job, words(list)]));
  return [...findCircles(map)].map((circle) => circle.join(" "));
}

const words = (text: string) => text.split(" ").filter((word) => word !== "");

Deno.test("findCircles() names a circle from where it is entered to where it closes", () => {
  assert.deepEqual(circles({ a: "a" }), ["a a"]);
  assert.deepEqual(circles({ a: "b", b: "a" }), ["a b a"]);
  assert.deepEqual(circles({ x: "c", a: "b", b: "c", c: "a" }), ["c a b c"]);
  assert.deepEqual(circles({ a: "b c", b: "a", c: "a" }), ["a b a", "a c a"]);
});

Deno.test("findCircles() finds none in a diamond, in a chain, or through jobs that are not there", () => {
  assert.deepEqual(circles({ a: "b c", b: "d", c: "d", d: "" }), []);
  assert.deepEqual(circles({ a: "elsewhere", b: "a elsewhere" }), []);
  assert.deepEqual(circles({}), []);
});

Deno.test("findCircles() follows a chain of any length", () => {
  const length = 200_000;
  const needs = new Map(
    Array.from({ length }, (_, i) => [`j${i}`, [`j${(i + 1) % length}`]] as const),
  );
  const [circle, ...more] = findCircles(needs);
  assert.equal(circle?.length, length + 1);
  assert.equal(more.length, 0);
});

Deno.test("findCircles() answers real circles, and without what closes them none is left", () => {
  let found = 0;
  forSeeds(cases({ short: 500, long: 20_000 }), (random) => {
    const jobs = Array.from({ length: 1 + random.below(8) }, (_, i) => `j${i}`);
    const chance = random.next() * 0.5;
    const needs = new Map(
      jobs.map((job) => [job, [...jobs, "elsewhere"].filter(() => random.next() < chance)]),
    );
    const cut = new Map([...needs].map(([job, list]) => [job, new Set(list)]));
    for (const circle of findCircles(needs)) {
      found++;
      assert.equal(circle[0], circle.at(-1));
      assert.equal(new Set(circle).size, circle.length - 1);
      for (const [i, job] of circle.slice(0, -1).entries()) {
        assert.ok(needs.get(job)!.includes(circle[i + 1]!));
      }
      cut.get(circle.at(-2)!)!.delete(circle.at(-1)!);
    }
    assert.ok(canBeOrdered(cut), JSON.stringify([...needs]));
  });
  assert.ok(found > 100);
});

/** Whether all jobs can be done one after the other: taken away again and again when nothing is left to wait for. */
function canBeOrdered(needs: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  let left = [...needs.keys()];
  for (;;) {
    const waiting = left.filter((job) => left.some((other) => needs.get(job)!.has(other)));
    if (waiting.length === 0) return true;
    if (waiting.length === left.length) return false;
    left = waiting;
  }
}
