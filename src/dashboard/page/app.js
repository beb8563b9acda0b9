// @ts-check
/**
 * The page: which view is shown, the bar at its top, the theme, the keyboard. The overview comes with it; the other
 * views are fetched behind the first picture, so that they are there even when the server has ended.
 */
import { ask, hearActions } from "./actions.js";
import { byId, el, show } from "./dom.js";
import { connect, currentPicture, hideToken, lineState, onNews } from "./link.js";
import { overview } from "./overview.js";

/**
 * @typedef {object} View
 * @property {(main: HTMLElement, values: URLSearchParams) => void} open
 * @property {(picture: import("./link.js").Json) => void} [news] Another picture has come.
 * @property {() => void} [close]
 */

/** @type {Record<string, { title: string, load: () => View | Promise<View> }>} */
const VIEWS = {
  "": { title: "Overview", load: () => overview },
  timeline: { title: "Timeline", load: () => import("./timeline.js").then((it) => it.timeline) },
  queue: { title: "Queue", load: () => import("./queue.js").then((it) => it.queue) },
  runs: { title: "Runs", load: () => import("./runs.js").then((it) => it.runs) },
  results: { title: "Results", load: () => import("./results.js").then((it) => it.results) },
};
const RUN = { title: "Run", load: () => import("./run.js").then((it) => it.run) };

const AGAIN_MS = 15_000;
/** The figures are seen first. */
const FETCH_MS = 200;
const THEMES = /** @type {const} */ (["as the system", "light", "dark"]);
const SHORTCUTS = [
  ["1 – 5", "the views, from Overview to Results"],
  ["/", "search the runs"],
  ["↑ ↓ Page Home End", "move through the table of runs"],
  ["Enter", "open the run"],
  ["← → + −", "move and zoom the timeline, when it has the focus"],
  ["t", "light or dark"],
  ["?", "this list"],
];

/** @type {View | undefined} */
let shown;
let opened = 0;
let isFetched = false;

function route() {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const found = path === "run" ? RUN : VIEWS[path] ?? VIEWS[""];
  return { path, found: found ?? RUN, values: new URLSearchParams(query) };
}

async function open() {
  const { path, found, values } = route();
  const main = byId("main");
  const turn = ++opened;
  showNav(path);
  const view = await found.load();
  // Somebody was quicker than the line.
  if (turn !== opened) return;
  if (shown !== view) {
    shown?.close?.();
    main.replaceChildren();
    shown = view;
    scrollTo(0, 0);
  }
  view.open(main, values);
  news();
}

/** What else may be looked at. */
async function fetchViews() {
  isFetched = true;
  await new Promise((resolve) => setTimeout(resolve, FETCH_MS));
  for (const { load } of [...Object.values(VIEWS), RUN]) await load();
}

/** @param {string} path */
function showNav(path) {
  show(
    byId("nav"),
    ...Object.entries(VIEWS).map(([name, { title }]) =>
      el("a", {
        href: `#/${name}`,
        "aria-current": name === path || name === "runs" && path === "run" ? "page" : undefined,
      }, title)
    ),
  );
}

function news() {
  const picture = currentPicture();
  showBanner(picture);
  if (picture === undefined) return;
  const { path, found } = route();
  const percent = Math.floor(picture.fraction * 100);
  const tree = String(picture.status.tree);
  const name = tree.split("/").filter(Boolean).slice(-2).join("/");
  document.title = `${percent} % · ${path === "" ? name : found.title} · simrun`;
  const node = byId("tree");
  node.textContent = name;
  node.title = tree;
  if (!picture.is_read) return;
  shown?.news?.(picture);
  if (!isFetched) void fetchViews().catch(() => isFetched = false);
}

/** @param {import("./link.js").Json | undefined} picture */
function showBanner(picture) {
  const { state, why } = lineState();
  const pulse = byId("pulse");
  pulse.className = `pulse ${state}`;
  pulse.textContent = {
    connecting: "connecting",
    open: "live",
    lost: "lost",
    ended: "ended",
    refused: "refused",
  }[state];
  const tree = picture?.status.tree ?? "the tree";
  const text = state === "refused"
    ? "This page's token is not the one of the server any more. Open the address that simrun printed."
    : state === "ended"
    ? `${why} What you see is its last picture; simrun dashboard --tree ${tree} shows the tree again.`
    : state === "lost"
    ? "The line to simrun is broken: what you see may be old. It is tried again."
    : picture?.trouble === undefined
    ? ""
    : `What you see may be old. ${picture.trouble.message} ${picture.trouble.hint ?? ""}`;
  const banner = byId("banner");
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = text === "";
}

function nextTheme() {
  const now = themeNow();
  setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? "as the system");
}

function themeNow() {
  const kept = localStorage.getItem("simrun-theme");
  return THEMES.find((theme) => theme === kept) ?? "as the system";
}

/** @param {typeof THEMES[number]} theme */
function setTheme(theme) {
  localStorage.setItem("simrun-theme", theme);
  if (theme === "as the system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  byId("theme").setAttribute("aria-label", `Theme: ${theme}`);
  byId("theme").title = `Theme: ${theme}`;
}

function help() {
  const rows = SHORTCUTS.flatMap(([keys, what]) => [el("dt", {}, keys), el("dd", {}, what)]);
  void ask("Keyboard", [el("dl.keys", {}, ...rows)]);
}

/** @param {KeyboardEvent} event */
function press(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target instanceof HTMLElement && target.matches("input, select, textarea, dialog *")) return;
  const names = Object.keys(VIEWS);
  if (/^[1-9]$/.test(key) && Number(key) <= names.length) {
    location.hash = `#/${names[Number(key) - 1]}`;
  } else if (key === "/") {
    event.preventDefault();
    location.hash = "#/runs?focus=search";
  } else if (key === "t") nextTheme();
  else if (key === "?") help();
}

hideToken();
setTheme(themeNow());
hearActions();
byId("theme").addEventListener("click", nextTheme);
byId("help").addEventListener("click", help);
addEventListener("hashchange", () => void open());
addEventListener("keydown", press);
onNews(news);
// How long ago something was changes without news.
setInterval(news, AGAIN_MS);
void open();
connect();
