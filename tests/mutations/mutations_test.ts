/** The list of ways to break simrun fits the code as it is. That each is noticed is tried by `main.ts`. */
import assert from "node:assert/strict";
import { MUTATIONS } from "./mutations.ts";

Deno.test("every mutation finds its place in the code, once", async () => {
  for (const { breaks, file, find, replace } of MUTATIONS) {
    const text = await Deno.readTextFile(new URL(`../../${file}`, import.meta.url));
    assert.equal(text.split(find).length - 1, 1, `${file}: ${breaks}`);
    assert.notEqual(find, replace);
  }
});
