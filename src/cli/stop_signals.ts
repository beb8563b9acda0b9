/** The signals that stop a campaign: the first saves everything that runs, the second stops at once. */
import type { CliContext } from "./context.ts";

/** Never SIGUSR1: the runtime opens its inspector on it. */
const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2", "SIGXCPU"];

/** Who sends a signal to a group of processes sends it twice to some of them: that is one wish, not two. */
const SAME_WISH_MS = 200;
/** In a batch job the script hands on what the batch system has sent already; and nobody there presses keys. */
const SAME_WISH_IN_JOB_MS = 5_000;

/** Started with nohup: the end of the terminal is not its end. Asked before any listener changes it. */
const HANGUP_IGNORED = isHangupIgnored();

export class StopSignals {
  /** What stopped it, once something did. */
  first: Deno.Signal | undefined;
  #firstAtMs = 0;
  readonly #listeners = new Map<Deno.Signal, () => void>();

  constructor(
    { env, clockMs }: Pick<CliContext, "env" | "clockMs">,
    stop: (how: "checkpoint" | "now") => void,
  ) {
    const sameWishMs = env("SLURM_JOB_ID") === undefined ? SAME_WISH_MS : SAME_WISH_IN_JOB_MS;
    for (const signal of SIGNALS) {
      if (signal === "SIGHUP" && HANGUP_IGNORED) {
        // The first listener of any signal makes the runtime hear this one; so it stays ignored.
        Deno.addSignalListener(signal, () => {});
        continue;
      }
      const listener = (): void => {
        if (this.first === undefined) {
          this.first = signal;
          this.#firstAtMs = clockMs();
          stop("checkpoint");
        } else if (clockMs() - this.#firstAtMs > sameWishMs) stop("now");
      };
      try {
        Deno.addSignalListener(signal, listener);
        this.#listeners.set(signal, listener);
      } catch {
        // This system does not have the signal.
      }
    }
  }

  /** `pressed`: when one more comes after it has been stopped; else it would end without its own status. */
  close(pressed?: () => void): void {
    for (const [signal, listener] of this.#listeners) {
      if (this.first !== undefined && pressed !== undefined) {
        Deno.addSignalListener(signal, pressed);
      }
      Deno.removeSignalListener(signal, listener);
    }
    this.#listeners.clear();
  }
}

/** The first bit of the mask is signal 1, SIGHUP. */
function isHangupIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    return mask !== undefined && Number.parseInt(mask.slice(-1), 16) % 2 === 1;
  } catch {
    return false;
  }
}
