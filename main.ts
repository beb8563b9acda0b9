/** The program: takes the words of the command line and leaves with an exit status. `--version` loads nothing. */
import { VERSION } from "./src/job/version.ts";

/**
 * Named by variables: the runtime reads every file that a literal import can reach, before it runs anything,
 * and that takes `--version` longer than all the rest.
 */
const AGENT = "./src/worker/agent_process.ts";
const PROGRAM = "./src/cli/app.ts";
const SINKS = "./src/sink/sinks_process.ts";
const HOOKS = "./src/sink/hooks_process.ts";

if (import.meta.main) {
  const [first] = Deno.args;
  if (first === "--version" && Deno.args.length === 1) {
    console.log(VERSION);
  } else if (first === "__slot") {
    // The executable calls itself so for each slot; from source a slot has an entry file of its own.
    const { runAgent } = await import(AGENT) as typeof import("./src/worker/agent_process.ts");
    await runAgent(Number(Deno.args[1] ?? Infinity));
  } else if (first === "__sinks") {
    const { runSinks } = await import(SINKS) as typeof import("./src/sink/sinks_process.ts");
    await runSinks(Deno.args[1]!, Number(Deno.args[2]));
  } else if (first === "__hooks") {
    const { runHooks } = await import(HOOKS) as typeof import("./src/sink/hooks_process.ts");
    await runHooks(Deno.args[1]!, Number(Deno.args[2]));
  } else {
    const { runProgram } = await import(PROGRAM) as typeof import("./src/cli/app.ts");
    Deno.exit(await runProgram(Deno.args));
  }
}
