/** Repaints a few lines in place at the bottom of a terminal, and leaves the terminal as it was found. */
import type { Stream } from "./terminal.ts";
import { displayWidth } from "./width.ts";

/** Ten pictures a second at most; more is flicker. */
const FRAME_MS = 100;

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
/** A terminal that knows these shows the whole picture at once; others ignore them. */
const BEGIN_PICTURE = "\x1b[?2026h";
const END_PICTURE = "\x1b[?2026l";
const CLEAR_TO_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

export class Painter {
  readonly #stream: Stream;
  readonly #nowMs: () => number;
  readonly #restore = (): void => this.close();
  #painted: readonly string[] = [];
  #columns = 0;
  #paintedAtMs = -Infinity;
  #open = false;

  /** `nowMs` from a clock that never goes back. */
  constructor(stream: Stream, nowMs: () => number) {
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  /** Shows these lines instead of the last ones; dropped when too soon after them, unless `always`. */
  paint(lines: readonly string[], always = false): void {
    const nowMs = this.#nowMs();
    if (!always && nowMs - this.#paintedAtMs < FRAME_MS) return;
    const { columns } = this.#stream.size();
    if (this.#open && columns === this.#columns && sameLines(lines, this.#painted)) return;
    this.#start();
    this.#paintedAtMs = nowMs;
    const picture = lines.map((line) => line + CLEAR_TO_LINE_END + "\n").join("");
    this.#stream.write(
      BEGIN_PICTURE + this.#home(columns) + picture + CLEAR_BELOW + END_PICTURE,
    );
    this.#painted = lines;
    this.#columns = columns;
  }

  /** Puts lines above the picture, where they stay and scroll away as usual. */
  print(lines: readonly string[]): void {
    const { columns } = this.#stream.size();
    // Cleared before, not behind each line: one as wide as the window would lose its last letter by that.
    const text = [...lines, ...this.#painted].map((line) => line + "\n").join("");
    this.#stream.write(BEGIN_PICTURE + this.#home(columns) + CLEAR_BELOW + text + END_PICTURE);
    this.#columns = columns;
  }

  /** Takes the picture away. */
  clear(): void {
    if (this.#painted.length === 0) return;
    this.#stream.write(this.#home(this.#stream.size().columns) + CLEAR_BELOW);
    this.#painted = [];
  }

  /** What was painted is somebody else's by now: the next picture begins where the cursor is. */
  forget(): void {
    this.#painted = [];
    if (this.#open) this.#stream.write(HIDE_CURSOR);
  }

  /** Gives the cursor back; the last picture stays. May be called twice, and is at the end of the process. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stream.write(SHOW_CURSOR);
    globalThis.removeEventListener("unload", this.#restore);
    globalThis.removeEventListener("error", this.#restore);
  }

  #start(): void {
    if (this.#open) return;
    this.#open = true;
    this.#stream.write(HIDE_CURSOR);
    globalThis.addEventListener("unload", this.#restore);
    globalThis.addEventListener("error", this.#restore);
  }

  /** To the first cell of the picture. A window made narrower has wrapped its lines: they count more. */
  #home(columns: number): string {
    const rows = this.#painted.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / Math.max(1, columns))),
      0,
    );
    return rows === 0 ? "\r" : `\x1b[${rows}A\r${columns === this.#columns ? "" : CLEAR_BELOW}`;
  }
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}
