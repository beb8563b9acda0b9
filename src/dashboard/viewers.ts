/**
 * Those who look: a WebSocket each. A message is made once for all, a few a second at most; who has not read the last
 * one gets none until it has, and then the newest. Nothing is kept for anybody.
 */

/** Unread bytes with which a viewer is passed over; a message is a few kilobytes. */
const UNREAD_BYTES_MAX = 64 << 10;
/** Who reads nothing for so long is not there any more. */
const UNREAD_MS = 60_000;
/** What a viewer sends is short: nothing that it says is needed. */
const VIEWERS_MAX = 1_000;

interface Viewer {
  readonly socket: WebSocket;
  /** Since when it has read nothing; undefined while it reads. */
  unreadMs: number | undefined;
}

export class Viewers {
  readonly #clockMs: () => number;
  readonly #viewers = new Set<Viewer>();
  /** Messages that were not sent, because the one before had not been read. */
  passedOver = 0;
  #last: string | undefined;

  constructor(clockMs: () => number) {
    this.#clockMs = clockMs;
  }

  get count(): number {
    return this.#viewers.size;
  }

  get isFull(): boolean {
    return this.#viewers.size >= VIEWERS_MAX;
  }

  add(socket: WebSocket): void {
    const viewer: Viewer = { socket, unreadMs: undefined };
    socket.addEventListener("open", () => {
      this.#viewers.add(viewer);
      if (this.#last !== undefined) this.#send(viewer, this.#last);
    });
    const gone = (): void => {
      this.#viewers.delete(viewer);
    };
    socket.addEventListener("close", gone);
    socket.addEventListener("error", gone);
    // Nothing is asked for by this way; who sends all the same is no viewer.
    socket.addEventListener("message", () => this.#close(viewer, 1008, "Nothing is to be sent."));
  }

  /** To all, and to who comes next. */
  send(message: string): void {
    this.#last = message;
    for (const viewer of this.#viewers) this.#send(viewer, message);
  }

  /** Resolves when all have answered that they are gone. */
  async closeAll(code: number, why: string): Promise<void> {
    const all = [...this.#viewers];
    const gone = all.map(({ socket }) =>
      new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()))
    );
    for (const viewer of all) this.#close(viewer, code, why);
    await Promise.all(gone);
  }

  #send(viewer: Viewer, message: string): void {
    const { socket } = viewer;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > UNREAD_BYTES_MAX) {
      this.passedOver++;
      viewer.unreadMs ??= this.#clockMs();
      if (this.#clockMs() - viewer.unreadMs > UNREAD_MS) {
        this.#close(viewer, 1013, "Nothing was read for a minute.");
      }
      return;
    }
    viewer.unreadMs = undefined;
    socket.send(message);
  }

  #close(viewer: Viewer, code: number, why: string): void {
    this.#viewers.delete(viewer);
    try {
      viewer.socket.close(code, why);
    } catch {
      // It is gone already.
    }
  }
}
