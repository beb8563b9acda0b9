/** What a model is: a digest over its file and over the files it imports from beside it. Reads files. */
import { load } from "../job/load.ts";
import { basename } from "../job/path.ts";
import type { ModelIdentity } from "../job/event.ts";
import { isModelFile, type ModelReference } from "../job/job.ts";
import { shortDigest } from "../plan/digest.ts";
import { fs } from "../store/file_system.ts";
import { filePath, fileUrl } from "./file_url.ts";
import { requireFile } from "./file_digest.ts";

/**
 * Relative specifiers in `import … from "./x.ts"`, `export … from`, `import("./x.ts")`.
 * Found by pattern, comments included: a file too many in the digest does no harm, one too few would.
 */
const SPECIFIER = /\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;

/** Throws what reading the model's own files throws; imports that are missing are the model's affair. */
export async function identifyModel(model: ModelReference): Promise<ModelIdentity> {
  if (isModelFile(model)) return await identifyFile(model.path);
  const { identifyCommand, identifyPlecs } = await load<typeof import("./command_identity.ts")>(
    import.meta.resolve("./command_identity.ts"),
  );
  return await (model.kind === "command" ? identifyCommand(model) : identifyPlecs(model));
}

/** Whether it is still the one that had that digest. Of one that is gone its thread tells, with its place. */
export async function isStill(model: ModelReference, digest: string): Promise<boolean> {
  const identity = await identifyModel(model).catch(() => undefined);
  return identity === undefined || identity.digest === digest;
}

async function identifyFile(path: string): Promise<ModelIdentity> {
  await requireFile(path);
  const files = new Map<string, Uint8Array>([[path, await fs.readFile(path)]]);
  if (!path.endsWith(".wasm")) {
    for (const [file, bytes] of files) {
      for (const match of new TextDecoder().decode(bytes).matchAll(SPECIFIER)) {
        // A specifier is part of a URL: `./a%20b.ts`, `./table.ts?v=2`.
        const neighbour = filePath(new URL(match[1]!, fileUrl(file)).href);
        if (files.has(neighbour)) continue;
        const content = await readNeighbour(neighbour).catch(() => undefined);
        if (content !== undefined) files.set(neighbour, content);
      }
    }
  }
  const digests = [...files.values()].map((bytes) => shortDigest(bytes));
  // In the order they are imported, so that a rename of the folder changes nothing.
  const digest = digests.length === 1 ? digests[0]! : shortDigest(digests.join(" "));
  return { name: basename(path), digest };
}

/** Whatever a model names: also a device, which never ends. */
async function readNeighbour(path: string): Promise<Uint8Array> {
  await requireFile(path);
  return await fs.readFile(path);
}
