/** What a slot does on the disk: one piece after the other, so that a result is told after what it rests on is durable. */
import type { SlotFiles } from "./slot_files.ts";

export class DiskWork {
  readonly #files: SlotFiles;
  #last: Promise<void> = Promise.resolve();
  #isClosing = false;

  constructor(files: SlotFiles) {
    this.#files = files;
  }

  /** When all that was begun is done. */
  get done(): Promise<void> {
    return this.#last;
  }

  add(work: () => void | Promise<void>): void {
    this.#last = this.#last.then(() => this.#isClosing ? undefined : work());
  }

  /** When also the files are durable that are kept beside all that. */
  addAfterKept(work: () => void): void {
    this.add(() => {
      const kept = this.#files.kept();
      return kept === undefined ? work() : kept.then(work);
    });
  }

  /** Waits for the write in hand, not for ever. What stands behind it is not begun: another may hold the tree. */
  async finish(msMax: number): Promise<void> {
    this.#isClosing = true;
    const late = new Promise<void>((done) => setTimeout(done, msMax));
    await Promise.race([this.#last.then(() => this.#files.kept()), late]);
  }
}
