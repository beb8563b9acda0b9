/** The order of rows: by several columns, what is missing last, equal ones as they were. */
import assert from "node:assert/strict";
import { orderRows } from "../../src/report/row_order.ts";

const sorted = (cells: readonly unknown[], isDescending = false) =>
  orderRows([...cells.keys()], [{ cell: (index) => cells[index], isDescending }])
    .map((index) => cells[index]);

Deno.test("orderRows() puts numbers before texts, and NaN and what is missing last, up and down", () => {
  const cells = ["b", undefined, 10, NaN, 9, "a", -Infinity, null, 2n];
  assert.deepEqual(sorted(cells), [-Infinity, 2n, 9, 10, "a", "b", NaN, undefined, null]);
  assert.deepEqual(sorted(cells, true), [10, 9, 2n, -Infinity, "b", "a", NaN, undefined, null]);
});

Deno.test("orderRows() goes to the next column among equals, and leaves equals as they were", () => {
  const rows = [[1, "x"], [0, "b"], [1, "a"], [0, "a"], [0, "a"]];
  const key = (column: number, isDescending = false) => ({
    cell: (index: number) => rows[index]![column],
    isDescending,
  });
  assert.deepEqual(orderRows([0, 1, 2, 3, 4], [key(0), key(1)]), [3, 4, 1, 2, 0]);
  assert.deepEqual(orderRows([0, 1, 2, 3, 4], [key(0, true), key(1)]), [2, 0, 3, 4, 1]);
});
