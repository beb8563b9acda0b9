/** Says how the disk stands when that changes, and what was done about it; never more often than anybody wants to read. */
import type { LiveDisk } from "../job/live.ts";
import { describeDisk, describeDiskNext } from "../report/disk_text.ts";
import { formatBytes, formatNumberOf } from "../report/format.ts";
import type { Cleaned } from "./disk_cleaner.ts";

/** That it is full, or no more, is told at once; the rest so often at most. */
const TELL_EVERY_MS = 60_000;

const NOTHING: Cleaned = { freedBytes: 0, thinned: 0, repacked: 0, packed: 0 };

export class DiskTeller {
  readonly #say: (message: string) => void;
  #told: LiveDisk["level"] | "ample" = "ample";
  #toldMs = -Infinity;
  #untold = NOTHING;
  #cleanedMs = -Infinity;

  constructor(say: (message: string) => void) {
    this.#say = say;
  }

  cleaned(cleaned: Cleaned): void {
    this.#untold = {
      freedBytes: this.#untold.freedBytes + cleaned.freedBytes,
      thinned: this.#untold.thinned + cleaned.thinned,
      repacked: this.#untold.repacked + cleaned.repacked,
      packed: this.#untold.packed + cleaned.packed,
    };
  }

  cannotClean(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#say(`No room can be made in the tree: ${reason}`);
  }

  tell(disk: LiveDisk | undefined, nowMs: number): void {
    const { freedBytes, packed } = this.#untold;
    if ((freedBytes > 0 || packed > 0) && nowMs - this.#cleanedMs > TELL_EVERY_MS) {
      this.#cleanedMs = nowMs;
      this.#say(cleanedText(this.#untold));
      this.#untold = NOTHING;
    }
    const level = disk?.level ?? "ample";
    const before = this.#told;
    if (level === before) return;
    const isUrgent = level === "full" || before === "full";
    if (!isUrgent && nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#told = level;
    this.#toldMs = nowMs;
    if (before === "full") this.#say("There is room on the disk again: runs are started.");
    if (disk === undefined || before === "full") return;
    const next = describeDiskNext(disk);
    this.#say(capital(`${describeDisk(disk)}${next === undefined ? "" : `; ${next}`}.`));
  }
}

function cleanedText({ freedBytes, thinned, repacked, packed }: Cleaned): string {
  const what = [
    thinned > 0 ? `older checkpoints of ${formatNumberOf(thinned, "run")}` : "",
    repacked > 0 ? `${formatNumberOf(repacked, "checkpoint")} packed harder` : "",
    packed > 0 ? `files of ${formatNumberOf(packed, "finished run")} packed` : "",
  ].filter((part) => part !== "");
  return `Room was made on the disk: ${what.join(", ")}; ${
    formatBytes(freedBytes)
  } of checkpoints.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
