/** `simrun init`: lists templates, or writes one into a folder without overwriting anything. */
import { dirname, join, resolve } from "node:path";
import { EXIT, Fault } from "../job/fault.ts";
import { manifestSchema } from "../manifest/schema.ts";
import { suggest } from "../manifest/suggest.ts";
import { renderTable } from "../screen/table.ts";
import { diskFault, writeFileDurable } from "../store/disk.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
  say,
} from "./context.ts";

/** One template: what it is, and where each file goes and comes from. */
interface Template {
  readonly about: string;
  readonly files: { readonly [target: string]: string };
}

type Templates = { readonly [name: string]: Template };

/** Beside the program, also in the executable, which has them embedded. */
const INDEX = new URL("../../templates/templates.json", import.meta.url);

const SCHEMA_FILE = "simrun.schema.json";
/** Editors with a YAML language server complete and check manifests that begin with this line. */
const SCHEMA_LINE = `# yaml-language-server: $schema=./${SCHEMA_FILE}\n`;

export async function init(
  context: CliContext,
  flags: GlobalFlags,
  args: readonly string[],
): Promise<number> {
  const templates = JSON.parse(await Deno.readTextFile(INDEX)) as Templates;
  const [name, folder = "."] = args;
  if (name === undefined) listTemplates(context, flags, templates);
  else await write(context, flags, templates, name, folder);
  return EXIT.completed.status;
}

function listTemplates(context: CliContext, flags: GlobalFlags, templates: Templates): void {
  if (flags.json) {
    printJson(
      context.stdout,
      Object.entries(templates).map(([template, { about, files }]) => ({
        template,
        about,
        files: Object.keys(files),
      })),
    );
    return;
  }
  const rows = Object.entries(templates).map(([name, { about }]) => [name, about]);
  printLines(
    context.stdout,
    renderTable([{ title: "template" }, { title: "" }], rows, {
      columns: columnsOf(context.stdout),
      header: paintOf(context.stdout).faint,
    }),
  );
  const [first] = Object.keys(templates);
  say(context, flags, "", `simrun init ${first} my_study writes the first one into my_study/.`);
}

async function write(
  context: CliContext,
  flags: GlobalFlags,
  templates: Templates,
  name: string,
  folder: string,
): Promise<void> {
  if (!Object.hasOwn(templates, name)) {
    const meant = suggest(name, Object.keys(templates));
    throw new Fault("not-found", `There is no template "${name}".`, {
      hint: meant === undefined
        ? `There are ${Object.keys(templates).join(", ")}.`
        : `Did you mean ${meant}?`,
    });
  }
  const files = Object.entries(templates[name]!.files);
  const root = resolve(context.cwd, folder);
  const taken = files.map(([target]) => target).filter((target) => isThere(join(root, target)));
  if (taken.length > 0) {
    throw new Fault("usage", `${join(folder, taken[0]!)} is there already; nothing was written.`, {
      hint: `Name another folder: simrun init ${name} FOLDER.`,
    });
  }
  for (const [target, source] of files) {
    const path = join(root, target);
    try {
      await Deno.mkdir(dirname(path), { recursive: true });
      const content = await Deno.readFile(new URL(source, INDEX));
      const head = target.endsWith(".yaml") ? new TextEncoder().encode(SCHEMA_LINE) : [];
      await Deno.writeFile(path, new Uint8Array([...head, ...content]), { createNew: true });
    } catch (error) {
      throw diskFault(error, path);
    }
  }
  const written = files.map(([target]) => join(folder, target));
  // An older schema that is there already is brought up to date.
  // Replaced and never written into: where it is a link, what that leads to is somebody else's.
  await writeFileDurable(
    join(root, SCHEMA_FILE),
    JSON.stringify(manifestSchema(), null, 2) + "\n",
  );
  written.push(join(folder, SCHEMA_FILE));
  if (flags.json) printJson(context.stdout, { template: name, files: written });
  else printLines(context.stdout, written);
  const manifest = written.find((path) => path.endsWith(".yaml")) ?? written[0]!;
  say(context, flags, "", `Next: simrun ${manifest}`);
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
