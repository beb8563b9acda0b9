/** The sum of a file that a program has left, which is made durable with the same look at it. */
import type { FileSum } from "../job/event.ts";
import { crc32 } from "../store/crc32.ts";
import { fs } from "../store/file_system.ts";

const PIECE_BYTES = 1 << 18;

/** Of a file that its program has left; durable when it returns. */
export async function sumAndSync(path: string): Promise<FileSum> {
  using file = await openToRead(path);
  const piece = new Uint8Array(PIECE_BYTES);
  let bytes = 0;
  let sum = 0;
  for (let read; (read = await file.read(piece)) !== null; bytes += read) {
    sum = crc32(piece.subarray(0, read), sum);
  }
  await file.sync();
  return { bytes, crc32: sum };
}

/** A program may leave files that nobody may read: they are its user's all the same. */
async function openToRead(path: string) {
  try {
    return await fs.open(path, { read: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    await Deno.chmod(path, 0o600);
    return await fs.open(path, { read: true });
  }
}
