/** What a campaign asks of Slurm: as a manifest or a profile says it, and flags. Words only. */

/** Where something is not said, the site's own default holds. */
export interface SlurmWishes {
  /** Shards, each with a node of its own. */
  readonly nodes?: number;
  /** Of each node; a shard has a slot on each of them. */
  readonly cpusPerTask?: number;
  readonly timeMs?: number;
  /** Of each node. */
  readonly memoryBytes?: number;
  readonly partition?: string;
  readonly account?: string;
  /** Further options of sbatch, each a word: `--qos=long`. */
  readonly sbatch?: readonly string[];
  /** Lines of shell before simrun starts: `module load ngspice`. */
  readonly setup?: readonly string[];
}

/** The stronger ones hold; options and lines of both are heeded, but for an empty list, which takes the weaker away. */
export function mergeWishes(weaker: SlurmWishes, stronger: SlurmWishes): SlurmWishes {
  const sbatch = together(weaker.sbatch, stronger.sbatch);
  const setup = together(weaker.setup, stronger.setup);
  return {
    ...weaker,
    ...stronger,
    ...(sbatch.length > 0 && { sbatch }),
    ...(setup.length > 0 && { setup }),
  };
}

function together(weaker: readonly string[] = [], stronger?: readonly string[]): readonly string[] {
  return stronger?.length === 0 ? [] : [...weaker, ...stronger ?? []];
}
