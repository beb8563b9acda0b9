/** Finding the word that was meant. */
import assert from "node:assert/strict";
import { didYouMean, editDistance, suggest } from "../../src/manifest/suggest.ts";

Deno.test("suggest() finds the nearest word, over capitals and dashes", () => {
  const words = ["steps", "seed", "sweep", "checkpoint_every"];
  assert.equal(suggest("stepz", words), "steps");
  assert.equal(suggest("setps", words), "steps");
  assert.equal(suggest("STEPS", words), "steps");
  assert.equal(suggest("checkpointEvery", words), "checkpoint_every");
  assert.equal(didYouMean("sed", words), 'Did you mean "seed"?');
});

Deno.test("suggest() says nothing rather than something far", () => {
  assert.equal(suggest("colour", ["steps", "seed"]), undefined);
  assert.equal(suggest("", ["steps"]), undefined);
  assert.equal(suggest("x", []), undefined);
  assert.equal(suggest("x".repeat(1e6), ["steps"]), undefined);
});

Deno.test("editDistance() counts letters inserted, deleted, changed and swapped", () => {
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("ab", "ba"), 1);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("abcdef", "uvwxyz", 3), 3);
});
