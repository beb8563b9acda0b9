/** The signals that stop a campaign: the first saves everything that runs, the second stops at once. */

/** Never SIGUSR1: the runtime opens its inspector on it. */
const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2", "SIGXCPU"];

/** Batch systems send a signal to every process of a job at once: that is one wish, not two. */
const SAME_WISH_MS = 200;

export class StopSignals {
  /** What stopped it, once something did. */
  first: Deno.Signal | undefined;
  #firstAtMs = 0;
  readonly #listeners = new Map<Deno.Signal, () => void>();

  constructor(stop: (how: "checkpoint" | "now") => void, clockMs = () => performance.now()) {
    for (const signal of SIGNALS) {
      const listener = (): void => {
        if (this.first === undefined) {
          this.first = signal;
          this.#firstAtMs = clockMs();
          stop("checkpoint");
        } else if (clockMs() - this.#firstAtMs > SAME_WISH_MS) stop("now");
      };
      try {
        Deno.addSignalListener(signal, listener);
        this.#listeners.set(signal, listener);
      } catch {
        // This system does not have the signal.
      }
    }
  }

  close(): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    this.#listeners.clear();
  }
}
