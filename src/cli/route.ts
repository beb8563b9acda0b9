/** Which command the words mean: `simrun jobs/*.yaml` is `simrun run jobs/*.yaml`. Pure but for one question: is it a file? */
import { Fault } from "../job/fault.ts";
import { suggest } from "../manifest/suggest.ts";

export type Route =
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly command: string | undefined }
  | { readonly kind: "command"; readonly command: string; readonly words: readonly string[] };

/** Words that stand for a command with flags. */
const SHORTHANDS: { readonly [word: string]: readonly string[] } = { plan: ["run", "--dry-run"] };

const GLOBAL_SWITCHES = new Set(["--json", "-q", "--quiet", "--debug"]);

/** Global flags may stand before the command; a first word that is none is a manifest. */
export function routeArguments(
  words: readonly string[],
  commands: readonly string[],
  exists: (path: string) => boolean,
): Route {
  const globals: string[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (GLOBAL_SWITCHES.has(word) || word.startsWith("--tree=")) globals.push(word);
    else if (word === "--tree" && at + 1 < words.length) globals.push(word, words[++at]!);
    else break;
  }
  const rest = words.slice(at);
  const [first] = rest;
  if (first === undefined) return { kind: "help", command: undefined };
  if (first === "--version" || first === "version") return { kind: "version" };
  if (first === "--help" || first === "-h") return { kind: "help", command: undefined };
  if (first === "help") return { kind: "help", command: helpFor(rest[1], commands) };

  const shorthand = Object.hasOwn(SHORTHANDS, first) ? SHORTHANDS[first]! : undefined;
  const known = shorthand !== undefined || commands.includes(first);
  if (!known && !looksLikeManifest(first, exists)) throw unknownCommand(first, commands);
  const [command, ...flags] = shorthand ?? [known ? first : "run"];
  const own = known ? rest.slice(1) : rest;
  if (asksForHelp(own)) return { kind: "help", command: command! };
  return { kind: "command", command: command!, words: [...flags, ...globals, ...own] };
}

/** A flag of `run`, a path, a pattern, or a file that is there; a bare word is a command misspelt. */
function looksLikeManifest(word: string, exists: (path: string) => boolean): boolean {
  return word.startsWith("-") || /[./\\*?[{]/.test(word) || exists(word);
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

function helpFor(word: string | undefined, commands: readonly string[]): string | undefined {
  if (word === undefined || commands.includes(word)) return word;
  if (Object.hasOwn(SHORTHANDS, word)) return SHORTHANDS[word]![0];
  throw unknownCommand(word, commands);
}

function unknownCommand(word: string, commands: readonly string[]): Fault {
  const meant = suggest(word, [...commands, ...Object.keys(SHORTHANDS), "help", "version"]);
  return new Fault("usage", `"${word}" is neither a command of simrun nor a file.`, {
    hint: meant === undefined
      ? "simrun --help lists the commands."
      : `Did you mean simrun ${meant}?`,
  });
}
