/** Manifests named on the command line, found and read. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { collectSources } from "../../src/cli/sources.ts";
import { Fault } from "../../src/job/fault.ts";

async function inFolder(
  files: { readonly [path: string]: string | Uint8Array },
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simrun-sources-" });
  try {
    for (const [path, content] of Object.entries(files)) {
      const full = join(folder, path);
      await Deno.mkdir(join(full, ".."), { recursive: true });
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(full, bytes);
    }
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const FILES = { "jobs/b.yaml": "b", "jobs/a.yml": "a", "jobs/m.ts": "x", "jobs/deep/c.yaml": "c" };

const paths = async (args: string[], cwd: string) =>
  (await collectSources(args, cwd)).map(({ path }) => path);

async function faultOf(args: string[], cwd: string): Promise<Fault> {
  try {
    await collectSources(args, cwd);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

Deno.test("collectSources() reads files, folders and quoted globs in the order of the arguments", () =>
  inFolder(FILES, async (cwd) => {
    const [source] = await collectSources(["jobs/b.yaml"], cwd);
    assert.deepEqual(source, { path: "jobs/b.yaml", folder: join(cwd, "jobs"), text: "b" });
    assert.deepEqual(await paths(["jobs/b.yaml", "jobs/a.yml"], cwd), [
      "jobs/b.yaml",
      "jobs/a.yml",
    ]);
    assert.deepEqual(await paths(["jobs"], cwd), ["jobs/a.yml", "jobs/b.yaml"]);
    assert.deepEqual(await paths(["jobs/*.yaml"], cwd), ["jobs/b.yaml"]);
    assert.deepEqual(await paths(["jobs/{a,b}.y*ml"], cwd), ["jobs/a.yml", "jobs/b.yaml"]);
    assert.deepEqual(await paths(["jobs/*"], cwd), ["jobs/a.yml", "jobs/b.yaml"]);
    assert.deepEqual(await paths(["jobs/**/*.yaml"], cwd), ["jobs/b.yaml", "jobs/deep/c.yaml"]);
    assert.deepEqual(await paths([join(cwd, "jobs/b.yaml")], "/"), [join(cwd, "jobs/b.yaml")]);
  }));

Deno.test("collectSources() reads each file once, however it was reached", () =>
  inFolder(FILES, async (cwd) => {
    await Deno.symlink(join(cwd, "jobs/b.yaml"), join(cwd, "link.yaml"));
    const args = ["jobs/b.yaml", "./jobs/../jobs/b.yaml", "link.yaml", "jobs", "jobs/*.yaml"];
    assert.deepEqual(await paths(args, cwd), ["jobs/b.yaml", "jobs/a.yml"]);
  }));

Deno.test("collectSources() takes a name with glob characters as it is when there is such a file", () =>
  inFolder({ "[x].yaml": "odd", "x.yaml": "plain" }, async (cwd) => {
    assert.equal((await collectSources(["[x].yaml"], cwd))[0]?.text, "odd");
  }));

Deno.test("collectSources() says what was meant when there is no such file", () =>
  inFolder(FILES, async (cwd) => {
    const misspelt = await faultOf(["jobs/bb.yaml"], cwd);
    assert.equal(misspelt.code, "no-manifest");
    assert.equal(misspelt.message, "There is no jobs/bb.yaml");
    assert.equal(misspelt.hint, "Did you mean jobs/b.yaml?");
    assert.match((await faultOf(["job/b.yaml"], cwd)).hint ?? "", /The folder job does not exist/);
    assert.match((await faultOf([], cwd)).message, /No manifest was named/);
    assert.match((await faultOf(["none/*.yaml"], cwd)).message, /matches no manifest/);
    assert.match((await faultOf(["."], cwd)).message, /\. holds no \.yaml or \.yml files/);
    assert.match((await faultOf(["jobs/m.ts"], cwd)).message, /is a model, not a manifest/);
    assert.match((await faultOf(["jobs/b.yaml/x"], cwd)).message, /There is no/);
    assert.match((await faultOf(["a\0b"], cwd)).message, /There is no/);
  }));

Deno.test("collectSources() refuses what is not UTF-8, with the byte and the line", () =>
  inFolder({
    "latin.yaml": new Uint8Array([...new TextEncoder().encode("id: a\nx: Z"), 0xfc, 0x72]),
    "utf16.yaml": new Uint8Array([0xff, 0xfe, 0x69, 0]),
    "long.yaml": new Uint8Array([0x61, 0xe2, 0x82]),
    "bom.yaml": "\ufeffid: ä",
  }, async (cwd) => {
    const latin = await faultOf(["latin.yaml"], cwd);
    assert.equal(latin.message, "latin.yaml is not UTF-8 at byte 10, in line 2");
    assert.match(latin.hint ?? "", /Latin-1/);
    assert.match((await faultOf(["utf16.yaml"], cwd)).hint ?? "", /UTF-16/);
    assert.match((await faultOf(["long.yaml"], cwd)).message, /at byte 1, in line 1/);
    assert.equal((await collectSources(["bom.yaml"], cwd))[0]?.text, "id: ä");
  }));

Deno.test("collectSources() refuses more than 16 MiB without reading it", () =>
  inFolder({ "a.yaml": "" }, async (cwd) => {
    await Deno.truncate(join(cwd, "a.yaml"), 50_000_000_000);
    const fault = await faultOf(["a.yaml"], cwd);
    assert.equal(fault.code, "manifest");
    assert.match(fault.message, /^a\.yaml: The file is 47683\.7 MiB large/);
  }));

Deno.test("collectSources() reads standard input, once, and bounds it", async () => {
  const program = `
    import { collectSources } from ${
    JSON.stringify(import.meta.resolve("../../src/cli/sources.ts"))
  };
    try {
      const sources = await collectSources(["-", "-"], "/x");
      console.log(JSON.stringify(sources.map(({ text, ...rest }) => ({ ...rest, length: text.length }))));
    } catch (error) { console.log(error.code + " " + error.message); }`;
  const run = async (input: string) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
    return new TextDecoder().decode((await child.output()).stdout).trim();
  };
  assert.equal(await run("id: a"), '[{"path":"stdin","folder":"/x","length":5}]');
  assert.match(await run("x".repeat(17 * 2 ** 20)), /^manifest stdin: The file is .* MiB large/);
});
