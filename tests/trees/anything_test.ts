/** Any file of a tree exchanged for anything: verify answers in words, soon, and changes nothing. */
import assert from "node:assert/strict";
import { relative } from "node:path";
import { inFolder } from "../helpers/folder.ts";
import { cases, isTorture, seeded, seedOf } from "../helpers/torture.ts";
import { copyTree, GOLDEN } from "./small_tree.ts";
import { verifyCommand } from "./verify_command.ts";
import { Patient } from "./wounds.ts";

const SEED = seedOf();
const KINDS = ["folder", "link", "pipe", "noise", "empty", "sparse"] as const;
/** A hole of 4 GB takes seconds to read: only where the numbers are asked for in full. */
const USUAL = isTorture ? KINDS : KINDS.filter((kind) => kind !== "sparse");

Deno.test(`verify and --repair answer in words whatever stands in the place of a file (seed ${SEED})`, async () => {
  await inFolder(async (folder) => {
    const files = filesBelow(`${GOLDEN}/0.1.0/tree`);
    const all = files.flatMap((file) => USUAL.map((kind) => ({ file, kind })));
    const random = seeded(SEED);
    const count = cases({ short: 40, long: all.length });
    for (let i = 0; i < count; i++) {
      const { file, kind } = count < all.length ? random.pick(all) : all[i]!;
      const name = `${file} as ${kind}`;
      const tree = new Patient(`${folder}/tree`);
      await copyTree(`${GOLDEN}/0.1.0/tree`, tree.root);
      tree.exchange(file, kind);
      const said = await answerOf(tree, {}, name);
      // The lock is empty anyway, and what it holds means nothing.
      if (file !== "hot/lock" || !["empty", "noise", "sparse"].includes(kind)) {
        assert.ok(said.status !== 0 || said.stdout !== "", `${name} was not seen`);
      }
      const repaired = await answerOf(tree, { repair: true }, name);
      assert.equal(repaired.status, 0, `${name}: ${repaired.stdout}${repaired.stderr}`);
      assert.equal((await answerOf(tree, {}, name)).status, 0, name);
      tree.remove(".");
    }
  });
});

async function answerOf(tree: Patient, flags: { readonly repair?: boolean }, name: string) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: no answer in 60 s`)), 60_000);
  });
  try {
    return await Promise.race([verifyCommand(tree.root, flags), late]);
  } catch (error) {
    throw new Error(`${name}: ${error}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function filesBelow(root: string, folder = root): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(root, `${folder}/${name}`) : [relative(root, `${folder}/${name}`)]
  ).sort();
}
