/** What a program prints, as lines and as a log with an end. Pure. */

import { LastWords } from "./last_words.ts";

/** A longer line is read in pieces of this many characters. */
const LINE_CHARACTERS_MAX = 1 << 16;

/** Bytes in, whole lines out. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  /** Made at the first piece: most short programs print nothing. */
  #decoder: TextDecoder | undefined;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Answers the text that was read. */
  push(bytes: Uint8Array): string {
    this.#decoder ??= new TextDecoder();
    const text = this.#decoder.decode(bytes, { stream: true });
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#tell(line);
    if (this.#rest.length > LINE_CHARACTERS_MAX) {
      this.#tell(this.#rest);
      this.#rest = "";
    }
    return text;
  }

  /** What stands behind the last newline is a line, too. */
  end(): void {
    if (this.#decoder === undefined) return;
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = "";
    if (rest !== "") this.#tell(rest);
  }

  #tell(line: string): void {
    // A carriage return alone draws a line anew, as progress bars do: what stands last counts.
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    for (const part of text.split("\r")) this.#onLine(part);
  }
}

/** What both of a program's outputs say, in the order of its coming. */
export class OutputLog {
  readonly words = new LastWords();
  readonly #bytesMax: number;
  #waiting = "";
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  push(text: string): void {
    this.words.push(text);
    // One character more than is kept says that there was more.
    const room = this.#bytesMax + 1 - this.#length;
    if (room <= 0) return;
    const kept = text.length > room ? text.slice(0, room) : text;
    this.#length += kept.length;
    this.#waiting += kept;
  }

  /** Takes what came since the last call. */
  take(): string {
    const text = this.#waiting;
    this.#waiting = "";
    return text;
  }
}
