/** Where everything stands in a tree: pure path arithmetic, never a look at the disk. */
import { Fault } from "../job/fault.ts";
import { join } from "../job/path.ts";
import { type Shard, shardName } from "../job/shard.ts";

/** In a run's folder: what its command wrote. */
export const KEPT_FOLDER = "files";

/** Version of the tree's format, as `docs/format.md` describes it. */
export const FORMAT_VERSION = 1;

/** Paths of one tree. A run without sweep has its job's id and still gets a folder of its own. */
export class Layout {
  readonly root: string;
  /** Says that the folder is a tree, and of which format. */
  readonly marker: string;
  readonly hotFolder: string;
  /** Held with flock by the simrun that works here; its inode stays. */
  readonly lock: string;
  /** Who holds the lock, or held it last; and the epoch. */
  readonly owner: string;
  readonly journal: string;
  readonly live: string;
  readonly inbox: string;
  readonly answers: string;
  /** Who is to be told of what happens, and how far they have been. */
  readonly notifyFolder: string;
  /** Lines for people, where they are asked for; older ones are `simulation.log.1` and so on. */
  readonly log: string;
  /** Where commands run: a folder for each of their runs, as long as it runs. */
  readonly workRoot: string;
  readonly recentRoot: string;
  readonly checkpointRoot: string;
  readonly archiveFolder: string;
  readonly quarantineFolder: string;
  /** Where the tree is cut in shards: each is a tree of its own. */
  readonly shardsFolder: string;
  /** What was submitted to Slurm, a folder for each submission. */
  readonly slurmFolder: string;

  constructor(root: string) {
    this.root = root;
    this.marker = join(root, "simrun.json");
    this.hotFolder = join(root, "hot");
    this.lock = join(this.hotFolder, "lock");
    this.owner = join(this.hotFolder, "owner.json");
    this.journal = join(this.hotFolder, "journal.jsonl");
    this.live = join(this.hotFolder, "live.json");
    this.inbox = join(this.hotFolder, "inbox");
    this.answers = join(this.hotFolder, "answers");
    this.notifyFolder = join(this.hotFolder, "notify");
    this.log = join(root, "simulation.log");
    this.workRoot = join(this.hotFolder, "work");
    this.recentRoot = join(root, "recent");
    this.checkpointRoot = join(root, "checkpoints");
    this.archiveFolder = join(root, "archive");
    this.quarantineFolder = join(root, "quarantine");
    this.shardsFolder = join(root, "shards");
    this.slurmFolder = join(root, "slurm");
  }

  /** A request to the simrun that works here, by its id. */
  requestFile(id: string): string {
    return join(this.inbox, `${segment(id)}.json`);
  }

  /** What was answered to it. */
  answerFile(id: string): string {
    return join(this.answers, `${segment(id)}.json`);
  }

  /** Of one attempt: a zombie of an earlier one does not write into it. */
  workFolder(job: string, run: string, epoch: number, attempt: number): string {
    return join(this.workRoot, segment(job), segment(`${run}@${epoch}.${attempt}`));
  }

  /** Of short runs, one after the other: none of them has it long enough for anybody to look for it. */
  sharedWorkFolder(epoch: number, pid: number, number: number): string {
    return join(this.workRoot, `short@${epoch}.${pid}.${number}`);
  }

  shardRoot(shard: Shard): string {
    return join(this.shardsFolder, shardName(shard));
  }

  recentFolder(job: string, run: string): string {
    return join(this.recentRoot, segment(job), segment(run));
  }

  checkpointFolder(job: string, run: string): string {
    return join(this.checkpointRoot, segment(job), segment(run));
  }

  /** A sealed part of the journal, numbered from 1. */
  journalPack(number: number): string {
    return join(this.archiveFolder, packName("journal", number));
  }

  /** A pack of finished runs' files, numbered from 1. */
  runsPack(number: number): string {
    return join(this.archiveFolder, packName("runs", number));
  }

  /** A manifest as it was submitted, by the digest of its bytes. */
  manifestCopy(digest: string): string {
    return join(this.archiveFolder, "manifests", `${segment(digest)}.yaml`);
  }
}

type PackKind = "journal" | "runs";

/** More are not made in a life; a name with a larger number is somebody's who wants no pack to come after it. */
const PACK_NUMBER_MAX = 999_999_999;

/** The number in the name of a pack, or undefined when simrun would never give that name. */
export function packNumber(kind: PackKind, name: string): number | undefined {
  const number = Number(/-([0-9]{6,9})\.zip$/.exec(name)?.[1] ?? NaN);
  return number <= PACK_NUMBER_MAX && name === packName(kind, number) ? number : undefined;
}

function packName(kind: PackKind, number: number): string {
  if (number > PACK_NUMBER_MAX) {
    const last = packName(kind, PACK_NUMBER_MAX);
    throw new Fault("tree-damaged", `archive/${last} is there, and no pack can come after it.`, {
      hint: "It is none of simrun's making: move it away.",
    });
  }
  return `${kind}-${String(number).padStart(6, "0")}.zip`;
}

/** Ids are checked when the manifest is read; a path that leaves the tree is a bug, not a mistake. */
function segment(name: string): string {
  if (!/^[^/\\\0]{1,200}$/.test(name) || name.startsWith(".")) {
    throw new Error(`not a name in the tree: ${JSON.stringify(name)}`);
  }
  return name;
}
