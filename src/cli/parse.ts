/** Arguments to flags and values. The only file that knows the parser's package; mistakes become faults. */
import {
  AliasNotFoundError,
  ArgumentParseError,
  buildApplication,
  buildCommand,
  type CommandContext,
  EnumValidationError,
  InvalidNegatedFlagSyntaxError,
  run as runApplication,
  text_en,
  UnexpectedFlagError,
  UnsatisfiedFlagError,
} from "@stricli/core";
import { Fault } from "../job/fault.ts";
import { suggest } from "../manifest/suggest.ts";
import { type Command, type Flag, flagName, type Flags, GLOBAL_FLAGS } from "./command.ts";

export interface ParsedArguments {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
}

/** Throws a usage fault that names the nearest right word. */
export async function parseArguments(
  command: Command,
  words: readonly string[],
): Promise<ParsedArguments> {
  const flags: Flags = { ...GLOBAL_FLAGS, ...command.flags };
  const joined = joinDashed(words, flags);
  const end = joined.indexOf("--");
  const given = end < 0 ? joined : joined.slice(0, end);
  const numbers = command.args.isNumber ? given.filter(isNegative) : [];
  const before = given.filter((word) => !numbers.includes(word));
  const after = end < 0 ? [] : joined.slice(end + 1);
  // Looked up here: the package would take --constructor for one of its own.
  const unknown = before.find((word) => word.startsWith("--") && !isFlag(word, flags));
  if (unknown !== undefined) throw unknownFlag(unknown, command, flags);
  const empty = before.find((word) => /^--[^=]*=$/.test(word));
  if (empty !== undefined) throw usage(`${empty.slice(0, -1)} needs a value.`, command);
  const parsed = await parseWithStricli(
    command,
    flags,
    before.flatMap((w) => splitShort(w, flags)),
  );
  for (const [name, flag] of Object.entries(flags)) {
    // An empty value is a shell variable that is not set.
    if (flag.kind === "text" && parsed.flags[name] === "") throw needsValue(name, command);
  }
  const stray = parsed.args.find((word) => word.length > 1 && word.startsWith("-"));
  if (stray !== undefined) throw unknownFlag(stray, command, flags);
  const args = [...parsed.args, ...numbers, ...after];
  checkCount(command, args);
  return { flags: parsed.flags, args };
}

/** `--sort -mean` as `--sort=-mean`, for flags whose values may look like flags; those that are flags stay flags. */
function joinDashed(words: readonly string[], flags: Flags): readonly string[] {
  const joined: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const [word, next = ""] = [words[at]!, words[at + 1]];
    if (word === "--") return [...joined, ...words.slice(at)];
    // `'--partition=long --qos=high'` is one word, and no flag of ours.
    const isOurs = !/\s/.test(next) && isFlag(next, flags);
    const isValue = /^-[^-]/.test(next) || next.length > 2 && !isOurs;
    if (isDashed(word, flags) && next.startsWith("-") && isValue) {
      joined.push(`${word}=${next}`);
      at++;
    } else joined.push(word);
  }
  return joined;
}

function isDashed(word: string, flags: Flags): boolean {
  return Object.entries(flags).some(([name, flag]) =>
    "isDashed" in flag && flag.isDashed && flagName(name) === word
  );
}

function isNegative(word: string): boolean {
  return /^-[0-9]/.test(word);
}

function isFlag(word: string, flags: Flags): boolean {
  const typed = word.split("=")[0]!;
  return Object.keys(flags).some((name) => flagName(name) === typed);
}

async function parseWithStricli(
  command: Command,
  flags: Flags,
  words: readonly string[],
): Promise<ParsedArguments> {
  let parsed: ParsedArguments | undefined;
  let mistake: unknown;
  const caught = (error: unknown): string => {
    mistake ??= error;
    return "";
  };
  const target = buildCommand<Record<string, unknown>, string[], CommandContext>({
    func(given, ...args) {
      parsed = { flags: given, args };
    },
    parameters: {
      // The package types each flag by its value; ours are data, checked by `FlagValues`.
      flags: Object.fromEntries(
        Object.entries(flags).map(([name, flag]) => [name, stricliFlag(flag)]),
      ) as never,
      aliases: Object.fromEntries(
        Object.entries(flags).flatMap(([name, { letter }]) => letter ? [[letter, name]] : []),
      ),
      positional: { kind: "array", parameter: { brief: "", parse: String } },
    },
    docs: { brief: command.brief },
  });
  const application = buildApplication<CommandContext>(target, {
    name: `simrun ${command.name}`,
    scanner: { caseStyle: "allow-kebab-for-camel" },
    localization: {
      text: {
        ...text_en,
        exceptionWhileParsingArguments: caught,
        exceptionWhileRunningCommand: caught,
      },
    },
  }, {});
  const silent = { write() {} };
  await runApplication(application, words, { process: { stdout: silent, stderr: silent } });
  if (parsed !== undefined) return parsed;
  throw describeMistake(mistake, command, flags);
}

function stricliFlag(flag: Flag): unknown {
  const { brief } = flag;
  switch (flag.kind) {
    case "switch":
      return { kind: "boolean", brief, default: false, withNegated: false };
    case "choice":
      return { kind: "enum", brief, values: flag.values, optional: true };
    case "text":
      return { kind: "parsed", brief, parse: String, optional: true };
    case "count":
      return {
        kind: "parsed",
        brief,
        parse: (text: string) => parseCount(text, flag.min),
        optional: true,
      };
  }
}

function parseCount(text: string, min: number): number {
  const value = /^[0-9][0-9_,]*([.][0-9]+)?(e[0-9]+)?$/i.test(text)
    ? Number(text.replace(/[_,]/g, ""))
    : NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new Error(`a whole number from ${min} on`);
  }
  return value;
}

/** `-j4` as `-j 4`, for letters that take a value. */
function splitShort(word: string, flags: Flags): string[] {
  const match = /^-([a-z])([^=].*)$/.exec(word);
  if (match === null) return [word];
  const takesValue = Object.values(flags).some((flag) =>
    flag.letter === match[1] && flag.kind !== "switch"
  );
  return takesValue ? [`-${match[1]}`, match[2]!] : [word];
}

function checkCount(command: Command, args: readonly string[]): void {
  const { min, max, name, missing } = command.args;
  if (args.length < min) {
    throw usage(
      `simrun ${command.name} needs ${name === "FILES" ? name : `a ${name}`}.`,
      command,
      name === "FILES" ? "For example jobs/*.yaml; simrun init writes one to start from." : missing,
    );
  }
  if (args.length > max) {
    const extra = JSON.stringify(args[max]);
    throw usage(
      max === 0
        ? `simrun ${command.name} takes no arguments; ${extra} is one.`
        : `simrun ${command.name} takes at most ${max} ${name}; ${extra} is one too many.`,
      command,
    );
  }
}

function describeMistake(mistake: unknown, command: Command, flags: Flags): unknown {
  if (mistake instanceof AliasNotFoundError) {
    return unknownFlag(`-${mistake.input}`, command, flags);
  }
  if (mistake instanceof EnumValidationError) {
    const meant = suggest(mistake.input, mistake.values);
    return usage(
      `--${mistake.externalFlagName} takes ${orList(mistake.values)}, not "${mistake.input}".`,
      command,
      meant === undefined ? undefined : `Did you mean ${meant}?`,
    );
  }
  if (mistake instanceof ArgumentParseError) {
    const wanted = mistake.exception instanceof Error ? mistake.exception.message : "another value";
    const flag = mistake.externalFlagNameOrPlaceholder;
    return usage(`--${flag} takes ${wanted}, not "${mistake.input}".`, command);
  }
  if (mistake instanceof UnsatisfiedFlagError) {
    const typed = `--${mistake.externalFlagName}`;
    const hint = `A value that is a flag of simrun, too, is written ${typed}=VALUE.`;
    return usage(`${typed} needs a value.`, command, isDashed(typed, flags) ? hint : undefined);
  }
  if (mistake instanceof UnexpectedFlagError) {
    return usage(`--${mistake.externalFlagName} is given twice.`, command);
  }
  if (mistake instanceof InvalidNegatedFlagSyntaxError) {
    return usage(`--${mistake.externalFlagName} takes no value.`, command);
  }
  return mistake ?? new Error("the arguments could not be parsed");
}

function unknownFlag(word: string, command: Command, flags: Flags): Fault {
  const bare = word.split("=")[0]!;
  const names = Object.keys(flags).map(flagName);
  const meant = bare.startsWith("--") ? suggest(bare, [...names, "--help"]) : undefined;
  return usage(
    `simrun ${command.name} has no flag ${bare}.`,
    command,
    meant === undefined ? undefined : `Did you mean ${meant}?`,
  );
}

function needsValue(name: string, command: Command): Fault {
  return usage(`${flagName(name)} needs a value.`, command);
}

function usage(message: string, command: Command, hint?: string): Fault {
  return new Fault("usage", message, {
    hint: hint ?? `simrun ${command.name} --help tells what it takes.`,
  });
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
