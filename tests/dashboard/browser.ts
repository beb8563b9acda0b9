/**
 * Chromium, driven by playwright-core, in a process of its own: neither it nor axe is in the lock file, whose packages
 * the executable carries. Both are used where they were fetched before, as .ci/run does.
 */
import assert from "node:assert/strict";
import { fromFileUrl } from "../helpers/program.ts";

const DRIVER = fromFileUrl(new URL("browser_driver.ts", import.meta.url));

/** Runs one of the driver's scripts; a failure is told in its words. Answers what it found. */
export async function inBrowser(script: string, values: Readonly<Record<string, string>>) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--no-check", "--cached-only", "--no-config", "--no-lock", DRIVER],
    env: { DASHBOARD_SCRIPT: script, DASHBOARD_VALUES: JSON.stringify(values) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout)) as Record<string, unknown>;
}

/** Finds a thing in a view, accessible and without an error; answers its text. Undefined where there is no browser. */
export async function findThing(
  url: string,
  view: string,
  wanted: string,
): Promise<string | undefined> {
  if (isWithoutBrowser) return undefined;
  const { errors, text } = await inBrowser("thing", { url, view, wanted });
  assert.deepEqual(errors, []);
  return String(text).replace(/\s+/g, " ");
}

/** Whether its tests are left out: something is not there, and may be missing. In CI all of it must be there. */
export const isWithoutBrowser = Deno.env.get("CI") !== "true" &&
  await inBrowser("nothing", {}).then(() => false, () => true);

export function named(name: string): string {
  return isWithoutBrowser
    ? `${name} (left out: needs chromium, and playwright-core and axe-core fetched as in .ci/run)`
    : name;
}
