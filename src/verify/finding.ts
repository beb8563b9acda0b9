/** What a look at a tree may find: each finding says what is wrong, where, what to do, and how it can be mended. */
import type { CheckpointIdentity } from "../job/snapshot.ts";

/** One word a finding for programs; part of the shape of `simrun verify --json`. */
export type Problem =
  /** What is there is not what was written. */
  | "damaged"
  /** Something that the journal or a checkpoint counts on is not there. */
  | "lost"
  /** It stands where it does not belong. */
  | "alien"
  /** A folder, link, pipe or the like where a plain file or a folder must be. */
  | "not-plain"
  /** It cannot be read at all. */
  | "unreadable"
  /** An interrupted write left it. */
  | "leftover"
  /** The quarantine holds it. */
  | "set-aside";

/** How a finding can be mended; a finding without one is for people. */
export type Mend =
  | { readonly how: "mark" }
  /** Moved to the quarantine: what was found, or another file on whose account it is. */
  | { readonly how: "aside"; readonly file?: string }
  | { readonly how: "sweep" }
  | { readonly how: "journal" }
  | { readonly how: "pack" }
  /** Rows beyond what was counted go to the quarantine. */
  | { readonly how: "cut"; readonly bytes: number }
  /** A folder that stands in a pack as well, byte for byte. */
  | { readonly how: "twin"; readonly job: string; readonly run: string }
  /** The journal is told the truth about a run. */
  | {
    readonly how: "recount";
    readonly job: string;
    readonly run: string;
    readonly step: number;
    readonly again: boolean;
    /** What is moved to the quarantine first. */
    readonly aside?: string;
  }
  /** The journal is told of a run whose lines were lost. */
  | {
    readonly how: "rebuild";
    readonly identity: CheckpointIdentity;
    readonly bytes: number;
    readonly rawBytes: number;
  }
  /** The journal is told which of its lines are lost for good. */
  | { readonly how: "losses"; readonly from: number; readonly to: number };

export interface Finding {
  /** Relative to the tree. */
  readonly file: string;
  /** From 1, in the journal. */
  readonly line?: number;
  /** A note leaves the tree sound. */
  readonly kind: "damage" | "note";
  readonly problem: Problem;
  readonly reason: string;
  /** What to do, or what happens by itself. */
  readonly remedy: string;
  readonly mend?: Mend;
}

/** Findings as they are gathered, each thing said once. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #said = new Set<string>();

  add(finding: Finding): void {
    const key = keyOf(finding);
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.list.push(finding);
  }

  damage(
    file: string,
    problem: Problem,
    reason: string,
    remedy: string,
    more: { readonly mend?: Mend; readonly line?: number } = {},
  ): void {
    this.add({ file, kind: "damage", problem, reason, remedy, ...more });
  }

  note(
    file: string,
    problem: Problem,
    reason: string,
    remedy: string,
    more: { readonly mend?: Mend } = {},
  ): void {
    this.add({ file, kind: "note", problem, reason, remedy, ...more });
  }
}

/** The same thing found at two looks has the same key. */
export function keyOf({ file, line, problem, reason }: Finding): string {
  return `${file}\n${line ?? 0}\n${problem}\n${reason}`;
}

export const ASIDE = "--repair moves it to the quarantine";
