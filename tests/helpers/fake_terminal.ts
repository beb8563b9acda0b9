/** As much of a terminal as simrun uses: lines, cursor, clearing, wrapping, the second screen. What it shows can be asked. */
import type { Stream } from "../../src/screen/terminal.ts";
import { displayWidth } from "../../src/screen/width.ts";

interface Screen {
  lines: string[];
  row: number;
  column: number;
}

export class FakeTerminal implements Stream {
  readonly isTerminal = true;
  readonly color = false;
  readonly glyphs = "unicode";
  readonly canRepaint = true;
  cursorShown = true;
  wraps = true;
  written = 0;
  /** Lines that were written wider than the window while it did not wrap. */
  overruns = 0;
  #main: Screen = { lines: [""], row: 0, column: 0 };
  #second: Screen | undefined;
  #rest = "";

  constructor(public columns: number, public rows = 24) {}

  size() {
    return { columns: this.columns, rows: this.rows };
  }

  get isSecondScreen(): boolean {
    return this.#second !== undefined;
  }

  get lines(): string[] {
    return this.#screen.lines;
  }

  set lines(lines: string[]) {
    this.#screen.lines = lines;
  }

  write(text: string): void {
    this.written += text.length;
    this.#rest += text;
    // deno-lint-ignore no-control-regex -- it reads escape sequences
    const token = /^(?:\x1b\[[?0-9;]*[A-Za-z]|\x1b[=>]|[^\x1b])/u;
    for (let match; (match = token.exec(this.#rest)) !== null;) {
      this.#token(match[0]);
      this.#rest = this.#rest.slice(match[0].length);
    }
  }

  /** What is seen, without empty lines at the end. */
  get seen(): string[] {
    const lines = Array.from(this.lines, (line) => (line ?? "").trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  get #screen(): Screen {
    return this.#second ?? this.#main;
  }

  #token(token: string): void {
    const screen = this.#screen;
    const line = screen.lines[screen.row] ?? "";
    if (token === "\n") {
      screen.row++;
      screen.column = 0;
      screen.lines[screen.row] ??= "";
    } else if (token === "\r") screen.column = 0;
    else if (token === "\x1b[K") {
      // Behind the last cell the cursor stands on it, and takes it along.
      const isBehind = displayWidth(line.slice(0, screen.column)) >= this.columns;
      screen.lines[screen.row] = line.slice(0, screen.column - (isBehind ? 1 : 0));
    } else if (token === "\x1b[J") {
      screen.lines[screen.row] = line.slice(0, screen.column);
      screen.lines.length = screen.row + 1;
    } else if (token === "\x1b[2J") screen.lines = [""];
    else if (token === "\x1b[?25l" || token === "\x1b[?25h") {
      this.cursorShown = token.endsWith("h");
    } else if (token === "\x1b[?7l" || token === "\x1b[?7h") this.wraps = token.endsWith("h");
    else if (token === "\x1b[?1049h") this.#second = { lines: [""], row: 0, column: 0 };
    else if (token === "\x1b[?1049l") this.#second = undefined;
    else if (token.startsWith("\x1b[") && token.endsWith("H")) {
      const [row, column] = token.slice(2, -1).split(";").map(Number);
      screen.row = row! - 1;
      screen.column = column! - 1;
    } else if (token.endsWith("A") && token.startsWith("\x1b")) {
      screen.row = Math.max(0, screen.row - Number(token.slice(2, -1)));
    } else if (!token.startsWith("\x1b")) this.#letter(token, line);
  }

  #letter(letter: string, line: string): void {
    const screen = this.#screen;
    if (displayWidth(line.slice(0, screen.column) + letter) > this.columns && !this.wraps) {
      this.overruns++;
      return;
    }
    const padded = line.padEnd(screen.column);
    screen.lines[screen.row] = padded.slice(0, screen.column) + letter +
      padded.slice(screen.column + 1);
    screen.column++;
  }
}
