/** docs/dashboard.md says what the server does: its keys, its commands, its tunnel. */
import assert from "node:assert/strict";
import { fromFileUrl, simrun } from "../helpers/program.ts";
import { sharedTree, withShown } from "./shown_tree.ts";

const PAGE = Deno.readTextFileSync(
  fromFileUrl(new URL("../../docs/dashboard.md", import.meta.url)),
);

Deno.test("docs/dashboard.md has every key of the picture, and no other", async () => {
  await withShown(await sharedTree(), [], async (shown) => {
    const picture = await shown.json("/api/picture");
    const table = PAGE.slice(PAGE.indexOf("| key | |")).split("\n\n")[0]!;
    const first = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, keys]) =>
      [...keys!.matchAll(/`(\w+)`/g)].map(([, key]) => key!)
    );
    const told = [...first, "failures_more"];
    for (const key of Object.keys(picture)) assert.ok(told.includes(key), key);
    const sometimes = ["memory", "disk_free_bytes", "trouble", "shards"];
    for (const key of told) assert.ok(key in picture || sometimes.includes(key), key);
    for (const key of Object.keys(picture.failures[0])) assert.ok(PAGE.includes(`\`${key}\``), key);
    for (const key of Object.keys(picture.activities[0])) {
      assert.ok(PAGE.includes(`\`${key}\``), key);
    }
  });
});

Deno.test("the commands of docs/dashboard.md have the flags that simrun has", async () => {
  const flags = [...PAGE.matchAll(/^(?:ssh .*)?simrun (\w+)(.*)$/gm)].flatMap(([, command, rest]) =>
    [...rest!.matchAll(/ (--[a-z]+)/g)].map(([, flag]) => [command!, flag!] as const)
  );
  assert.ok(flags.length >= 5);
  for (const [command, flag] of flags) {
    const { stdout } = await simrun([command, "--help"]);
    assert.ok(stdout.includes(flag), `simrun ${command} has no ${flag}`);
  }
});
