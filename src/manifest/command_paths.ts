/** Paths that commands speak of: beside the manifest, or in the folder of a run. */
import { absolutePath, isAbsolute, normalize } from "../job/path.ts";
import type { YamlNode } from "./node.ts";
import { mustBe, type Shape, text } from "./shape.ts";

/** Whether a word of a command names a file beside the manifest. */
export function isRelativePath(word: string): boolean {
  return /^\.\.?\//.test(word);
}

export function manifestPath(node: YamlNode, path: string): string {
  return absolutePath(node.source.folder, path);
}

/** A path below the run's folder in its simplest form; undefined when it leads out of it. */
export function ownPath(path: string): string | undefined {
  if (path === "" || path.includes("\0") || isAbsolute(path)) return undefined;
  const simple = normalize(path);
  return simple === "." || simple === ".." || simple.startsWith("../") ? undefined : simple;
}

export function ownPathShape(wanted = "a file of the run's folder"): Shape<string> {
  const anyText = text(undefined, wanted);
  return {
    schema: { type: "string", minLength: 1 },
    read(node, name, report) {
      const path = anyText.read(node, name, report);
      if (path === undefined) return undefined;
      const own = ownPath(path);
      if (own !== undefined) return own;
      const hint = "It is relative to the folder in which the program runs, and stays in it.";
      return mustBe(node, name, wanted, report, hint);
    },
  };
}
