/** docs/plecs.md and the template: their manifests run against the stand-in, and the table has every key and default. */
import assert from "node:assert/strict";
import { fromFileUrl } from "../helpers/program.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { simrun } from "../helpers/program.ts";
import { plecsSchema } from "../../src/manifest/plecs_shape.ts";
import { StandIn } from "./stand_in.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));
const DOCS = Deno.readTextFileSync(`${ROOT}docs/plecs.md`);

Deno.test("the manifests of docs/plecs.md and of simrun init plecs run, with as many runs as they say", async () => {
  const examples = [...DOCS.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => text!);
  assert.equal(examples.length, 2);
  examples.push(Deno.readTextFileSync(`${ROOT}templates/plecs/buck.yaml`));
  const runs = [12, 1, 9];
  const server = new StandIn();
  try {
    await inFolder(async (folder) => {
      for (const [at, example] of examples.entries()) {
        const name = /plecs: \.\/(\S+)/.exec(example)![1]!;
        await place(folder, name, "gain 1");
        const text = example.includes("url:")
          ? example.replace("http://localhost:1080", server.url)
          : example.replace(/^ {2}plecs:/m, `  url: ${server.url}\n  plecs:`);
        const path = await place(folder, "jobs.yaml", text);
        const tree = `${folder}/${at}`;
        const { status, stderr } = await simrun(["run", path, "--tree", tree, "-j", "1"]);
        assert.equal(status, 0, stderr);
        const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
        assert.equal(JSON.parse(stdout).length, runs[at]);
      }
    });
  } finally {
    await server.close();
  }
});

Deno.test("docs/plecs.md has every key of the model, with its default", () => {
  const table = DOCS.slice(DOCS.indexOf("| key | value")).split("\n\n")[0]!.split("\n").slice(2);
  const rows = table.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
  const { properties } = plecsSchema as unknown as {
    properties: { readonly [key: string]: { readonly default?: unknown } };
  };
  assert.deepEqual(rows.map(([key]) => key!.slice(1, -1)), Object.keys(properties));
  for (const [key, , absent] of rows) {
    const known = properties[key!.slice(1, -1)]!.default;
    if (known !== undefined) assert.equal(absent!.replaceAll("`", ""), String(known), key);
  }
});
