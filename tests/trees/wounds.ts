/** Ways to hurt a file or a folder of a tree. Each leaves it hurt in one place only. */
import { join } from "node:path";
import { crc32, zstdCompressSync } from "node:zlib";

/** A tree that may be hurt; paths are relative to it. */
export class Patient {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  read(name: string): Uint8Array {
    return Deno.readFileSync(this.path(name));
  }

  write(name: string, bytes: Uint8Array | string): void {
    const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    Deno.writeFileSync(this.path(name), data);
  }

  cut(name: string, bytes: number): void {
    Deno.truncateSync(this.path(name), bytes < 0 ? this.read(name).length + bytes : bytes);
  }

  flip(name: string, at: number, bit = 3): void {
    const bytes = this.read(name);
    bytes.set([bytes.at(at)! ^ (1 << bit)], at < 0 ? bytes.length + at : at);
    this.write(name, bytes);
  }

  zero(name: string, from: number, to: number): void {
    this.write(name, this.read(name).fill(0, from, to));
  }

  append(name: string, text: string): void {
    Deno.writeTextFileSync(this.path(name), text, { append: true });
  }

  remove(name: string): void {
    Deno.removeSync(this.path(name), { recursive: true });
  }

  move(from: string, to: string): void {
    Deno.renameSync(this.path(from), this.path(to));
  }

  swap(one: string, other: string): void {
    this.move(one, `${one}.swap`);
    this.move(other, one);
    this.move(`${one}.swap`, other);
  }

  copy(from: string, to: string): void {
    this.write(to, this.read(from));
  }

  folder(name: string): void {
    Deno.mkdirSync(this.path(name), { recursive: true });
  }

  /** Takes what is there away and puts something else in its place. */
  exchange(name: string, what: "folder" | "link" | "pipe" | "sparse" | "noise" | "empty"): void {
    try {
      this.remove(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const path = this.path(name);
    switch (what) {
      case "folder":
        return this.folder(`${name}/inside`);
      case "link":
        return Deno.symlinkSync("/dev/zero", path);
      case "pipe":
        new Deno.Command("mkfifo", { args: [path] }).outputSync();
        return;
      case "sparse":
        this.write(name, "");
        return Deno.truncateSync(path, 4 * 2 ** 30);
      case "noise":
        return this.write(name, crypto.getRandomValues(new Uint8Array(50_000)));
      case "empty":
        return this.write(name, "");
    }
  }

  /** The lines of a text file. */
  lines(name: string): string[] {
    return Deno.readTextFileSync(this.path(name)).trimEnd().split("\n");
  }

  /** Changes the lines of a text file; an empty text is no line. */
  relines(name: string, change: (lines: string[]) => string[]): void {
    this.write(name, change(this.lines(name)).map((line) => `${line}\n`).join(""));
  }
}

/** A checkpoint whose every checksum is right, with this payload and these lies in its header. */
export function forgedCheckpoint(
  raw: Uint8Array,
  lies: { readonly rawBytes?: bigint; readonly step?: bigint; readonly packed?: Uint8Array },
): Uint8Array {
  const packed = lies.packed ?? new Uint8Array(zstdCompressSync(raw));
  const bytes = new Uint8Array(48 + packed.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("SIMRUNCK"));
  view.setUint16(8, 1, true);
  view.setUint16(10, 1, true);
  view.setUint32(12, 48, true);
  view.setBigUint64(16, lies.rawBytes ?? BigInt(raw.length), true);
  view.setBigUint64(24, BigInt(packed.length), true);
  view.setBigUint64(32, lies.step ?? 1n, true);
  view.setUint32(40, crc32(packed), true);
  view.setUint32(44, crc32(bytes.subarray(0, 44)), true);
  bytes.set(packed, 48);
  return bytes;
}
