/**
 * The folder in which the command of one run works: inputs are linked into it, templates are filled in, a checkpoint's
 * files are put back; and what it holds can be listed by globs. Nothing in it is durable before it is kept.
 */
import { type CommandModel, PARAMETERS_FILE } from "../job/command.ts";
import { basename, dirname, join } from "../job/path.ts";
import { matcherOf } from "./globs.ts";
import { fillTemplate } from "./template.ts";
import type { Tensor } from "../job/snapshot.ts";
import { fs } from "../store/file_system.ts";
import { NoResult } from "./harvest.ts";

export interface FoundFile {
  /** Relative to the folder. */
  readonly name: string;
  readonly bytes: number;
  readonly changedMs: number;
}

export interface Found {
  readonly files: FoundFile[];
  /** Cannot be reached: their names are no UTF-8, their folder may not be read, or they are too many. */
  readonly others: number;
  /** Made by the program; none of them is a file to keep. */
  readonly links: number;
  /** Folders with nothing in them, where all is asked for. */
  readonly empties: number;
}

/** More files than this are not looked through at a time. */
const FILES_MAX = 100_000;
/** A larger file is no result: it is kept, and read by others. */
const TEXT_BYTES_MAX = 1 << 26;

export class RunFolder {
  readonly path: string;
  /** What lies there from the beginning and is no output: links to inputs. */
  readonly #inputs = new Set<string>();

  readonly #filesMax: number;

  constructor(path: string, filesMax = FILES_MAX) {
    this.path = path;
    this.#filesMax = filesMax;
  }

  /**
   * Made anew: what an earlier attempt of the same epoch left is cleared away. Without waiting, as what is done for
   * every run: a call takes 50 µs, and being woken up after it takes longer.
   */
  make(): void {
    try {
      Deno.mkdirSync(this.path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) this.#removeAll();
      else if (!(error instanceof Deno.errors.NotFound)) throw error;
      Deno.mkdirSync(this.path, { recursive: true });
    }
  }

  /** Each stands under the name of its file. */
  linkInputs(inputs: { readonly [name: string]: string }): void {
    for (const path of Object.values(inputs)) {
      const name = basename(path);
      this.#inputs.add(name);
      Deno.symlinkSync(path, join(this.path, name));
    }
  }

  async fillTemplates(model: CommandModel, valueOf: (name: string) => string): Promise<void> {
    for (const { file, as, marks } of model.templates) {
      const bytes = fillTemplate(await Deno.readFile(file), marks, valueOf);
      await this.#clearWay(as);
      await Deno.writeFile(join(this.path, as), bytes);
    }
  }

  async writeParameters(parameters: { readonly [name: string]: unknown }): Promise<void> {
    await this.write(PARAMETERS_FILE, `${JSON.stringify(parameters, undefined, 2)}\n`);
  }

  async write(name: string, text: string): Promise<void> {
    await this.#clearWay(name);
    await fs.writeTextFile(join(this.path, name), text);
  }

  async putBack(files: readonly Tensor[]): Promise<void> {
    for (const { name, bytes } of files) {
      await this.#clearWay(name);
      await Deno.writeFile(join(this.path, name), bytes);
    }
  }

  /** Text of a file of the folder; throws {@linkcode NoResult}. */
  readText(name: string): string {
    const path = join(this.path, name);
    try {
      const { size, isFile } = Deno.statSync(path);
      if (!isFile) throw new NoResult(`${name} is not a file`);
      if (size > TEXT_BYTES_MAX) {
        throw new NoResult(`${name} is too large for a result (${size} bytes)`);
      }
      return Deno.readTextFileSync(path);
    } catch (error) {
      if (error instanceof NoResult) throw error;
      throw new NoResult(`it left no file ${name}`);
    }
  }

  has(name: string): boolean {
    try {
      return Deno.statSync(join(this.path, name)).isFile;
    } catch {
      return false;
    }
  }

  /** Plain files that one of the globs names, in the order of their names; all of them without globs. */
  find(globs?: readonly string[]): FoundFile[] {
    return this.findAll(globs).files;
  }

  /** Also tells what there is beside these. */
  findAll(globs?: readonly string[]): Found {
    const isMatch = globs === undefined ? () => true : matcherOf(globs);
    const files: FoundFile[] = [];
    let others = 0;
    let links = 0;
    let empties = 0;
    const walk = (folder: string): void => {
      let isEmpty = folder !== "";
      for (const entry of Deno.readDirSync(join(this.path, folder))) {
        isEmpty = false;
        const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
        try {
          if (entry.isDirectory) walk(name);
          else if (!isMatch(name)) continue;
          else if (entry.isSymlink && !this.#inputs.has(name)) links++;
          else if (!entry.isFile) continue;
          else if (files.length >= this.#filesMax) others++;
          else {
            const { size, mtime } = Deno.statSync(join(this.path, name));
            files.push({ name, bytes: size, changedMs: mtime?.getTime() ?? 0 });
          }
        } catch {
          // While the program runs it may as well have removed it.
          others++;
        }
      }
      if (isEmpty && globs === undefined) empties++;
    };
    walk("");
    return { files: files.sort((a, b) => a.name < b.name ? -1 : 1), others, links, empties };
  }

  /**
   * Whether it still is a folder. A program may have removed it; what it has put in its place, perhaps a link to a
   * folder of the user, goes, and what lies behind that stays.
   */
  remains(): boolean {
    try {
      if (Deno.lstatSync(this.path).isDirectory) return true;
      Deno.removeSync(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return false;
  }

  /** Nothing lies there but what was linked into it: that goes. Most runs of many leave nothing behind. */
  empties(): boolean {
    for (const { name, isSymlink } of Deno.readDirSync(this.path)) {
      if (!isSymlink || !this.#inputs.has(name)) return false;
    }
    for (const name of this.#inputs) Deno.removeSync(join(this.path, name));
    return true;
  }

  remove(): void {
    if (this.remains()) this.#removeAll();
  }

  #removeAll(): void {
    Deno.removeSync(this.path, { recursive: true });
  }

  /** Nothing is written through a link to an input: behind it lies a file of the user. */
  async #clearWay(name: string): Promise<void> {
    const [first] = name.split("/");
    if (this.#inputs.delete(first!)) await Deno.remove(join(this.path, first!));
    if (name.includes("/")) await fs.mkdir(dirname(join(this.path, name)), { recursive: true });
  }
}

/** Whether a glob names one of them. */
export function isAnyNamed(files: readonly FoundFile[], glob: string): boolean {
  const isMatch = matcherOf([glob]);
  return files.some(({ name }) => isMatch(name));
}
