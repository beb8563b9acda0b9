/** Files of a run's folder that are read on while a program writes them, line by line. */
import { join } from "../job/path.ts";
import { LineReader } from "../command/output.ts";
import type { RunFolder } from "../command/run_folder.ts";

const PIECE_BYTES = 1 << 16;
/** At a time: who writes faster than it is read must not keep everything else waiting. */
const LOOK_BYTES_MAX = 1 << 24;

interface Followed {
  readonly path: string;
  readonly hearers: ((line: string) => void)[];
  reader: LineReader;
  offset: number;
}

export class FollowedFiles {
  readonly #folder: RunFolder;
  readonly #files = new Map<string, Followed>();

  constructor(folder: RunFolder) {
    this.#folder = folder;
  }

  follow(name: string, hear: (line: string) => void): void {
    let file = this.#files.get(name);
    if (file === undefined) {
      const hearers: Followed["hearers"] = [];
      const reader = readerOf(hearers);
      file = { path: join(this.#folder.path, name), hearers, reader, offset: 0 };
      this.#files.set(name, file);
    }
    file.hearers.push(hear);
  }

  /** Reads what was written since the last call. A file that became shorter is read anew. */
  readOn(): void {
    for (const file of this.#files.values()) readFile(file, LOOK_BYTES_MAX);
  }

  /** The program has ended: what stands behind the last newline is a line, too. */
  end(): void {
    for (const file of this.#files.values()) {
      readFile(file, Infinity);
      file.reader.end();
    }
  }
}

function readFile(file: Followed, bytesMax: number): void {
  try {
    // To open a pipe would wait for whoever writes to it, and a device has no end.
    const { isFile, size } = Deno.statSync(file.path);
    if (!isFile) return;
    using handle = Deno.openSync(file.path);
    if (size < file.offset) {
      file.offset = 0;
      file.reader = readerOf(file.hearers);
    }
    handle.seekSync(file.offset, Deno.SeekMode.Start);
    const piece = new Uint8Array(PIECE_BYTES);
    const until = file.offset + bytesMax;
    for (let bytes; file.offset < until && (bytes = handle.readSync(piece)) !== null;) {
      file.offset += bytes;
      file.reader.push(piece.subarray(0, bytes));
    }
  } catch {
    // It is not there yet.
  }
}

function readerOf(hearers: readonly ((line: string) => void)[]): LineReader {
  return new LineReader((line) => hearers.forEach((hear) => hear(line)));
}
