/** The shape of a path on this machine, made absolute against the manifest's folder. */
import { absolutePath } from "../job/path.ts";
import { quote } from "./node.ts";
import { mustBe, type Shape, text } from "./shape.ts";

/** Home folders, addresses and control characters: no paths of a file on this machine. */
// deno-lint-ignore no-control-regex -- control characters are what it finds
const FOREIGN_PATH = /^~|^[A-Za-z][A-Za-z0-9+.-]+:\/\/|[\u0000-\u001f\u007f-\u009f]/;

/** A file's path, made absolute against the manifest's folder. */
export function pathShape(pattern?: string, wanted = "the path of a file"): Shape<string> {
  const anyText = text(undefined, wanted);
  return {
    // The second condition is what is refused below: empty, NUL, home folders, and addresses.
    schema: {
      type: "string",
      minLength: 1,
      ...(pattern === undefined ? {} : { pattern }),
      not: { pattern: FOREIGN_PATH.source },
    },
    read(node, name, report) {
      const path = anyText.read(node, name, report);
      if (path === undefined) return undefined;
      if (path === "") return mustBe(node, name, wanted, report);
      if (FOREIGN_PATH.test(path)) {
        const hint = "Write a path relative to the manifest, or an absolute one.";
        return report.error(
          node,
          "value",
          `"${name}" must be ${wanted} on this machine, but is ${quote(path)}`,
          hint,
        );
      }
      return absolutePath(node.source.folder, path);
    },
  };
}
