/** Reads the journals of all shards of a tree and parses each line: what a reader cannot do without. Keeps nothing. */
import { readdirSync, readFileSync } from "node:fs";

const [root] = process.argv.slice(2);
let lines = 0;
for (const shard of readdirSync(`${root}/shards`)) {
  const text = readFileSync(`${root}/shards/${shard}/hot/journal.jsonl`, "utf8");
  for (let from = 0; from < text.length;) {
    const to = text.indexOf("\n", from);
    lines += JSON.parse(text.slice(from, to)).seq > 0;
    from = to + 1;
  }
}
console.log(lines);
