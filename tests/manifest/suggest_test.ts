/** Finding the word that was meant. */
import assert from "node:assert/strict";
import { didYouMean, editDistance, suggest, suggestSelector } from "../../src/manifest/suggest.ts";

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

Deno.test("suggest() takes the beginning of one word for it, and of several for none", () => {
  const levels = ["critical", "high", "normal", "low", "background"];
  assert.equal(suggest("crit", levels), "critical");
  assert.equal(suggest("back", levels), "background");
  assert.equal(suggest("cr", levels), undefined);
  assert.equal(suggest("para", ["parameters", "parallel"]), undefined);
});

Deno.test("suggestSelector() mends the job of a run's name, and leaves a right job alone", () => {
  const meant = (word: string) => suggestSelector(word, ["logistic", "ising"], ["running", "all"]);
  assert.equal(meant("logistc"), "logistic");
  assert.equal(meant("runing"), "running");
  assert.equal(meant("isnig/3fa9c1"), "ising/3fa9c1");
  assert.equal(meant("ising/3fa9c1"), undefined);
  assert.equal(meant("zebra/3fa9c1"), undefined);
});
