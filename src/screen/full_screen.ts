/** The whole window as a picture, on the terminal's second screen: what was there before comes back at any end. */
import type { Stream } from "./terminal.ts";
import { displayWidth } from "./width.ts";

/** Another screen, no cursor; lines that are too long are cut, whatever the terminal takes their letters' widths for. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
/** A terminal that knows these shows the whole picture at once; others ignore them. */
const BEGIN_PICTURE = "\x1b[?2026h";
const END_PICTURE = "\x1b[?2026l";
const CLEAR_ALL = "\x1b[2J";
const CLEAR_TO_LINE_END = "\x1b[K";

export class FullScreen {
  readonly #stream: Stream;
  readonly #leave = (): void => this.leave();
  #painted: readonly string[] | undefined;
  #size = { columns: 0, rows: 0 };
  #isEntered = false;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    this.#painted = undefined;
    globalThis.addEventListener("unload", this.#leave);
    globalThis.addEventListener("error", this.#leave);
    this.#stream.write(ENTER);
  }

  /** Line by line from the top; only those that differ are written. A line is not wider than the window. */
  paint(lines: readonly string[]): void {
    if (!this.#isEntered) return;
    const { columns, rows } = this.#stream.size();
    const isSame = columns === this.#size.columns && rows === this.#size.rows;
    const before = isSame ? this.#painted : undefined;
    const shown = lines.slice(0, rows);
    let text = before === undefined ? CLEAR_ALL : "";
    for (let row = 0; row < Math.max(shown.length, before?.length ?? 0); row++) {
      const line = shown[row] ?? "";
      if (line === (before?.[row] ?? "")) continue;
      // Behind a line as wide as the window the cursor still stands on its last cell: clearing would take that.
      const rest = displayWidth(line) < columns ? CLEAR_TO_LINE_END : "";
      text += `\x1b[${row + 1};1H${line}${rest}`;
    }
    this.#painted = shown;
    this.#size = { columns, rows };
    if (text !== "") this.#stream.write(BEGIN_PICTURE + text + END_PICTURE);
  }

  /** The next picture is painted whole: somebody else may have written on the screen. */
  forget(): void {
    this.#painted = undefined;
  }

  /** May be called twice, and is at the end of the process. */
  leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    globalThis.removeEventListener("unload", this.#leave);
    globalThis.removeEventListener("error", this.#leave);
    this.#stream.write(LEAVE);
  }
}
