/**
 * One who listens to events: how far it was told, and what is told next. Its place in the journal is all that is kept for
 * one who reads slowly; who reads nothing for long is let go, and told from where on it may come again.
 */
import type { NoticeEvent } from "../job/sink.ts";
import type { EventMessage, EventTail } from "./event_tail.ts";

/** With so many unread bytes it gets no more until it has read. */
export const UNREAD_BYTES_MAX = 64 << 10;
/** Who reads nothing for so long is not there any more. */
export const UNREAD_MS = 60_000;

/** Close codes: https://www.iana.org/assignments/websocket */
export const CLOSED = { goingAway: 1001, refused: 1008, restart: 1012, later: 1013 } as const;

/** Where to begin: behind an event, or behind all that there is. */
export interface EventPlace {
  readonly seq: number;
  /** From 0; absent behind the last of the entry. */
  readonly index?: number;
}

/** `812`, or `812.3` for the third event of that entry; undefined for all else. */
export function readPlace(text: string): EventPlace | undefined {
  const [, seq, number] = /^(\d{1,15})(?:\.([1-9]\d{0,8}))?$/.exec(text) ?? [];
  if (seq === undefined) return undefined;
  return { seq: Number(seq), ...(number !== undefined && { index: Number(number) - 1 }) };
}

/** `told`: all that there is. `unread`: it must read first. `behind`: what comes next is not kept. */
export type ListenerState = "told" | "unread" | "behind";

export class EventListener {
  readonly #socket: WebSocket;
  readonly #wanted: ReadonlySet<NoticeEvent>;
  readonly #unreadMsMax: number;
  /** The last entry that was begun, and the last of its events that was told; all when infinite. */
  #seq = 0;
  #index = Infinity;
  /** What is next of the past, and the entry up to which it reaches. */
  #past: readonly EventMessage[] = [];
  #pastAt = 0;
  #pastEnd = 0;
  #unreadMs: number | undefined;
  isOpen = false;
  /** Resolves when the line is closed on both sides. */
  readonly closed: Promise<void>;
  /** It knows from where on it is told. */
  isPlaced = false;

  constructor(
    socket: WebSocket,
    wanted: ReadonlySet<NoticeEvent>,
    unreadMsMax: number = UNREAD_MS,
  ) {
    this.#socket = socket;
    this.closed = new Promise((done) => socket.addEventListener("close", () => done()));
    this.#wanted = wanted;
    this.#unreadMsMax = unreadMsMax;
  }

  place({ seq, index = Infinity }: EventPlace): void {
    this.#seq = seq;
    this.#index = index;
    this.isPlaced = true;
  }

  /** Behind this entry it is told of everything. An entry that was begun counts as one that was not. */
  get seq(): number {
    return this.#index === Infinity ? this.#seq : this.#seq - 1;
  }

  /** As `after` takes it. */
  get placeText(): string {
    return this.#index === Infinity ? `${this.#seq}` : `${this.#seq}.${this.#index + 1}`;
  }

  get isUnread(): boolean {
    return this.#socket.bufferedAmount > UNREAD_BYTES_MAX;
  }

  /** Tells what it may. */
  tell(tail: EventTail, nowMs: number): ListenerState {
    for (;;) {
      if (this.#isStuck(nowMs)) return "unread";
      if (this.hasPast) {
        this.#send(this.#past[this.#pastAt++]!);
        continue;
      }
      this.#endPast();
      if (!tail.hasAllBehind(this.seq)) return "behind";
      const next = tail.behind(this.seq);
      if (next === undefined) return "told";
      // An entry of many runs is many messages: between two of them it may be full.
      for (const message of next.messages) {
        if (this.#isStuck(nowMs)) return "unread";
        this.#send(message);
      }
      this.#pass(next.seq);
    }
  }

  /** It was given some of the past and has not told all of it. */
  get hasPast(): boolean {
    return this.#pastAt < this.#past.length;
  }

  /** What stands behind its place, up to that entry. */
  takePast(messages: readonly EventMessage[], endSeq: number): void {
    this.#past = messages;
    this.#pastAt = 0;
    this.#pastEnd = endSeq;
  }

  /** Forgets what of the past is not told yet: it is read again. */
  dropPast(): void {
    this.#past = [];
    this.#pastAt = this.#pastEnd = 0;
  }

  /** What is said of a moment, and has no place. */
  tellNow(event: NoticeEvent, text: string): void {
    if (this.#wanted.has(event) && !this.isUnread) this.#socket.send(text);
  }

  close(code: number, why: string): void {
    this.isOpen = false;
    this.dropPast();
    try {
      this.#socket.close(code, why);
    } catch {
      // It is gone already.
    }
  }

  #endPast(): void {
    if (this.#pastEnd > 0) this.#pass(this.#pastEnd);
    this.dropPast();
  }

  #pass(seq: number): void {
    if (seq < this.#seq) return;
    this.#seq = seq;
    this.#index = Infinity;
  }

  #send({ seq, index, event, text }: EventMessage): void {
    if (seq < this.#seq || seq === this.#seq && index <= this.#index) return;
    this.#seq = seq;
    this.#index = index;
    if (this.#wanted.has(event)) this.#socket.send(text);
  }

  #isStuck(nowMs: number): boolean {
    if (!this.isUnread) {
      this.#unreadMs = undefined;
      return false;
    }
    this.#unreadMs ??= nowMs;
    if (nowMs - this.#unreadMs > this.#unreadMsMax) {
      const why = `nothing was read for long; come again with after=${this.placeText}`;
      this.close(CLOSED.later, why);
    }
    return true;
  }
}
