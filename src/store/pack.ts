/** Writing a zip pack into the archive; loads the zip package only when there is something to pack. */
import { load } from "../job/load.ts";
import { dirname } from "../job/path.ts";
import { makeFolderDurable, type WarningSink, writeFileDurable } from "./disk.ts";
import type { PackedFile } from "./zip_writer.ts";

/** Writes a pack of files durably. */
export async function writePack(
  path: string,
  files: readonly PackedFile[],
  onWarning?: WarningSink,
): Promise<void> {
  // Loaded here: reading an archive must not cost the start-up time of the zip package.
  const { buildZip } = await load<typeof import("./zip_writer.ts")>(
    import.meta.resolve("./zip_writer.ts"),
  );
  await makeFolderDurable(dirname(path), { within: dirname(dirname(path)) });
  await writeFileDurable(path, await buildZip(files), onWarning);
}
