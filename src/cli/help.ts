/** The help texts: all commands on one screen, and each one with its flags and examples. Pure. */
import { EXIT } from "../job/fault.ts";
import type { Paint } from "../screen/paint.ts";
import { renderTable } from "../screen/table.ts";
import { type Command, type Flag, flagName, type Flags, GLOBAL_FLAGS } from "./command.ts";

const GROUPS = [
  { group: "run", title: "Run" },
  { group: "steer", title: "Steer what runs, from another terminal" },
  { group: "look", title: "Look" },
  { group: "make", title: "Set up" },
] as const;

export function rootHelp(commands: readonly Command[], paint: Paint): string[] {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = [
    `${
      paint.strong("simrun")
    } runs simulations from YAML manifests and resumes them after any crash.`,
    "",
    `  simrun jobs/*.yaml     ${paint.faint("run everything that is not done")}`,
    `  simrun status          ${paint.faint("see how far it is")}`,
    `  simrun resume          ${paint.faint("go on after an interruption")}`,
    `  simrun results         ${paint.faint("the numbers")}`,
    `  simrun init            ${paint.faint("begin with an example")}`,
  ];
  for (const { group, title } of GROUPS) {
    const rows = commands.filter((command) => command.group === group)
      .map(({ name, brief }) => [name.padEnd(width), brief]);
    lines.push("", paint.strong(title), ...columns(rows));
  }
  lines.push("", paint.strong("Flags of all commands"), ...flagLines(GLOBAL_FLAGS));
  lines.push("", paint.strong("Exit status"));
  lines.push(...columns(
    Object.values(EXIT).map(({ status, meaning }) => [String(status).padStart(3), meaning]),
  ));
  lines.push("", "simrun COMMAND --help tells more of each.");
  return lines;
}

export function commandHelp(command: Command, paint: Paint): string[] {
  const lines = [
    `${command.brief}.`,
    "",
    `${paint.strong("Usage")}  simrun ${command.name} ${command.synopsis}`.trimEnd(),
  ];
  if (command.about !== undefined) lines.push("", ...command.about.split("\n"));
  if (Object.keys(command.flags).length > 0) {
    lines.push("", paint.strong("Flags"), ...flagLines(command.flags));
  }
  lines.push("", paint.strong("Flags of all commands"), ...flagLines(GLOBAL_FLAGS));
  lines.push("", paint.strong("Examples"));
  for (const { line, what } of command.examples) {
    lines.push(`  ${paint.faint(`# ${what}`)}`, `  ${line}`);
  }
  return lines;
}

function flagLines(flags: Flags): string[] {
  return columns(
    Object.entries(flags).map(([name, flag]) => [
      `${flag.letter === undefined ? "   " : `-${flag.letter},`} ${flagName(name)}${valueOf(flag)}`,
      flag.kind === "choice" && !isShort(flag.values)
        ? `${flag.brief}: ${flag.values.join(", ")}`
        : flag.brief,
    ]),
  );
}

function valueOf(flag: Flag): string {
  switch (flag.kind) {
    case "switch":
      return "";
    case "choice":
      return isShort(flag.values) ? ` ${flag.values.join("|")}` : " NAME";
    case "text":
    case "count":
      return ` ${flag.value}`;
  }
}

function isShort(values: readonly string[]): boolean {
  return values.join("|").length <= 20;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  return renderTable([{ title: "" }, { title: "" }], rows, { indent: "  " });
}
