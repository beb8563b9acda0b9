/** A command in words, as somebody would type it. Pure. */
import type { Word } from "../job/command.ts";
import type { ModelReference } from "../job/job.ts";
import { shellWord } from "../job/shell_word.ts";

/** `python3 ./simulate.py '${co2}'`, or the line of a shell; empty for models that are no commands. */
export function commandText(model: ModelReference): string {
  if (model.kind !== "command") return "";
  return model.shell ?? model.command.map(wordText).join(" ");
}

/** Words that a shell would take apart stand in quotes; files under their names. */
function wordText(word: Word): string {
  if (typeof word !== "string") return word.file.slice(word.file.lastIndexOf("/") + 1);
  return shellWord(word, "${}");
}
