/** The second screen of a terminal: painted by lines, and left as it was found. */
import assert from "node:assert/strict";
import { FullScreen } from "../../src/screen/full_screen.ts";
import { FakeTerminal } from "../helpers/fake_terminal.ts";

function setUp(columns = 20, rows = 5) {
  const terminal = new FakeTerminal(columns, rows);
  terminal.write("$ simrun\n");
  const screen = new FullScreen(terminal);
  screen.enter();
  return { terminal, screen };
}

Deno.test("FullScreen.paint() shows the lines, and writes only what differs", () => {
  const { terminal, screen } = setUp();
  screen.paint(["one", "two", "three"]);
  assert.deepEqual(terminal.seen, ["one", "two", "three"]);
  const { written } = terminal;
  screen.paint(["one", "two", "three"]);
  assert.equal(terminal.written, written);
  screen.paint(["one", "2"]);
  assert.deepEqual(terminal.seen, ["one", "2"]);
  assert.ok(terminal.written - written < 60, "not the whole picture again");
});

Deno.test("FullScreen.paint() leaves the last letter of a line as wide as the window", () => {
  const { terminal, screen } = setUp(10);
  screen.paint(["0123456789", "中中中中中"]);
  assert.deepEqual(terminal.seen, ["0123456789", "中中中中中"]);
});

Deno.test("FullScreen.paint() paints all anew in a window of another size, and no more lines than it has", () => {
  const { terminal, screen } = setUp(20, 5);
  screen.paint(["a", "b", "c", "d", "e"]);
  terminal.columns = 8;
  terminal.rows = 3;
  terminal.lines = ["what a", "terminal", "makes", "of it"];
  screen.paint(["a", "b", "c", "d", "e"]);
  assert.deepEqual(terminal.seen, ["a", "b", "c"]);
});

Deno.test("FullScreen.leave() brings back what was there, cursor and wrapping too, once", () => {
  const { terminal, screen } = setUp();
  screen.paint(["one"]);
  assert.ok(terminal.isSecondScreen && !terminal.cursorShown && !terminal.wraps);
  screen.leave();
  assert.ok(!terminal.isSecondScreen && terminal.cursorShown && terminal.wraps);
  assert.deepEqual(terminal.seen, ["$ simrun"]);
  const { written } = terminal;
  screen.leave();
  screen.paint(["late"]);
  assert.equal(terminal.written, written);
});

Deno.test("FullScreen is left at the end of the process, too", () => {
  const { terminal } = setUp();
  globalThis.dispatchEvent(new Event("unload"));
  assert.ok(!terminal.isSecondScreen && terminal.cursorShown);
});
