/** The page's files: all are served and none else, their types are right, and nothing of a tree can become HTML or script. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PAGE_FILES, pageFile, STYLE_FILES } from "../../src/dashboard/page_files.ts";
import { fromFileUrl } from "../helpers/program.ts";
import { strip } from "../helpers/source.ts";

const FOLDER = fromFileUrl(new URL("../../src/dashboard/page", import.meta.url));
const NAMES = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).toSorted();
const SCRIPTS = NAMES.filter((name) => name.endsWith(".js"));
const LINES_MAX = 320;

Deno.test("PAGE_FILES is what lies in the folder, but for the settings of the type check", () => {
  const served = NAMES.filter((name) => name !== "jsconfig.json");
  assert.deepEqual([...PAGE_FILES, ...STYLE_FILES].toSorted(), served);
  const styles = pageFile("/page/styles.css");
  assert.equal(
    new TextDecoder().decode(styles!.bytes),
    STYLE_FILES.map((name) => Deno.readTextFileSync(join(FOLDER, name))).join(""),
  );
});

Deno.test("index.html loads ahead all that the overview needs, and has no script and no style in itself", async () => {
  const text = await Deno.readTextFile(join(FOLDER, "index.html"));
  const ahead = [...text.matchAll(/href="\/page\/([a-z_]+\.js)"/g)].map(([, name]) => name!);
  const first = await reachedFrom("app.js", /^import [^;]*?from "\.\/([a-z_]+\.js)"/gm);
  assert.deepEqual([...ahead, "app.js"].toSorted(), [...first].toSorted());
  assert.deepEqual([...text.matchAll(/="\/page\/(\w+\.css)"/g)].map(([, name]) => name), [
    "styles.css",
  ]);
  // The others are fetched behind it: none is left out.
  const all = await reachedFrom(
    "app.js",
    /^import [^;]*?from "\.\/([a-z_]+\.js)"|=> import\("\.\/([a-z_]+\.js)"\)/gm,
  );
  assert.deepEqual([...all].toSorted(), SCRIPTS);
  assert.doesNotMatch(text, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
});

async function reachedFrom(entry: string, imports: RegExp): Promise<Set<string>> {
  const reached = new Set([entry]);
  for (const name of reached) {
    const text = await Deno.readTextFile(join(FOLDER, name));
    for (const [, fixed, late] of text.matchAll(imports)) reached.add(fixed ?? late!);
  }
  return reached;
}

Deno.test("the page's scripts are short, say what they hold, and make no HTML from text", async () => {
  for (const name of SCRIPTS) {
    const text = await Deno.readTextFile(join(FOLDER, name));
    assert.match(text, /^\/\/ @ts-check\n\/\*\*[\s\S]*?\*\/\n/, name);
    assert.ok(text.trimEnd().split("\n").length <= LINES_MAX, `${name} is too long`);
    const { bare } = strip(text);
    assert.doesNotMatch(
      bare,
      /\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function\s*\(|srcdoc|DOMParser|createContextualFragment)\b/,
      name,
    );
    assert.doesNotMatch(text, /https?:\/\/(?!www\.w3\.org)/, name);
  }
});

Deno.test("the page's styles are short, say what they hold, fetch nothing and name each rule once", async () => {
  const seen = new Map<string, string>();
  for (const name of NAMES.filter((name) => name.endsWith(".css"))) {
    const text = await Deno.readTextFile(join(FOLDER, name));
    assert.match(text, /^\/\* .*\. \*\/\n/, name);
    assert.ok(text.trimEnd().split("\n").length <= LINES_MAX, `${name} is too long`);
    assert.doesNotMatch(text, /@import|url\(/, name);
    // What is meant for narrow windows says again what is otherwise there.
    const [wide] = text.split("\n@media");
    for (const [, selector] of wide!.matchAll(/^([^\s{}/][^{}]*) \{$/gm)) {
      assert.ok(!seen.has(selector!), `${selector} is in ${seen.get(selector!)} and in ${name}`);
      seen.set(selector!, name);
    }
  }
});

Deno.test("the types of the page's scripts are right", async () => {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "-q", "--config", "jsconfig.json", ...SCRIPTS],
    cwd: FOLDER,
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
});
