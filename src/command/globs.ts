/** Globs on the names of files. The package that reads them takes 30 ms to load: only where a model has some. */
import { load } from "../job/load.ts";

type Match = (name: string) => boolean;
type Compile = (globs: string[]) => Match;

let compile: Compile | undefined;
const known = new Map<string, Match>();

/** To be waited for before {@linkcode matcherOf} is asked for any. */
export async function loadGlobs(): Promise<void> {
  const module = await load<typeof import("./glob_package.ts")>(
    import.meta.resolve("./glob_package.ts"),
  );
  compile = module.compile;
}

/** Whether one of them names a file. */
export function matcherOf(globs: readonly string[]): Match {
  if (globs.length === 0) return () => false;
  const key = globs.join("\0");
  const before = known.get(key);
  if (before !== undefined) return before;
  if (compile === undefined) throw new Error("nobody has loaded what reads globs");
  const made = compile([...globs]);
  known.set(key, made);
  return made;
}
