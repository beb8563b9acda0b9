/** The log of one run as it grows in its file: each call gives what is new. Keeps no more of it than a line. */
import { join } from "../job/path.ts";
import { readRunFile } from "../store/archive.ts";
import type { Layout } from "../store/layout.ts";

/** Name of the log in a run's folder, as `docs/format.md` has it. */
export const LOG_FILE = "log.txt";
const CHUNK_BYTES = 64 << 10;
/** What is longer without an end is printed in pieces. */
const LINE_CHARACTERS_MAX = 64 << 10;

export class RunTail {
  readonly #path: string;
  readonly #whole: () => Promise<Uint8Array | undefined>;
  #decoder = new TextDecoder();
  #inode: number | null = null;
  #offset = 0;
  #rest = "";

  constructor(layout: Layout, job: string, run: string) {
    this.#path = join(layout.recentFolder(job, run), LOG_FILE);
    this.#whole = () => readRunFile(layout, job, run, LOG_FILE);
  }

  /** Whether anything was read. */
  get hasBegun(): boolean {
    return this.#offset > 0;
  }

  /** Hands over whole lines; says before whether the file is another than it was, and begins anew. */
  async read(onLines: (text: string) => void, onAnew: () => void = () => {}): Promise<void> {
    const info = await Deno.lstat(this.#path).catch(() => undefined);
    // A pipe in its place would never answer.
    if (info?.isFile !== true) return;
    const isAnew = this.#offset > 0 && (info.size < this.#offset || info.ino !== this.#inode);
    if (isAnew) {
      this.#offset = 0;
      this.#rest = "";
      this.#decoder = new TextDecoder();
      onAnew();
    }
    this.#inode = info.ino;
    if (info.size === this.#offset) return;
    using file = await Deno.open(this.#path).catch(() => undefined);
    if (file === undefined) return;
    await file.seek(this.#offset, Deno.SeekMode.Start);
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let count; (count = await file.read(chunk)) !== null;) {
      this.#offset += count;
      this.#push(this.#decoder.decode(chunk.subarray(0, count), { stream: true }), onLines);
    }
  }

  /** Its run has ended: what stands there since the last time, the end of its last line too, and wherever it was packed. */
  async end(onLines: (text: string) => void): Promise<void> {
    const before = this.#offset;
    await this.read(onLines);
    const isThere = await Deno.lstat(this.#path).then(() => true, () => false);
    if (!isThere && before > 0) {
      const bytes = await this.#whole();
      if (bytes !== undefined && bytes.length > this.#offset) {
        this.#push(this.#decoder.decode(bytes.subarray(this.#offset)), onLines);
        this.#offset = bytes.length;
      }
    }
    if (this.#rest !== "") onLines(this.#rest);
    this.#rest = "";
  }

  #push(text: string, onLines: (text: string) => void): void {
    const all = this.#rest + text;
    const end = all.length > LINE_CHARACTERS_MAX ? all.length : all.lastIndexOf("\n") + 1;
    if (end > 0) onLines(all.slice(0, end));
    this.#rest = all.slice(end);
  }
}

/** The last lines of a text. */
export function lastLines(text: string, count: number): string {
  let from = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let left = count; left > 0 && from >= 0; left--) {
    from = from === 0 ? -1 : text.lastIndexOf("\n", from - 1);
  }
  return count <= 0 ? "" : text.slice(from + 1);
}
