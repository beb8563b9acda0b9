/** The command of `submit --slurm --then`: what is misspelt in it is told now, not by a job that runs hours later. */
import { Fault } from "../job/fault.ts";
import { COMMANDS, findCommand } from "./commands.ts";
import { parseArguments } from "./parse.ts";
import { routeArguments } from "./route.ts";

/** Where the shell begins another command, outside of quotes. */
const QUOTED_OR_END = /'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^]|(&&|\|\||[;|&\n])/g;
/** What the shell changes before simrun sees it. */
const SHELL = /[$`\\'"<>(){}*?[\]~#!]/;

/** Throws a usage fault for a call of simrun that it would refuse. Of what the shell makes up only the command is known. */
export async function checkLastCommand(command: string): Promise<void> {
  for (const call of callsOf(command)) {
    const [program, ...words] = call.trim().split(/\s+/);
    if (program !== "simrun" || words.length === 0) continue;
    try {
      await checkCall(words);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new Fault("usage", `--then "${call.trim()}": ${error.message}`, {
        ...(error.hint !== undefined && { hint: error.hint }),
        cause: error,
      });
    }
  }
}

async function checkCall(words: readonly string[]): Promise<void> {
  const plain = words.findIndex((word) => SHELL.test(word));
  const known = plain < 0 ? words : words.slice(0, plain);
  if (known.length === 0) return;
  const names = COMMANDS.map(({ name }) => name);
  const route = routeArguments(known, names, () => false);
  if (route.kind !== "command" || plain >= 0) return;
  await parseArguments(findCommand(route.command)!, route.words);
}

function callsOf(command: string): string[] {
  const calls: string[] = [];
  let from = 0;
  for (const { 0: found, 1: end, index } of command.matchAll(QUOTED_OR_END)) {
    if (end === undefined) continue;
    calls.push(command.slice(from, index));
    from = index + found.length;
  }
  return [...calls, command.slice(from)];
}
