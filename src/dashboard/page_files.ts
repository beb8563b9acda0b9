/** The files of the page: a fixed list, beside the program and in the executable. No path of a request is looked up. */
import { Buffer } from "node:buffer";

const FOLDER = new URL("./page/", import.meta.url);

const TYPES = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

export const PAGE_FILES = [
  "index.html",
  "icon.svg",
  "actions.js",
  "app.js",
  "chart.js",
  "chart_axis.js",
  "dom.js",
  "format.js",
  "heat_map.js",
  "led.js",
  "link.js",
  "names.js",
  "overview.js",
  "overview_cards.js",
  "pace.js",
  "queue.js",
  "results.js",
  "run.js",
  "run_cards.js",
  "run_table.js",
  "runs.js",
  "shards.js",
  "timeline.js",
  "timeline_chart.js",
] as const;

/** In their order, and served as one: the first picture waits for each file that is asked for. */
export const STYLE_FILES = [
  "theme.css",
  "base.css",
  "frame.css",
  "lists.css",
  "overview.css",
  "chart.css",
  "queue.css",
  "runs.css",
] as const;
const STYLES = "styles.css";

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const read = new Map<string, PageFile>();

/** The file of a request's path; undefined when there is none. At once: they are small, and the first picture waits. */
export function pageFile(path: string): PageFile | undefined {
  const name = path === "/"
    ? "index.html"
    : [STYLES, ...PAGE_FILES].find((one) => path === `/page/${one}`);
  if (name === undefined) return undefined;
  let file = read.get(name);
  if (file === undefined) read.set(name, file = readPageFile(name));
  return file;
}

function readPageFile(name: string): PageFile {
  const ending = name.split(".").at(-1) as keyof typeof TYPES;
  const names = name === STYLES ? STYLE_FILES : [name];
  const parts = names.map((one) => Deno.readFileSync(new URL(one, FOLDER)));
  return { type: TYPES[ending], bytes: Buffer.concat(parts) };
}
