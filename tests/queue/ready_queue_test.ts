/** The ready queue: by priority, then rank; who is passed over for long comes earlier, and never before critical. */
import assert from "node:assert/strict";
import type { Priority } from "../../src/job/job.ts";
import { AGING_MS, ReadyQueue } from "../../src/queue/ready_queue.ts";

const always = () => true;

Deno.test("pop() goes by priority, then by rank, then by number", () => {
  const queue = new ReadyQueue(always);
  queue.push(2, 5, 1);
  queue.push(2, 5, 0);
  queue.push(2, -1, 2);
  queue.push(0, 9, 3);
  queue.push(3, -9, 4);
  queue.push(1, 0, 5);
  const order = Array.from({ length: 6 }, () => queue.pop(0));
  assert.deepEqual(order, [3, 5, 2, 0, 1, 4]);
  assert.equal(queue.pop(0), undefined);
});

Deno.test("peek() and pop() pass over what is not ready any more", () => {
  const gone = new Set([0, 2]);
  const queue = new ReadyQueue((number) => !gone.has(number));
  for (let number = 0; number < 4; number++) queue.push(2, number, number);
  assert.equal(queue.peek(0), 1);
  assert.deepEqual([queue.pop(0), queue.pop(0), queue.pop(0)], [1, 3, undefined]);
});

Deno.test("a low run is served after three hours at most beside an endless supply of high ones", () => {
  const queue = new ReadyQueue(always);
  queue.push(3, 0, 1_000_000);
  let waitedMs = 0;
  for (let number = 0;; number++) {
    queue.push(1, number, number);
    if (queue.pop(waitedMs) === 1_000_000) break;
    waitedMs += 60_000;
    assert.ok(waitedMs < 4 * AGING_MS);
  }
  assert.equal(waitedMs, 2 * AGING_MS);
});

Deno.test("age never comes before what is critical, and is served once", () => {
  const queue = new ReadyQueue(always);
  queue.push(3, 0, 10);
  queue.push(3, 0, 11);
  queue.push(1, 0, 20);
  assert.equal(queue.peek(0), 20);
  queue.push(0, 0, 30);
  const late = 100 * AGING_MS;
  assert.deepEqual([queue.pop(late), queue.pop(late)], [30, 10]);
  // It begins to wait anew.
  assert.deepEqual([queue.pop(late), queue.pop(late)], [20, 11]);
});

Deno.test("of what has aged alike, what had to wait longer comes first; new work has no age", () => {
  const queue = new ReadyQueue(always);
  queue.push(2, 0, 2);
  queue.push(3, 0, 3);
  assert.equal(queue.peek(0), 2);
  assert.equal(queue.pop(2 * AGING_MS), 3);
  queue.push(1, 0, 1);
  assert.equal(queue.pop(2 * AGING_MS), 2);
  const priorities: Priority[] = [1];
  for (const priority of priorities) assert.equal(queue.popOf(priority), 1);
});
