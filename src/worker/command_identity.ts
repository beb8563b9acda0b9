/** What a command or a PLECS model is: a digest over how it is run and read, and over its files. Reads files. */
import { type CommandModel, filesOf, type Word } from "../job/command.ts";
import type { ModelIdentity } from "../job/event.ts";
import { basename } from "../job/path.ts";
import type { PlecsModel } from "../job/plecs.ts";
import { canonical, shortDigest } from "../plan/digest.ts";
import { fs } from "../store/file_system.ts";
import { digestFile } from "./file_digest.ts";

/** Of files as they were looked at last: it is asked for before each batch, and programs may be large. */
const known = new Map<string, { readonly seenAs: string; readonly digest: string }>();

async function digestOf(path: string): Promise<string> {
  const { size, mtime, ctime, ino } = await fs.stat(path);
  const seenAs = [size, mtime?.getTime(), ctime?.getTime(), ino].join(" ");
  const before = known.get(path);
  if (before?.seenAs === seenAs) return before.digest;
  const digest = await digestFile(path);
  known.set(path, { seenAs, digest });
  return digest;
}

/** Throws what reading one of its files throws. */
export async function identifyCommand(model: CommandModel): Promise<ModelIdentity> {
  const digests = new Map<string, string>();
  for (const file of filesOf(model)) digests.set(file, await digestOf(file));
  // By content and name, so that a move of the folder changes nothing.
  const content = (file: string) => [basename(file), digests.get(file)!];
  const word = (one: Word) => typeof one === "string" ? one : content(one.file);
  const { path: _path, graceMs: _graceMs, keep: _keep, ...meaning } = model;
  const text = canonical({
    ...meaning,
    command: model.command.map(word),
    restart: model.restart?.map(word),
    templates: model.templates.map(({ file, as, marks }) => [content(file), as, marks]),
  });
  return { name: basename(model.path), digest: shortDigest(text) };
}

/** Where PLECS listens and how many runs it is handed at once changes no result. */
export async function identifyPlecs(model: PlecsModel): Promise<ModelIdentity> {
  const { path, url: _url, protocol: _protocol, batch: _batch, waitMs: _waitMs, ...meaning } =
    model;
  const text = canonical({ ...meaning, file: await digestFile(path) });
  return { name: basename(path), digest: shortDigest(text) };
}
