/** Repainting in place, against a small terminal that does what the sequences say. */
import assert from "node:assert/strict";
import { Painter } from "../../src/screen/painter.ts";
import type { Stream } from "../../src/screen/terminal.ts";

/** As much of a terminal as the painter uses: lines, cursor up, clearing, wrapping. */
class FakeTerminal implements Stream {
  readonly isTerminal = true;
  readonly color = false;
  readonly glyphs = "unicode";
  readonly canRepaint = true;
  lines: string[] = [""];
  cursorShown = true;
  written = 0;
  #row = 0;
  #column = 0;

  constructor(public columns: number) {}

  size() {
    return { columns: this.columns, rows: 24 };
  }

  write(text: string): void {
    this.written += text.length;
    // deno-lint-ignore no-control-regex -- it reads escape sequences
    for (const [token] of text.matchAll(/\x1b\[[?0-9;]*[A-Za-z]|[^\x1b]/gu)) this.#token(token);
  }

  /** What is seen, without empty lines at the end. */
  get seen(): string[] {
    const lines = this.lines.map((line) => line.trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  #token(token: string): void {
    if (token === "\n") {
      this.#row++;
      this.#column = 0;
      this.lines[this.#row] ??= "";
    } else if (token === "\r") this.#column = 0;
    else if (token === "\x1b[K") {
      this.lines[this.#row] = this.lines[this.#row]!.slice(0, this.#column);
    } else if (token === "\x1b[J") {
      this.lines[this.#row] = this.lines[this.#row]!.slice(0, this.#column);
      this.lines.length = this.#row + 1;
    } else if (token === "\x1b[?25l" || token === "\x1b[?25h") {
      this.cursorShown = token.endsWith("h");
    } else if (token.endsWith("A")) this.#row = Math.max(0, this.#row - Number(token.slice(2, -1)));
    else if (!token.startsWith("\x1b")) {
      const line = this.lines[this.#row]!.padEnd(this.#column);
      this.lines[this.#row] = line.slice(0, this.#column) + token + line.slice(this.#column + 1);
      this.#column++;
    }
  }
}

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
