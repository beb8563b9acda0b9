/** Waiting: for a time that ends early when a signal says so, or just until others had their turn. */

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** Whoever computes for long lets others in between have their turn. */
export function letOthers(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}
