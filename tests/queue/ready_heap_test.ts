/** The heap of ready runs against a sorted list. */
import assert from "node:assert/strict";
import { ReadyHeap } from "../../src/queue/ready_heap.ts";
import { forSeeds } from "../helpers/seeded.ts";

Deno.test("pop() gives the same order as a sorted list, whatever is pushed between", () => {
  forSeeds(100, (random) => {
    const heap = new ReadyHeap(1 + random.below(4));
    const list: [key: number, number: number][] = [];
    let next = 0;
    for (let i = 0; i < 400; i++) {
      if (list.length === 0 || random.next() < 0.6) {
        const key = random.below(4) - 1.5;
        const number = random.next() < 0.2 && next > 0 ? random.below(next) : next++;
        heap.push(key, number);
        list.push([key, number]);
      } else {
        list.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        const [key, number] = list.shift()!;
        assert.equal(heap.peekKey(), key);
        assert.equal(heap.peek(), number);
        assert.equal(heap.pop(), number);
      }
      assert.equal(heap.size, list.length);
    }
  });
});

Deno.test("an empty heap has no first run", () => {
  const heap = new ReadyHeap();
  assert.deepEqual([heap.peek(), heap.pop(), heap.size], [undefined, undefined, 0]);
  heap.push(3, 0);
  assert.deepEqual([heap.pop(), heap.pop()], [0, undefined]);
});

Deno.test("numbers stay exact where there are as many runs as the queue allows", () => {
  const heap = new ReadyHeap();
  const large = 2 ** 40 - 1;
  heap.push(3, large);
  heap.push(3, large - 1);
  heap.push(2, large);
  assert.deepEqual([heap.pop(), heap.pop(), heap.pop()], [large, large - 1, large]);
});
