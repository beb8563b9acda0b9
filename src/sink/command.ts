/** The user's own program, once for each notice: the notice as JSON on its stdin, the essentials in its environment. */
import type { SinkSpec } from "../job/sink.ts";
import type { Notice } from "../notice/notice.ts";
import { noticeText } from "../notice/notice_text.ts";
import { runProgram } from "./program.ts";
import type { Sink } from "./sink.ts";

type CommandSpec = Extract<SinkSpec, { kind: "command" }>;

export class CommandSink implements Sink {
  readonly batchMax = 1;
  /** A script that fails will fail again; what comes after must not wait for it for ever. */
  readonly triesMax = 3;
  readonly #spec: CommandSpec;

  constructor(spec: CommandSpec) {
    this.#spec = spec;
  }

  async deliver([notice]: readonly Notice[], signal: AbortSignal): Promise<void> {
    const { command, folder } = this.#spec;
    await runProgram({
      ...{ command, folder, environment: environmentOf(notice!) },
      input: JSON.stringify(notice) + "\n",
    }, signal);
  }
}

/** Pure. */
export function environmentOf(notice: Notice): { readonly [name: string]: string } {
  return {
    SIMRUN_EVENT: notice.event,
    SIMRUN_TEXT: noticeText(notice),
    SIMRUN_TREE: notice.tree,
    ...("job" in notice && { SIMRUN_JOB: notice.job }),
    ...("run" in notice && { SIMRUN_RUN: notice.run }),
  };
}
