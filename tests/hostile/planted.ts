/** A shared folder in which somebody has planted links: what they lead to, and whether it was touched. */
import { dirname, join } from "node:path";

/** What a stranger can put in the place of a name. `hard` only where a file would stand. */
export const PLANTS = ["to a file", "to a folder", "dangling", "to /dev/null", "hard"] as const;
export type Plant = (typeof PLANTS)[number];

/** Names that simrun itself gives: whoever writes or cleans up through a link meets its like. */
const DECOYS = [
  "step-000000000010.ckpt",
  ".tmp-1234-x",
  "series.csv",
  "log.txt",
  "result.json",
  "journal.jsonl",
  "lock",
  "owner.json",
  "live.json",
  "walk/series.csv",
  "walk/.tmp-1234-x",
  "walk/step-000000000010.ckpt",
  "walk/walk/log.txt",
];

/** Somebody else's files outside of the tree. */
export class Canary {
  readonly #folder: string;
  readonly #before: readonly string[];

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of ["file", ...DECOYS.map((name) => `folder/${name}`)]) {
      const path = join(folder, name);
      Deno.mkdirSync(dirname(path), { recursive: true });
      Deno.writeTextFileSync(path, `untouched: ${name}\n`);
    }
    this.#before = this.#look();
  }

  /** Puts a link in the place of a name; what stood there is out of the way. */
  plant(path: string, plant: Plant): void {
    Deno.mkdirSync(dirname(path), { recursive: true });
    if (isThere(path)) Deno.removeSync(path, { recursive: true });
    if (plant === "hard") return Deno.linkSync(join(this.#folder, "file"), path);
    Deno.symlinkSync(this.#targetOf(plant), path);
  }

  /** What is different now, in words; undefined when nothing is. */
  harm(): string | undefined {
    return different(this.#before, this.#look());
  }

  /** The same, but for new folders with nothing in them: mkdir has no way to say where it must not go. */
  harmToFiles(): string | undefined {
    const now = this.#look();
    return different(
      this.#before,
      now.filter((line) => !line.endsWith(" ") || this.#before.includes(line)),
    );
  }

  #targetOf(plant: Exclude<Plant, "hard">): string {
    switch (plant) {
      case "to a file":
        return join(this.#folder, "file");
      case "to a folder":
        return join(this.#folder, "folder");
      case "dangling":
        return join(this.#folder, "nowhere");
      case "to /dev/null":
        return "/dev/null";
    }
  }

  #look(): string[] {
    return entriesBelow(this.#folder).map(({ path, isFile }) =>
      `${path} ${isFile ? JSON.stringify(Deno.readTextFileSync(join(this.#folder, path))) : ""}`
    );
  }
}

function different(before: readonly string[], now: readonly string[]): string | undefined {
  const [was, is] = [before.join("\n"), now.join("\n")];
  return was === is ? undefined : `was\n${was}\nis\n${is}`;
}

export interface Entry {
  /** Relative to the folder. */
  readonly path: string;
  readonly isFile: boolean;
}

/** All that is below a folder, sorted; links are not followed. */
export function entriesBelow(folder: string, prefix = ""): Entry[] {
  return [...Deno.readDirSync(join(folder, prefix))]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, isFile, isDirectory }) => {
      const path = prefix === "" ? name : `${prefix}/${name}`;
      return [{ path, isFile }, ...(isDirectory ? entriesBelow(folder, path) : [])];
    });
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
