/** Ctrl-Z and `fg`: what is painted is taken away before the shell has the terminal, and painted anew afterwards. */

export class JobControl {
  readonly #leave: () => void;
  readonly #enter: () => void;
  readonly #stop = (): void => this.suspend();

  constructor(leave: () => void, enter: () => void) {
    this.#leave = leave;
    this.#enter = enter;
    listen(() => Deno.addSignalListener("SIGTSTP", this.#stop));
    listen(() => Deno.addSignalListener("SIGCONT", this.#enter));
  }

  /** Stands still until somebody says to go on. */
  suspend(): void {
    this.#leave();
    Deno.kill(Deno.pid, "SIGSTOP");
  }

  close(): void {
    listen(() => Deno.removeSignalListener("SIGTSTP", this.#stop));
    listen(() => Deno.removeSignalListener("SIGCONT", this.#enter));
  }
}

/** Not every system has these signals. */
function listen(change: () => void): void {
  try {
    change();
  } catch {
    // Then nobody is stopped by them.
  }
}
