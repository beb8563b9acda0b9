/** Selectors: what names, patterns and states choose, and that no pattern takes for ever. */
import assert from "node:assert/strict";
import { filterJobs, filterJobsOfRuns, filterRuns } from "../../src/report/selector.ts";
import { forSeeds } from "../helpers/seeded.ts";

Deno.test("a pattern chooses what the regular expression of the same meaning chooses", () => {
  forSeeds(2_000, (random) => {
    const text = (letters: string, length: number) =>
      Array.from({ length }, () => random.pick([...letters])).join("");
    const glob = text("ab*?.", 1 + random.below(6));
    const job = text("ab.", random.below(6));
    const source = glob.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
    assert.equal(
      filterRuns([glob])(job, "r", "waiting"),
      new RegExp(`^(?:${source})$`).test(job) || new RegExp(`^(?:${source})$`).test("r"),
      `${glob} on ${job}`,
    );
  });
});

Deno.test("a pattern of many stars is answered at once", () => {
  const began = performance.now();
  assert.equal(filterRuns([`${"a*".repeat(400)}b`])("a".repeat(4_000), "r", "waiting"), false);
  assert.ok(performance.now() - began < 5_000);
});

Deno.test("the id of a run alone is looked for in every job, and names no job", () => {
  const id = "edad843a635b9f8d";
  assert.equal(filterRuns([id])("walk", id, "paused"), true);
  assert.equal(filterJobsOfRuns([id])("walk"), true);
  assert.equal(filterJobsOfRuns(["other"])("walk"), false);
  assert.equal(filterJobs([id])("walk"), false);
});
