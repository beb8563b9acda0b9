/** One call of simrun: routes the words, loads the one command that is meant, turns errors into words and a status. */
import { load } from "../job/load.ts";
import { EXIT, Fault } from "../job/fault.ts";
import { VERSION } from "../job/version.ts";
import { OutputClosed, processStream } from "../screen/terminal.ts";

import { COMMANDS, findCommand } from "./commands.ts";
import { type CliContext, paintOf, printLines } from "./context.ts";
import { reportFault } from "./report_fault.ts";
import { routeArguments } from "./route.ts";

/** The words without the program's name; gives the exit status and never throws. */
export async function runProgram(words: readonly string[]): Promise<number> {
  const env = (name: string): string | undefined => Deno.env.get(name);
  const context: CliContext = {
    cwd: Deno.cwd(),
    env,
    stdout: processStream("stdout", env),
    stderr: processStream("stderr", env),
    now: () => new Date(),
    clockMs: () => performance.now(),
  };
  const tell = (error: unknown): number => {
    // Whoever read our output has seen enough.
    if (error instanceof OutputClosed) return EXIT.completed.status;
    const report = reportFault(error, words.includes("--debug"), paintOf(context.stderr));
    printLines(context.stderr, report.lines);
    return report.exitStatus;
  };
  catchStrays(tell);
  try {
    return await dispatch(words, context);
  } catch (error) {
    return tell(error);
  }
}

/** An error thrown where nobody waits for it is told like any other. Slots end when this process does. */
function catchStrays(tell: (error: unknown) => number): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    Deno.exit(tell(event.error));
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    Deno.exit(tell(event.reason));
  });
}

async function dispatch(words: readonly string[], context: CliContext): Promise<number> {
  const names = COMMANDS.map((command) => command.name);
  const route = routeArguments(words, names, isThere);
  switch (route.kind) {
    case "version":
      printLines(context.stdout, [VERSION]);
      return EXIT.completed.status;
    case "help": {
      const { commandHelp, rootHelp } = await load<typeof import("./help.ts")>(
        import.meta.resolve("./help.ts"),
      );
      const asked = words.length > 0;
      const stream = asked ? context.stdout : context.stderr;
      const command = route.command === undefined ? undefined : findCommand(route.command);
      const paint = paintOf(stream);
      printLines(
        stream,
        command === undefined ? rootHelp(COMMANDS, paint) : commandHelp(command, paint),
      );
      return asked ? EXIT.completed.status : EXIT.usage.status;
    }
    case "command": {
      const command = findCommand(route.command);
      if (command === undefined) throw new Fault("usage", `There is no command ${route.command}.`);
      const { parseArguments } = await load<typeof import("./parse.ts")>(
        import.meta.resolve("./parse.ts"),
      );
      const { flags, args } = await parseArguments(command, route.words);
      const handler = await command.load();
      // The values are those of the command's own flags: the same table typed the handler.
      return await handler(context, flags as never, args);
    }
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
