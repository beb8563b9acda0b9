import assert from "node:assert/strict";
import { posix } from "node:path";
import { absolutePath, basename, dirname, normalize } from "../../src/job/path.ts";

const PATHS = [
  "",
  ".",
  "..",
  "a/b",
  "./a//b",
  "../../../..",
  "/x/../y",
  "a/./../b",
  "~",
  "a/../../b/..",
];

Deno.test("absolutePath() agrees with node:path", () => {
  for (const path of [...PATHS, "./a//b/"]) {
    assert.equal(absolutePath("/home/ada", path), posix.resolve("/home/ada", path), path);
  }
});

Deno.test("normalize() agrees with node:path but for a slash at the end, which it leaves out", () => {
  for (const path of [...PATHS, "/", "/..", "//a", "..a/.b/c..", "/a/b/../../.."]) {
    assert.equal(normalize(path), posix.normalize(path), path);
    if (path !== "") assert.equal(normalize(`${path}/`), posix.normalize(path), `${path}/`);
  }
});

Deno.test("dirname() and basename() agree with node:path", () => {
  for (const path of ["/", "/a", "a", "a/b", "/a/b.c", "../a", "."]) {
    assert.equal(dirname(path), posix.dirname(path), path);
    if (path !== "/") assert.equal(basename(path), posix.basename(path), path);
  }
});
