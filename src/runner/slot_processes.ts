/** The slots' processes of a campaign: started, kept apart from its loop, and seen to their end. */
import type { SlotHandlers, SlotPort } from "../campaign/world.ts";
import type { RunTable } from "../campaign/run_table.ts";
import type { Plan } from "../plan/plan.ts";
import { type SlotHandle, startSlotProcess } from "../worker/slot_process.ts";
import { expectKinds } from "./inspector.ts";
import { memoryBudget, slotLimits } from "./limits.ts";
import type { RunRequest } from "./run_request.ts";

/** One that was told to exit and does not is killed after so long. */
const LAST_MS = 5_000;
/** The size of slots that have one core and an even share of the memory. */
const EVEN_SHARE = 0;

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
  /** Slots that wait for their first batch, the one that inspected the models before others. */
  readonly #warm: SlotHandle[];
  readonly #first: SlotHandle;

  constructor(request: RunRequest, warm: SlotHandle) {
    this.#request = request;
    this.#warm = [warm];
    this.#first = warm;
    this.#shareBytes = memoryBudget(request).bytesOf(0);
    this.#all.add(warm);
  }

  /** Starts as many as there is work for at once: meanwhile all that comes before the first run is done. */
  expect(table: RunTable, plan: Plan): void {
    const { nice = false, slots } = this.#request;
    // Whoever gives way begins with what others leave.
    const count = nice ? 0 : Math.min(slots, table.readyIn(EVEN_SHARE));
    while (this.#warm.length < count) {
      const slot = startSlot(this.#request);
      expectKinds(slot, plan.jobs.map(({ job }) => job));
      this.#warm.push(slot);
      this.#all.add(slot);
    }
  }

  start(handlers: SlotHandlers, memoryBytesMax: number): SlotPort {
    const isRight = memoryBytesMax === this.#shareBytes;
    const warm = isRight ? this.#takeWarm() : undefined;
    const slot = warm ?? startSlot(this.#request, memoryBytesMax);
    this.#all.add(slot);
    slot.attach({
      onMessage: handlers.onMessage,
      onExit: (exit) => {
        this.#all.delete(slot);
        handlers.onExit(exit);
      },
    });
    // The one that inspected the models said long ago that it is ready; the others are heard when they say so.
    if (warm === this.#first) queueMicrotask(() => handlers.onMessage({ type: "ready" }));
    return slot;
  }

  #takeWarm(): SlotHandle | undefined {
    for (let slot = this.#warm.shift(); slot !== undefined; slot = this.#warm.shift()) {
      if (!slot.isGone) return slot;
    }
    return undefined;
  }

  kill(): void {
    for (const slot of this.#all) slot.kill();
  }

  /** Resolves when all are gone that were told to exit. */
  async gone(): Promise<void> {
    for (const slot of this.#warm) slot.kill();
    const all = Promise.all([...this.#all].map((slot) => slot.gone()));
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([all, new Promise((late) => timer = setTimeout(late, LAST_MS))]);
    clearTimeout(timer);
  }
}
