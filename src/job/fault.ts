/** A fault the user can mend, as data: code, sentence, hint; and the one table from code to exit status. */

/** Exit statuses; the README's table is checked against this one. */
export const EXIT = {
  completed: { status: 0, meaning: "all runs completed" },
  internal: { status: 1, meaning: "simrun itself failed" },
  usage: { status: 2, meaning: "wrong usage, or a mistake in a manifest" },
  runsFailed: { status: 3, meaning: "some runs failed or were cancelled" },
  treeBusy: { status: 4, meaning: "another simrun works on the tree" },
  noSpace: { status: 5, meaning: "out of disk space; resumable" },
  stopped: { status: 75, meaning: "stopped on purpose; resumable" },
  interrupted: { status: 130, meaning: "stopped by SIGINT; resumable" },
  terminated: { status: 143, meaning: "stopped by SIGTERM; resumable" },
} as const;

export type ExitName = keyof typeof EXIT;

/** Every code a fault may carry, and the exit status it leads to. */
export const FAULT_EXIT = {
  usage: "usage",
  "no-manifest": "usage",
  manifest: "usage",
  model: "usage",
  "tree-missing": "usage",
  "tree-invalid": "usage",
  "tree-newer": "usage",
  "tree-readonly": "usage",
  "tree-busy": "treeBusy",
  "tree-damaged": "internal",
  "no-space": "noSpace",
  io: "internal",
  "not-found": "usage",
} as const satisfies Record<string, ExitName>;

export type FaultCode = keyof typeof FAULT_EXIT;

/** An error whose text is written for the user. Anything else that is thrown is a bug of simrun. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  /** What to do or type next; whole sentence or command. */
  readonly hint: string | undefined;

  constructor(code: FaultCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get exitStatus(): number {
    return EXIT[FAULT_EXIT[this.code]].status;
  }
}

/** Fails where the compiler should have seen that nothing can arrive. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
