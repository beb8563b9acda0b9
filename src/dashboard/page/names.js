// @ts-check
/** How runs are named and linked to, which point they are, and the heads of tables. */
import { el } from "./dom.js";

/** @param {string[]} titles */
export function headRow(titles) {
  return el("tr", {}, ...titles.map((title) => el("th", { scope: "col" }, title)));
}

/**
 * @param {string} job
 * @param {string} run
 */
export function runLink(job, run) {
  return `#/run?job=${encodeURIComponent(job)}&run=${encodeURIComponent(run)}`;
}

/**
 * @param {string} job
 * @param {string} run
 */
export function nameOf(job, run) {
  return job === run ? job : `${job}/${run}`;
}

/**
 * Which point of a sweep a run is, as the status lists it: `pressure: 4, roughness: 0.04`.
 * @param {import("./link.js").Json | undefined} one
 */
export function pointOf(one) {
  return Object.entries(one?.point ?? {}).map(([name, value]) => `${name}: ${value}`).join(", ");
}
