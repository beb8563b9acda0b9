// @ts-check
/** How runs are named and linked to, and the heads of tables. */
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
