/**
 * `GET /events`: a WebSocket of events for anyone, each a message, in order and from where on one wants. The journal is
 * followed once for all who listen; who comes from further back, or reads slowly, reads the tree's files again.
 */
import type { Live } from "../job/live.ts";
import { DEFAULT_EVENTS, DEFAULT_PROGRESS_MS, NOTICE_EVENTS } from "../job/sink.ts";
import { FollowedFold } from "../store/followed_fold.ts";
import type { Layout } from "../store/layout.ts";
import { letOthers, pause } from "../store/pause.ts";
import { CLOSED, EventListener, type ListenerState, readPlace } from "./event_listener.ts";
import { EventPast } from "./event_past.ts";
import { EventTail } from "./event_tail.ts";
import { PIECE_MS } from "./turns.ts";

export interface EventRefusal {
  readonly status: 400 | 409 | 426 | 503;
  readonly why: string;
}

const LOOK_MS = 250;
/** Who is full is asked again so soon whether it has read. */
const UNREAD_LOOK_MS = 20;
const TROUBLE_MS = 2_000;
/** So long a piece of the past is held for who has begun with it and does not read. */
const PAST_MS = 200;
const PIECE_BYTES = 1 << 20;

export class EventListeners {
  readonly #layout: Layout;
  readonly #live: () => Live | undefined;
  readonly #onAlone: () => void;
  readonly #listeners = new Set<EventListener>();
  readonly #stopped = new AbortController();
  #journal: FollowedFold<EventTail> | undefined;
  #running: Promise<void> | undefined;
  #past: EventPast | undefined;
  #pastMs = 0;
  /** What was made of lines behind it is not true any more. */
  #cutAt: number | undefined;
  #nextProgressMs = 0;
  /** Aborts when somebody came. */
  #woken = new AbortController();

  /** `live`: the moment's picture, as it was looked at last. `onAlone`: nobody listens any more. */
  constructor(layout: Layout, live: () => Live | undefined, onAlone: () => void = () => {}) {
    this.#layout = layout;
    this.#live = live;
    this.#onAlone = onAlone;
  }

  get count(): number {
    return this.#listeners.size;
  }

  /** Opens the line. Who may ask at all is judged before. */
  admit(request: Request, url: URL): Response | EventRefusal {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return { status: 426, why: "This address speaks WebSocket." };
    }
    const after = url.searchParams.get("after");
    const place = after === null ? undefined : readPlace(after);
    if (after !== null && place === undefined) {
      return { status: 400, why: "after= takes the id of an event, e.g. after=812; 0 for all." };
    }
    const asked = url.searchParams.get("events")?.split(",");
    const wanted = asked === undefined
      ? DEFAULT_EVENTS.webhook
      : NOTICE_EVENTS.filter((event) => asked.includes(event));
    if (asked !== undefined && wanted.length < new Set(asked).size) {
      return { status: 400, why: `events= takes names of ${NOTICE_EVENTS.join(", ")}.` };
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    const listener = new EventListener(socket, new Set(wanted));
    if (place !== undefined) listener.place(place);
    this.#listeners.add(listener);
    socket.addEventListener("open", () => {
      listener.isOpen = true;
      this.#woken.abort();
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
        if (this.#listeners.size === 0) this.#onAlone();
      });
    });
    const gone = (): void => void this.#listeners.delete(listener);
    socket.addEventListener("close", gone);
    socket.addEventListener("error", gone);
    socket.addEventListener("message", () => {
      this.#close(listener, CLOSED.refused, "listeners only listen");
    });
    return response;
  }

  /** What the journal holds by now is told to whoever reads; resolves when all have answered that they are gone. */
  async stop(why: string): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    const all = [...this.#listeners];
    for (const listener of all) this.#close(listener, CLOSED.goingAway, why);
    this.#endPast();
    this.#journal?.[Symbol.dispose]();
    await Promise.all(all.map(({ closed }) => closed));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (this.#listeners.size > 0) {
      // Asked before it is read: what comes last is told as well.
      const isLast = signal.aborted;
      this.#woken = new AbortController();
      const waitMs = await this.#look().catch(() => TROUBLE_MS);
      if (isLast) return;
      if (waitMs > 0) await pause(waitMs, AbortSignal.any([signal, this.#woken.signal]));
      else await letOthers();
    }
  }

  /** Reads what is new and tells it. Answers when to look again. */
  async #look(): Promise<number> {
    this.#journal ??= new FollowedFold(this.#layout, (cutAt) => {
      if (cutAt !== undefined) this.#cutAt = Math.min(this.#cutAt ?? Infinity, cutAt);
      return new EventTail(this.#layout.root);
    }, { pieceBytes: PIECE_BYTES, mayBeGone: true });
    while ((await this.#journal.readPiece()).hasMore) await letOthers();
    const tail = this.#journal.now;
    this.#sendBack();
    this.#tellProgress(tail);
    const states = new Map<EventListener, ListenerState>();
    let beganMs = performance.now();
    for (const listener of [...this.#listeners]) {
      if (listener.isOpen) states.set(listener, this.#serve(listener, tail));
      if (performance.now() - beganMs < PIECE_MS) continue;
      await letOthers();
      beganMs = performance.now();
    }
    return this.#readOn(states, tail);
  }

  #serve(listener: EventListener, tail: EventTail): ListenerState {
    const { lastSeq } = tail;
    if (!listener.isPlaced) listener.place({ seq: lastSeq });
    if (listener.seq > lastSeq) {
      const why = `the journal ends at ${lastSeq}; come again with after=${lastSeq}, or 0 for all`;
      this.#close(listener, CLOSED.refused, why);
      return "told";
    }
    let state = listener.tell(tail, performance.now());
    if (state === "behind" && this.#past?.give(listener)) {
      state = listener.tell(tail, performance.now());
    }
    if (!listener.isOpen) this.#listeners.delete(listener);
    return state;
  }

  /** The next piece of the past, when all who stand in this one have it. Answers when to look again. */
  #readOn(states: ReadonlyMap<EventListener, ListenerState>, tail: EventTail): number {
    const isAny = (wanted: ListenerState) => [...states.values()].includes(wanted);
    const waitMs = isAny("unread") ? UNREAD_LOOK_MS : LOOK_MS;
    const isHeld = [...this.#listeners].some(({ hasPast }) => hasPast);
    if (isHeld && performance.now() - this.#pastMs < PAST_MS) return waitMs;
    const behind = [...this.#listeners].filter((one) => states.get(one) === "behind");
    if (behind.length === 0) {
      if (!isHeld) this.#endPast();
      return waitMs;
    }
    // Who has not read knows its place, and the piece is not kept for it.
    for (const listener of this.#listeners) listener.dropPast();
    const end = this.#past?.endSeq ?? Infinity;
    if (!behind.some(({ seq }) => seq >= end)) {
      this.#endPast();
      this.#past = new EventPast(this.#layout, Math.min(...behind.map(({ seq }) => seq)));
    }
    this.#pastMs = performance.now();
    // The journal that all follow sees it as well, and then whoever heard of it is sent back.
    if (!this.#past!.read(tail)) this.#endPast();
    return 0;
  }

  /** Another tree stands in the place, or a power cut has undone what some were told of. */
  #sendBack(): void {
    const cutAt = this.#cutAt;
    this.#cutAt = undefined;
    if (cutAt === undefined) return;
    this.#endPast();
    const what = cutAt === 0 ? "another tree is in the place" : "the last lines were undone";
    const why = `${what}; come again with after=${cutAt}`;
    for (const listener of [...this.#listeners]) {
      if (listener.isPlaced && listener.seq >= cutAt) {
        this.#close(listener, CLOSED.restart, why);
      } else listener.dropPast();
    }
  }

  #tellProgress(tail: EventTail): void {
    const live = this.#live();
    if (live === undefined || performance.now() < this.#nextProgressMs) return;
    this.#nextProgressMs = performance.now() + DEFAULT_PROGRESS_MS;
    const notice = tail.lastMaker.progress(live);
    if (notice === undefined) return;
    const text = JSON.stringify(notice);
    for (const listener of this.#listeners) {
      if (listener.isOpen) listener.tellNow(notice.event, text);
    }
  }

  #endPast(): void {
    this.#past?.[Symbol.dispose]();
    this.#past = undefined;
  }

  #close(listener: EventListener, code: number, why: string): void {
    this.#listeners.delete(listener);
    listener.close(code, why);
  }
}
