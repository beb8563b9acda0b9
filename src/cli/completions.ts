/** `simrun completions`: a script a shell can load, made of the table of commands. */
import { EXIT, Fault } from "../job/fault.ts";
import { type Command, type Flag, flagName, GLOBAL_FLAGS } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import type { CliContext, GlobalFlags } from "./context.ts";

export function completions(
  context: CliContext,
  _flags: GlobalFlags,
  args: readonly string[],
): Promise<number> {
  context.stdout.write(completionScript(args[0]!, COMMANDS));
  return Promise.resolve(EXIT.completed.status);
}

/** Pure. Runs of the tree are not completed: that would read it at every key. */
export function completionScript(shell: string, commands: readonly Command[]): string {
  switch (shell) {
    case "bash":
      return bashScript(commands);
    case "zsh":
      return zshScript(commands);
    case "fish":
      return fishScript(commands);
    default:
      throw new Fault(
        "usage",
        `There are completions for bash, zsh and fish, not for "${shell}".`,
        {
          hint: "Type simrun completions bash, zsh or fish.",
        },
      );
  }
}

function flagsOf(command: Command): [name: string, flag: Flag][] {
  return Object.entries({ ...command.flags, ...GLOBAL_FLAGS } as Record<string, Flag>);
}

/** Words that may follow a command, or undefined where files are meant. */
function wordsOf({ args }: Command): readonly string[] | undefined {
  return Array.isArray(args.complete) ? args.complete : undefined;
}

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const flags = flagsOf(command).map(([name]) => flagName(name)).join(" ");
    const words = (wordsOf(command) ?? []).join(" ");
    // 1 for manifests and folders, 2 for folders alone.
    const files = command.args.complete === "file" ? 1 : command.args.complete === "folder" ? 2 : 0;
    return `    ${command.name}) flags="${flags} --help"; words="${words}"; files=${files} ;;`;
  });
  const choices = commands.flatMap((command) =>
    Object.entries(command.flags).flatMap(([name, flag]) =>
      flag.kind === "choice"
        ? [`    ${command.name}:${flagName(name)}) words="${flag.values.join(" ")}" ;;`]
        : []
    )
  );
  return `# bash completion of simrun; load it with: eval "$(simrun completions bash)"
_simrun() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}" flags="--help --version" words="" files=1
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map(({ name }) => name).join(" ")} help"; fi
  case "$command" in
${cases.join("\n")}
    *) [ "$COMP_CWORD" -gt 1 ] && flags="${
    flagsOf(commands[0]!).map(([name]) => flagName(name)).join(" ")
  }" ;;
  esac
  case "$command:$before" in
    *:--tree) compopt -o dirnames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")); return ;;
    *:--output|*:-o) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
${choices.join("\n")}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ "$files" -eq 1 ]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -X '!*.y*ml' -- "$current") $(compgen -d -- "$current"))
  elif [ "$files" -eq 2 ]; then
    compopt -o dirnames 2>/dev/null
    COMPREPLY+=($(compgen -d -- "$current"))
  fi
}
complete -F _simrun simrun
`;
}

function zshScript(commands: readonly Command[]): string {
  const described = commands.map(({ name, brief }) => `    ${zshQuote(`${name}:${brief}`)}`);
  const cases = commands.map((command) => {
    const specs = flagsOf(command).flatMap(([name, flag]) => zshFlag(name, flag));
    const words = wordsOf(command);
    const rest = words !== undefined
      ? `'*:${command.args.name}:(${words.join(" ")})'`
      : command.args.complete === "file"
      ? `'*:manifest:_files -g "*.y(a|)ml(-.)"'`
      : command.args.complete === "folder"
      ? `'*:${command.args.name}:_files -/'`
      : command.args.max > 0
      ? `'*:${command.args.name}:'`
      : "";
    return `    ${command.name}) _arguments -s ${
      [...specs, "'--help[Show help]'", rest].join(" ")
    } ;;`;
  });
  return `#compdef simrun
# zsh completion of simrun; load it with: eval "$(simrun completions zsh)"
_simrun() {
  local -a commands
  commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _files -g "*.y(a|)ml(-.)"
    return
  fi
  local command="$words[2]"
  (( $\{+commands[(r)$command:*]} )) && { shift words; (( CURRENT-- )); }
  case "$command" in
${cases.join("\n")}
    *) _files -g "*.y(a|)ml(-.)" ;;
  esac
}
compdef _simrun simrun
`.replace("$\\{", "${");
}

function zshFlag(name: string, flag: Flag): string[] {
  const brief = flag.brief.replace(/[[\]:]/g, " ");
  const value = flag.kind === "switch"
    ? ""
    : flag.kind === "choice"
    ? `:value:(${flag.values.join(" ")})`
    : name === "tree"
    ? ":folder:_files -/"
    : name === "output"
    ? ":path:_files"
    : ":value:";
  const long = zshQuote(`${flagName(name)}[${brief}]${value}`);
  return flag.letter === undefined ? [long] : [long, zshQuote(`-${flag.letter}[${brief}]${value}`)];
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function fishScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = [
    "# fish completion of simrun; load it with: simrun completions fish | source",
    `set -l simrun_commands ${names}`,
    "complete -c simrun -f",
    "complete -c simrun -k -a '(__fish_complete_suffix .yaml .yml)'",
  ];
  for (const command of commands) {
    const first = `-n "not __fish_seen_subcommand_from $simrun_commands"`;
    lines.push(`complete -c simrun ${first} -a ${command.name} -d ${fishQuote(command.brief)}`);
    const within = `-n "__fish_seen_subcommand_from ${command.name}"`;
    for (const [name, flag] of Object.entries(command.flags)) {
      lines.push(`complete -c simrun ${within} ${fishFlag(name, flag)}`);
    }
    const words = wordsOf(command);
    if (words !== undefined) lines.push(`complete -c simrun ${within} -a "${words.join(" ")}"`);
    if (command.args.complete === "folder") {
      lines.push(`complete -c simrun ${within} -a "(__fish_complete_directories)"`);
    }
  }
  for (const [name, flag] of Object.entries(GLOBAL_FLAGS)) {
    lines.push(`complete -c simrun ${fishFlag(name, flag)}`);
  }
  return lines.join("\n") + "\n";
}

function fishFlag(name: string, flag: Flag): string {
  return [
    `-l ${flagName(name).slice(2)}`,
    flag.letter === undefined ? "" : `-s ${flag.letter}`,
    flag.kind === "choice" ? `-x -a "${flag.values.join(" ")}"` : "",
    name === "tree" ? `-x -a "(__fish_complete_directories)"` : name === "output" ? "-r -F" : "",
    (flag.kind === "text" || flag.kind === "count") && name !== "tree" && name !== "output"
      ? "-x"
      : "",
    `-d ${fishQuote(flag.brief)}`,
  ].filter((part) => part !== "").join(" ");
}

function fishQuote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
