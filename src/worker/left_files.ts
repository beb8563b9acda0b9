/** What a command has left in its folder: what of it is kept is told to the agent, and what is wrong with it to people. */
import type { RunFolder } from "../command/run_folder.ts";
import { notKept, othersText } from "./command_doubts.ts";
import type { CommandParts, CommandPlace } from "./command_parts.ts";

export class LeftFiles {
  readonly #folder: RunFolder;
  readonly #place: CommandPlace;
  readonly #parts: Pick<CommandParts, "tell" | "told">;
  readonly #steps: number;
  /** The folder is there, with nothing in it. */
  areNone = false;

  /** `steps`: of its job. */
  constructor(
    folder: RunFolder,
    place: CommandPlace,
    parts: Pick<CommandParts, "tell" | "told">,
    steps: number,
  ) {
    this.#folder = folder;
    this.#place = place;
    this.#parts = parts;
    this.#steps = steps;
  }

  /** Without globs all that lies there. */
  keep(globs: readonly string[] | undefined, areResult: boolean): void {
    if (!this.#folder.remains()) return;
    if (this.#folder.empties()) {
      this.areNone = true;
      return this.warnOnce(notKept(globs));
    }
    const { batch, index } = this.#place;
    const found = this.#folder.findAll(globs);
    const { files, others } = found;
    const names = files.map(({ name }) => name);
    const { path: folder } = this.#folder;
    this.#parts.tell({ type: "keep", batch, index, folder, names, others, areResult });
    if (others > 0) this.#warn(othersText(others));
    this.warnOnce(notKept(globs, found));
  }

  /** Once a job. */
  warnOnce(messages: readonly string[]): void {
    for (const message of messages) {
      if (this.#parts.told.has(message)) continue;
      this.#parts.told.add(message);
      this.#warn(message);
    }
  }

  #warn(message: string): void {
    const { batch, index } = this.#place;
    this.#parts.tell({ type: "warned", batch, index, step: this.#steps, message });
  }
}
