/** The slots' processes of a campaign: started, kept apart from its loop, and seen to their end. */
import type { SlotHandlers, SlotPort } from "../campaign/world.ts";
import { type SlotHandle, startSlotProcess } from "../worker/slot_process.ts";
import { memoryBudget, slotLimits } from "./limits.ts";
import type { RunRequest } from "./run_request.ts";

/** One that was told to exit and does not is killed after so long. */
const LAST_MS = 5_000;

/** With the even share unless it is said how much it may use. */
export function startSlot(
  request: Pick<RunRequest, "slots" | "memoryBytes" | "startSlot">,
  memoryBytesMax: number = memoryBudget(request).bytesOf(0),
): SlotHandle {
  return (request.startSlot ?? startSlotProcess)(slotLimits(memoryBytesMax));
}

export class SlotProcesses {
  readonly #request: RunRequest;
  /** What the warm one may use. */
  readonly #shareBytes: number;
  readonly #all = new Set<SlotHandle>();
  /** The slot that inspected the models and waits for its first batch. */
  #warm: SlotHandle | undefined;

  constructor(request: RunRequest, warm: SlotHandle) {
    this.#request = request;
    this.#warm = warm;
    this.#shareBytes = memoryBudget(request).bytesOf(0);
    this.#all.add(warm);
  }

  start(handlers: SlotHandlers, memoryBytesMax: number): SlotPort {
    const isRight = this.#warm?.isGone === false && memoryBytesMax === this.#shareBytes;
    const warm = isRight ? this.#warm : undefined;
    if (isRight) this.#warm = undefined;
    const slot = warm ?? startSlot(this.#request, memoryBytesMax);
    this.#all.add(slot);
    slot.attach({
      onMessage: handlers.onMessage,
      onExit: (exit) => {
        this.#all.delete(slot);
        handlers.onExit(exit);
      },
    });
    // The warm slot said long ago that it is ready.
    if (warm !== undefined) queueMicrotask(() => handlers.onMessage({ type: "ready" }));
    return slot;
  }

  kill(): void {
    for (const slot of this.#all) slot.kill();
  }

  /** Resolves when all are gone that were told to exit. */
  async gone(): Promise<void> {
    this.#warm?.kill();
    const all = Promise.all([...this.#all].map((slot) => slot.gone()));
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([all, new Promise((late) => timer = setTimeout(late, LAST_MS))]);
    clearTimeout(timer);
  }
}
