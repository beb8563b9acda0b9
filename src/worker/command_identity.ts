/** What a command is: a digest over its words and how it is read, and over the files it names. Reads files. */
import { basename } from "node:path";
import { type CommandModel, filesOf, type Word } from "../job/command.ts";
import type { ModelIdentity } from "../job/event.ts";
import { canonical, shortDigest } from "../plan/digest.ts";
import { digestFile } from "./file_digest.ts";

/** Throws what reading one of its files throws. */
export async function identifyCommand(model: CommandModel): Promise<ModelIdentity> {
  const digests = new Map<string, string>();
  for (const file of filesOf(model)) digests.set(file, await digestFile(file));
  // By content and name, so that a move of the folder changes nothing.
  const known = (file: string) => [basename(file), digests.get(file)!];
  const word = (one: Word) => typeof one === "string" ? one : known(one.file);
  const { path: _path, graceMs: _graceMs, keep: _keep, ...meaning } = model;
  const text = canonical({
    ...meaning,
    command: model.command.map(word),
    restart: model.restart?.map(word),
    templates: model.templates.map(({ file, as, marks }) => [known(file), as, marks]),
  });
  return { name: basename(model.path), digest: shortDigest(text) };
}
