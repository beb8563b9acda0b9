/** The small interfaces through which a campaign meets the world: journal, slots, clock. */
import type { RunEvent } from "../job/event.ts";
import type { FromSlot, ToSlot } from "./slot_messages.ts";

export interface JournalPort {
  /** Resolves when the event is durable; rejects when the journal cannot be written any more. */
  append(event: RunEvent): Promise<void>;
}

export interface SlotPort {
  send(message: ToSlot): void;
  /** At once and for good; `onExit` follows. */
  kill(): void;
}

/** How a slot's process ended. */
export interface SlotExit {
  readonly status: number;
  readonly signal: string | null;
  /** The last lines it wrote to stderr. */
  readonly stderr: string;
  /** What it could have at most, where that is known. */
  readonly limits?: { readonly heapBytesMax: number; readonly memoryBytesMax: number };
}

export interface SlotHandlers {
  onMessage(message: FromSlot): void;
  onExit(exit: SlotExit): void;
}

export interface World {
  readonly journal: JournalPort;
  /** Starts a process that may use so much memory. */
  startSlot(handlers: SlotHandlers, memoryBytesMax: number): SlotPort;
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Calls back once after so many milliseconds, unless what is answered was called before. */
  after(ms: number, then: () => void): () => void;
  wallClock(): Date;
}
