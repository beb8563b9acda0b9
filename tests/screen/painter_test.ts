/** Repainting in place, against a small terminal that does what the sequences say. */
import assert from "node:assert/strict";
import { Painter } from "../../src/screen/painter.ts";
import { FakeTerminal } from "../helpers/fake_terminal.ts";

function setUp(columns = 40) {
  const terminal = new FakeTerminal(columns);
  let nowMs = 0;
  const painter = new Painter(terminal, () => nowMs);
  return { terminal, painter, wait: (ms: number) => nowMs += ms };
}

Deno.test("Painter.paint() replaces the last picture, also by a shorter one", () => {
  const { terminal, painter, wait } = setUp();
  terminal.write("$ simrun\n");
  painter.paint(["one", "two", "three"]);
  wait(200);
  painter.paint(["ONE", "x"]);
  assert.deepEqual(terminal.seen, ["$ simrun", "ONE", "x"]);
  painter.close();
});

Deno.test("Painter.paint() shows at most ten pictures a second and none twice", () => {
  const { terminal, painter, wait } = setUp();
  painter.paint(["one"]);
  wait(50);
  painter.paint(["two"]);
  assert.deepEqual(terminal.seen, ["one"]);
  wait(100);
  const before = terminal.written;
  painter.paint(["one"]);
  assert.equal(terminal.written, before);
  painter.close();
});

Deno.test("Painter.print() leaves lines above the picture", () => {
  const { terminal, painter, wait } = setUp();
  painter.paint(["bar"]);
  painter.print(["note: a"]);
  painter.print(["note: b"]);
  wait(200);
  painter.paint(["bar 2"]);
  assert.deepEqual(terminal.seen, ["note: a", "note: b", "bar 2"]);
  painter.close();
});

Deno.test("Painter.print() keeps the last letter of a line as wide as the window", () => {
  const { terminal, painter } = setUp(10);
  painter.paint(["picture"]);
  painter.print(["0123456789"]);
  assert.deepEqual(terminal.seen, ["0123456789", "picture"]);
  painter.close();
});

Deno.test("Painter hides the cursor while it paints and gives it back, once", () => {
  const { terminal, painter } = setUp();
  painter.paint(["bar"]);
  assert.equal(terminal.cursorShown, false);
  painter.close();
  assert.equal(terminal.cursorShown, true);
  const { written } = terminal;
  painter.close();
  assert.equal(terminal.written, written);
});

Deno.test("Painter.clear() takes the picture away and leaves what was above", () => {
  const { terminal, painter } = setUp();
  terminal.write("$ simrun\n");
  painter.paint(["one", "two"]);
  painter.clear();
  terminal.write("Done\n");
  assert.deepEqual(terminal.seen, ["$ simrun", "Done"]);
  painter.close();
});

Deno.test("Painter counts the rows that a narrower window has wrapped", () => {
  const { terminal, painter, wait } = setUp(20);
  painter.paint(["0123456789012345678", "b"]);
  // The window was made narrower: the first line now takes two rows.
  terminal.lines = ["0123456789", "012345678", "b", ""];
  terminal.columns = 10;
  terminal.write("\n\x1b[1A");
  wait(200);
  terminal.write("\n");
  painter.paint(["short"]);
  assert.deepEqual(terminal.seen.slice(0, 1), ["short"]);
  painter.close();
});

Deno.test("Painter.forget() leaves what others wrote meanwhile, and the cursor is still given back", () => {
  const { terminal, painter, wait } = setUp();
  painter.paint(["one", "two"]);
  terminal.write("\x1b[?25h[1]+ Stopped\n$ fg\n");
  painter.forget();
  assert.equal(terminal.cursorShown, false);
  wait(200);
  painter.paint(["one", "two"]);
  assert.deepEqual(terminal.seen, ["one", "two", "[1]+ Stopped", "$ fg", "one", "two"]);
  painter.forget();
  painter.close();
  assert.equal(terminal.cursorShown, true);
});
