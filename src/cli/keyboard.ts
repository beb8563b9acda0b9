/** The keys that are pressed while something is shown. Without a terminal at stdin there are none. */
import { type Key, KeyReader } from "../screen/keys.ts";

/** What begins like a sequence and does not go on within this time was ESC. */
const ESCAPE_MS = 50;

export class Keyboard {
  readonly #onKey: (key: Key) => void;
  readonly #reader = new KeyReader();
  readonly #restore = (): void => this.close();
  #escape: ReturnType<typeof setTimeout> | undefined;
  #isRaw = false;

  constructor(onKey: (key: Key) => void) {
    this.#onKey = onKey;
  }

  get isThere(): boolean {
    return Deno.stdin.isTerminal();
  }

  /** Keys come one by one and are not shown, until it is closed. */
  open(): void {
    if (!this.isThere) return;
    const isFirst = !this.#isRaw;
    this.#setRaw(true);
    globalThis.addEventListener("unload", this.#restore);
    if (isFirst && !this.#isListening) void this.#listen();
  }

  /** Gives the terminal back as it was. May be called twice, and is at the end of the process. */
  close(): void {
    clearTimeout(this.#escape);
    globalThis.removeEventListener("unload", this.#restore);
    if (this.#isRaw) this.#setRaw(false);
  }

  #isListening = false;

  async #listen(): Promise<void> {
    this.#isListening = true;
    const bytes = new Uint8Array(256);
    for (;;) {
      // A terminal that is gone sends no more keys; that is no reason to say anything on it.
      const count = await Deno.stdin.read(bytes).catch(() => null);
      if (count === null) return;
      if (!this.#isRaw) continue;
      clearTimeout(this.#escape);
      this.#tell(this.#reader.push(bytes.subarray(0, count)));
      if (this.#reader.isWaiting) {
        this.#escape = setTimeout(() => this.#tell(this.#reader.flush()), ESCAPE_MS);
      }
    }
  }

  #tell(keys: readonly Key[]): void {
    for (const key of keys) this.#onKey(key);
  }

  #setRaw(raw: boolean): void {
    try {
      Deno.stdin.setRaw(raw);
      this.#isRaw = raw;
    } catch {
      // The terminal is gone: nobody presses keys, and nobody sees what they do.
      this.#isRaw = false;
    }
  }
}
