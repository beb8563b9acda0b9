/** Folders in which short programs work one after the other, for one takes as long to make and to remove as they take to run. */
import type { CommandPlace } from "./command_parts.ts";

export class SharedFolders {
  readonly #pathOf: (number: number) => string;
  /** That are there, with nothing in them. */
  readonly #free: string[] = [];
  #count = 0;

  constructor(pathOf: (number: number) => string) {
    this.#pathOf = pathOf;
  }

  take(): Pick<CommandPlace, "folder" | "isMade"> {
    const free = this.#free.pop();
    if (free !== undefined) return { folder: free, isMade: true };
    return { folder: this.#pathOf(this.#count++), isMade: false };
  }

  /** Of one in which something may be left nobody hears again. */
  giveBack(folder: string): void {
    this.#free.push(folder);
  }
}
