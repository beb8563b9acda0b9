/** One look at a tree: what was found, what was counted, and what its parts must know of each other. */
import type { FileSum } from "../job/event.ts";
import { isTemporary } from "../store/disk.ts";
import type { Layout } from "../store/layout.ts";
import { join } from "../job/path.ts";
import { Facts } from "./facts.ts";
import { ASIDE, Findings, type Mend, type Problem } from "./finding.ts";
import { describeKind, type Kind, lookAt, type Named, namesIn, within } from "./look.ts";
import type { ZipEntry } from "../store/zip.ts";

/** A finished run in a pack. */
export interface PackedRun {
  /** Relative to the tree. */
  readonly pack: string;
  readonly path: string;
  readonly files: ReadonlyMap<string, PackedEntry>;
}

export interface PackedEntry extends FileSum {
  readonly isGood: boolean;
  readonly entry: ZipEntry;
}

export interface Counts {
  events: number;
  checkpoints: number;
  /** Runs with a folder in `recent/`. */
  folders: number;
  packs: number;
  segments: number;
  manifests: number;
  quarantined: number;
  /** Read and summed. */
  bytes: number;
}

export class Scan {
  readonly layout: Layout;
  readonly findings = new Findings();
  readonly facts = new Facts();
  /** By job and run; of several packs the one with the highest number counts. */
  readonly packed = new Map<string, PackedRun>();
  /** Runs by job and run that have a folder in `recent/`. */
  readonly withFolder = new Set<string>();
  /** No line of the journal is missing or damaged: what it does not know never was. */
  isJournalWhole = true;
  readonly counts: Counts = {
    events: 0,
    checkpoints: 0,
    folders: 0,
    packs: 0,
    segments: 0,
    manifests: 0,
    quarantined: 0,
    bytes: 0,
  };
  /** A simrun works on the tree: its temporaries are no leftovers. */
  readonly isWorkedOn: boolean;

  constructor(layout: Layout, isWorkedOn: boolean) {
    this.layout = layout;
    this.isWorkedOn = isWorkedOn;
  }

  /** The path relative to the tree. */
  name(path: string): string {
    return within(this.layout.root, path);
  }

  damage(
    path: string,
    problem: Problem,
    reason: string,
    remedy: string,
    more: { readonly mend?: Mend; readonly line?: number } = {},
  ): void {
    this.findings.damage(this.name(path), problem, reason, remedy, more);
  }

  note(
    path: string,
    problem: Problem,
    reason: string,
    remedy: string,
    more: { readonly mend?: Mend } = {},
  ): void {
    this.findings.note(this.name(path), problem, reason, remedy, more);
  }

  /** What a folder of the tree holds, without temporaries; says what is wrong when it is none. */
  async entries(folder: string): Promise<readonly Named[]> {
    const names = await namesIn(folder);
    if (typeof names === "string") {
      const { kind } = await lookAt(folder);
      if (kind === "folder") this.unreadable(folder, names);
      else if (kind !== "missing") this.notPlain(folder, kind, "folder");
      return [];
    }
    return names.filter(({ name }) => {
      if (!isTemporary(name)) return true;
      if (!this.isWorkedOn) this.#leftover(join(folder, name));
      return false;
    });
  }

  /** The folders in a folder that holds nothing but folders; what else is there is told of. */
  async folders(folder: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const { name, kind } of await this.entries(folder)) {
      const path = join(folder, name);
      if (kind !== "folder") this.notPlain(path, kind, "folder");
      else if (!isName(name)) this.alien(path);
      else found.push(name);
    }
    return found;
  }

  notPlain(path: string, kind: Kind, wanted: "file" | "folder"): void {
    const reason = `it is ${describeKind(kind)} where a ${wanted} must be`;
    if (kind === "unreadable") return this.unreadable(path, "it cannot be looked at");
    this.damage(path, "not-plain", reason, ASIDE, { mend: { how: "aside" } });
  }

  alien(path: string): void {
    this.note(path, "alien", "it does not belong here", "simrun does not use it; move it away");
  }

  unreadable(path: string, reason: string): void {
    const remedy = "check its permissions and the disk";
    this.damage(path, "unreadable", reason, remedy);
  }

  #leftover(path: string): void {
    const reason = "an interrupted write left it";
    const remedy = "it means nothing; the next simrun on this tree removes it";
    this.note(path, "leftover", reason, remedy, { mend: { how: "sweep" } });
  }
}

/** Whether a name can be a job's or a run's, so that paths can be made of it. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name);
}
