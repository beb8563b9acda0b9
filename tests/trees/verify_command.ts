/** `simrun verify` as it is typed, without a process: what it says on both streams, and its exit status. */
import { verify } from "../../src/cli/verify.ts";
import { Fault } from "../../src/job/fault.ts";
import type { CliContext } from "../../src/cli/context.ts";
import type { Stream } from "../../src/screen/terminal.ts";

export interface Verified {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function verifyCommand(
  tree: string,
  flags: { readonly repair?: boolean; readonly json?: boolean } = {},
): Promise<Verified> {
  let stdout = "";
  let stderr = "";
  const stream = (write: (text: string) => void) =>
    ({ write, isTerminal: false, color: false, canRepaint: false }) as unknown as Stream;
  const context: CliContext = {
    cwd: "/",
    env: () => undefined,
    stdout: stream((text) => stdout += text),
    stderr: stream((text) => stderr += text),
    now: () => new Date(),
    clockMs: () => performance.now(),
  };
  const { repair = false, json = false } = flags;
  try {
    const status = await verify(context, { tree, repair, json, quiet: false, debug: false });
    return { status, stdout, stderr };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return {
      status: error.exitStatus,
      stdout,
      stderr: `${stderr}error: ${error.message}\n       ${error.hint ?? ""}\n`,
    };
  }
}
