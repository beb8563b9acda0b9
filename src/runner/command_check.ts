/** What can be wrong with a command before it ever runs: its program, its placeholders, parameters it never gets. Reads files. */
import { basename, isAbsolute, join } from "../job/path.ts";
import {
  type CommandModel,
  type CommandTemplate,
  DEFAULT_MARKS,
  NEEDS_FILE,
  OWN_VALUES,
  ownVariable,
  PARAMETERS_FILE,
  variableOf,
  type Word,
} from "../job/command.ts";
import type { Job } from "../job/job.ts";
import { findPlaceholders, namesIn } from "../job/placeholder.ts";
import { SAMPLE_NUMBER } from "../job/sweep.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import type { ManifestReading } from "../manifest/manifest.ts";
import { didYouMean } from "../manifest/suggest.ts";
import { numbersOf, sweptParameterNames } from "../plan/point_numbers.ts";

type Locate = ManifestReading["locate"];
type Path = readonly (string | number)[];

/** Where in a job's model a file is named. */
export function pathOfFile(model: CommandModel, file: string): Path {
  for (const key of ["command", "restart"] as const) {
    const at = (model[key] ?? []).findIndex((word) =>
      typeof word !== "string" && word.file === file
    );
    if (at !== -1) return ["model", key, at];
  }
  const at = model.templates.findIndex((template) => template.file === file);
  return at === -1 ? ["model"] : ["model", "templates", at];
}

export async function checkCommand(
  job: Job,
  model: CommandModel,
  locate: Locate,
): Promise<Diagnostic[]> {
  const checker = new Checker(job, model, locate);
  await checker.checkPrograms();
  await checker.checkTemplates();
  checker.checkWords();
  checker.checkNames();
  checker.checkParameters();
  checker.checkUse();
  return checker.diagnostics;
}

class Checker {
  readonly diagnostics: Diagnostic[] = [];
  readonly #job: Job;
  readonly #model: CommandModel;
  readonly #locate: Locate;
  readonly #parameters: readonly string[];
  readonly #known: readonly string[];
  readonly #used = new Set<string>();

  constructor(job: Job, model: CommandModel, locate: Locate) {
    this.#job = job;
    this.#model = model;
    this.#locate = locate;
    const swept = sweptParameterNames(job.sweep);
    this.#parameters = [...new Set([...Object.keys(job.parameters), ...swept])];
    const inputs = Object.keys(job.inputs).map((name) => `inputs.${name}`);
    const hasSample = numbersOf(job.sweep).includes(SAMPLE_NUMBER);
    const own = OWN_VALUES.filter((name) => name !== "simrun.sample" || hasSample);
    this.#known = [...this.#parameters, ...inputs, ...own];
  }

  async checkPrograms(): Promise<void> {
    for (const key of ["command", "restart"] as const) {
      const word = this.#model[key]?.[0];
      if (word === undefined) continue;
      const program = typeof word === "string" ? word : word.file;
      // With a placeholder it is another one in each run.
      if (typeof word === "string" && namesIn(findPlaceholders(word, DEFAULT_MARKS)).length > 0) {
        continue;
      }
      const problem = await programProblem(program);
      if (problem !== undefined) this.#report([key, 0], problem.message, problem.hint);
    }
  }

  async checkTemplates(): Promise<void> {
    for (const [at, { file, marks }] of this.#model.templates.entries()) {
      let text: string;
      try {
        text = await Deno.readTextFile(file);
      } catch {
        // That it cannot be read is told where the model's files are looked at.
        continue;
      }
      for (const name of namesIn(findPlaceholders(text, marks))) {
        this.#used.add(name);
        if (this.#known.includes(name)) continue;
        const line = lineOf(text, name, marks);
        const place = line === 0 ? file : `${file}:${line}`;
        const message = `${place}: ${marks.join(name)} stands for no parameter`;
        const others = marks[0] === "<<" ? '["[[", "]]"]' : '["<<", ">>"]';
        const hint = didYouMean(name, this.#known) ??
          `If it is the program's own, give the template other marks: { file: ${
            basename(file)
          }, marks: ${others} }; one alone is written ${marks[0][0]}${marks.join(name)}.`;
        this.#report(["templates", at], message, hint);
      }
    }
  }

  checkWords(): void {
    const { command, restart = [], env, shell } = this.#model;
    if (shell !== undefined) this.#checkShell(shell);
    else this.#checkList("command", command);
    this.#checkList("restart", restart);
    for (const [name, text] of Object.entries(env)) this.#checkText(["env", name], text);
  }

  #checkList(key: string, words: readonly Word[]): void {
    for (const [at, word] of words.entries()) {
      if (typeof word === "string") this.#checkText([key, at], word);
    }
  }

  #checkText(path: Path, text: string): void {
    for (const name of namesIn(findPlaceholders(text, DEFAULT_MARKS))) {
      this.#used.add(name);
      if (this.#known.includes(name)) continue;
      const hint = didYouMean(name, this.#known) ??
        `Known here: ${
          this.#known.join(", ")
        }. The text \${${name}} itself is written $\${${name}}.`;
      this.#report(path, `\${${name}} stands for no parameter`, hint);
    }
  }

  /** The shell would look for a variable of that name, and find nothing. */
  #checkShell(text: string): void {
    for (const name of namesIn(findPlaceholders(text, DEFAULT_MARKS))) {
      if (!this.#known.includes(name)) continue;
      const variable = name.startsWith("simrun.") ? ownVariable(name) : variableOf(name);
      const message = `\${${name}} is not filled in within a line of a shell`;
      this.#report(["shell"], message, `Write "$${variable}", with the quotes.`);
    }
  }

  /** Inputs, templates and what simrun writes itself lie beside each other in the run's folder. */
  checkNames(): void {
    const owners = new Map<string, string>();
    if (this.#model.pass.includes("file")) owners.set(PARAMETERS_FILE, "its parameters");
    if (this.#job.needs !== undefined && this.#job.needs.length > 0) {
      owners.set(NEEDS_FILE, "the results it needs");
    }
    for (const [at, { as, file }] of this.#model.templates.entries()) {
      const [first] = as.split("/");
      const other = owners.get(as);
      if (other !== undefined) {
        const message = `The template ${file} and ${other} would both be ${as} in the run's folder`;
        this.#report(["templates", at], message, "Give it another name there: { file, as }.");
      }
      owners.set(first!, `the template ${file}`);
    }
    for (const [name, path] of Object.entries(this.#job.inputs)) {
      const own = basename(path);
      const other = owners.get(own);
      if (other !== undefined) {
        const message = `The input "${name}" and ${other} would both be ${own} in the run's folder`;
        this.#reportAt(["inputs", name], message, "Rename one of the files.");
      }
      owners.set(own, `the input "${name}"`);
    }
  }

  /** Two that are the same variable, and those that a value of simrun's own has the name of. */
  checkParameters(): void {
    const variables = new Map<string, string>();
    for (const name of this.#parameters) {
      const part = Object.hasOwn(this.#job.parameters, name) ? "parameters" : "sweep";
      if (/^(simrun|inputs)\./.test(name)) {
        const message = `A parameter of a command cannot be called "${name}"`;
        this.#reportAt([part, name], message, `\${${name}} stands for a value of simrun's own.`);
      }
      if (!this.#model.pass.includes("environment")) continue;
      const variable = variableOf(name);
      const other = variables.get(variable);
      if (other !== undefined) {
        const message = `The parameters "${other}" and "${name}" would both be $${variable}`;
        this.#reportAt(
          [part, name],
          message,
          "Rename one of them, or hand them over with pass: file.",
        );
      }
      variables.set(variable, name);
    }
  }

  /** A parameter that reaches the program in no way is a slip of the pen. */
  checkUse(): void {
    if (this.#model.pass.length > 0) return;
    for (const name of this.#parameters) {
      if (this.#used.has(name)) continue;
      const part = Object.hasOwn(this.#job.parameters, name) ? "parameters" : "sweep";
      const message = `The command never gets the parameter "${name}"`;
      const hint = `Write \${${name}} where it belongs, or hand all of them over with ` +
        "pass: file (parameters.json) or pass: environment ($SIMRUN_PARAM_…).";
      this.#reportAt([part, name], message, hint);
    }
  }

  #report(path: Path, message: string, hint: string): void {
    this.#reportAt(["model", ...path], message, hint);
  }

  #reportAt(path: Path, message: string, hint: string): void {
    const place = this.#locate(this.#job.id, path);
    const inJob = place === undefined ? `Job ${this.#job.id}: ` : "";
    this.diagnostics.push({
      code: "model",
      severity: "error",
      message: inJob + message,
      hint,
      ...(place && { place }),
    });
  }
}

/** The first line in which a placeholder stands; 0 of one that is broken over lines. */
function lineOf(text: string, name: string, marks: CommandTemplate["marks"]): number {
  const lines = text.split("\n");
  return lines.findIndex((line) => namesIn(findPlaceholders(line, marks)).includes(name)) + 1;
}

const EXECUTABLE = 0o111;

/** Looks as the system does: a name with a slash is a path, all else is looked for in PATH. */
async function programProblem(
  program: string,
): Promise<{ readonly message: string; readonly hint: string } | undefined> {
  if (program.includes("/")) {
    if (!isAbsolute(program)) {
      const message = `${program} is neither beside the manifest nor an absolute path`;
      return { message, hint: `Write ./${program} for a file beside the manifest.` };
    }
    const found = await look(program);
    if (found === "program") return await interpreterProblem(program);
    return found === "file"
      ? { message: `${program} is not executable`, hint: `Type chmod +x ${program}.` }
      : { message: `There is no program ${program}`, hint: "Check the path." };
  }
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    if (folder !== "" && await look(join(folder, program)) === "program") return undefined;
  }
  const hint = "Install it, load its module, or write its path: it is not in PATH.";
  return { message: `There is no program ${program}`, hint };
}

const FIRST_LINE_BYTES_MAX = 256;

/** The system says of a script without its interpreter that the script itself is not there. */
async function interpreterProblem(script: string) {
  try {
    using file = await Deno.open(script);
    const bytes = new Uint8Array(FIRST_LINE_BYTES_MAX);
    const length = await file.read(bytes) ?? 0;
    const text = new TextDecoder().decode(bytes.subarray(0, length));
    const interpreter = /^#![ \t]*([^\s]+)(\r?)/.exec(text);
    if (interpreter === null) return undefined;
    const [, program = "", windows] = interpreter;
    if (windows !== "") {
      const message =
        `The first line of ${script} ends as on Windows: the system does not find ${program}`;
      return { message, hint: `Type sed -i 's/\\r$//' ${script}.` };
    }
    if (await look(program) !== undefined) return undefined;
    const message = `${script} begins with #!${program}, and there is no such program`;
    return { message, hint: "Correct its first line, or install what it names." };
  } catch {
    // One that may be run and not be read is the system's to judge.
    return undefined;
  }
}

async function look(path: string): Promise<"program" | "file" | undefined> {
  try {
    const { isFile, mode } = await Deno.stat(path);
    if (!isFile) return undefined;
    return mode === null || (mode & EXECUTABLE) !== 0 ? "program" : "file";
  } catch {
    return undefined;
  }
}
