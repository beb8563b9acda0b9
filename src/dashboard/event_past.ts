/**
 * Events from further back than is kept, a piece of the journal at a time, from one place to the end. All who stand in the
 * same piece share it; who came later, or has not read in time, waits for the next way through.
 */
import { JournalFollower } from "../store/journal_follow.ts";
import type { Layout } from "../store/layout.ts";
import type { EventListener } from "./event_listener.ts";
import type { EventMessage, EventTail } from "./event_tail.ts";

const PIECE_BYTES = 64 << 10;

export class EventPast implements Disposable {
  readonly #follower: JournalFollower;
  #messages: readonly EventMessage[] = [];
  /** The piece stands behind this entry. */
  #afterSeq: number;
  #endSeq: number;

  /** Begins behind that entry, with an empty piece. */
  constructor(layout: Layout, afterSeq: number) {
    this.#follower = new JournalFollower(layout, afterSeq);
    this.#afterSeq = this.#endSeq = afterSeq;
  }

  get endSeq(): number {
    return this.#endSeq;
  }

  /** The next piece. False when lines were undone: then nothing of it is true any more. */
  read(tail: EventTail): boolean {
    const messages: EventMessage[] = [];
    const { seq, wentBackTo } = this.#follower.read((entry) => {
      messages.push(...tail.messagesOf(entry));
    }, { bytesMax: PIECE_BYTES, types: tail.types });
    this.#messages = messages;
    this.#afterSeq = this.#endSeq;
    this.#endSeq = seq;
    return wentBackTo === undefined;
  }

  /** Hands the piece to who stands in it. Answers whether it did. */
  give(listener: EventListener): boolean {
    if (listener.seq < this.#afterSeq || listener.seq >= this.#endSeq) return false;
    listener.takePast(this.#messages, this.#endSeq);
    return true;
  }

  [Symbol.dispose](): void {
    this.#follower[Symbol.dispose]();
  }
}
