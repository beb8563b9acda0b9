/** Strays: errors of a model that nobody waits for, of a rejected promise or a timer. Brings them to light. */

/** Kept before a model takes the floor. */
const { MessageChannel } = globalThis;

/** Lets strays of what ran so far come out, as events of the thread: 40 µs. */
export function straysSurface(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((surfaced) => {
    port1.onmessage = () => {
      port1.close();
      surfaced();
    };
    port2.postMessage(null);
  });
}
