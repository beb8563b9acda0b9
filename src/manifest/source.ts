/** The text of a manifest and where its characters stand: offsets to lines and columns. Pure. */
import type { Place } from "./diagnostic.ts";

export interface ManifestSource {
  /** As shown to the user. */
  readonly path: string;
  /** Absolute; relative paths in the manifest are resolved against it. */
  readonly folder: string;
  readonly text: string;
  /** Milliseconds of a step by job, where it was submitted with others to be dealt by them. */
  readonly stepMs?: { readonly [job: string]: number };
}

/** A source whose lines are counted when the first place is asked for. */
export class SourceText {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(source: ManifestSource) {
    this.path = source.path;
    this.folder = source.folder;
    this.text = source.text;
  }

  /** The place of the characters from `start` to `end`, as far as they stand on the first line. */
  place(start: number, end: number = start + 1): Place {
    const starts = this.#lineStarts ??= findLineStarts(this.text);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= start) low = middle;
      else high = middle - 1;
    }
    const lineEnd = starts[low + 1] ?? this.text.length + 1;
    const length = Math.max(1, Math.min(end, lineEnd - 1) - start);
    return { path: this.path, line: low + 1, column: start - starts[low]! + 1, length };
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
