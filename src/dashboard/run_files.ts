/** The files that a run left, those that its program wrote first: names, sizes and where they lie. Never their content. */
import { join } from "../job/path.ts";
import { listRunFiles } from "../store/archive.ts";
import { KEPT_FOLDER, type Layout } from "../store/layout.ts";

export interface RunFiles {
  /** Where those lie that its program wrote; absent where it wrote none. */
  readonly folder?: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** Further ones. */
  readonly more: number;
}

const FILES_MAX = 200;

/** `home`: the tree in which the run's files are. */
export async function filesOf(home: Layout, job: string, run: string): Promise<RunFiles> {
  const all = await listRunFiles(home, job, run);
  const kept = all.filter(({ name }) => name.startsWith(`${KEPT_FOLDER}/`));
  const own = all.filter(({ name }) => !name.startsWith(`${KEPT_FOLDER}/`));
  const files = [...kept, ...own];
  return {
    ...(kept.length > 0 && { folder: join(home.recentFolder(job, run), KEPT_FOLDER) }),
    files: files.slice(0, FILES_MAX),
    more: Math.max(0, files.length - FILES_MAX),
  };
}
