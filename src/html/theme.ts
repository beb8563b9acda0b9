/** How simrun's pages look: colours for light and dark, in the palette of the figures, letters, tables. CSS only. Pure. */
import { PALETTE, PALETTE_DARK } from "../screen/palette.ts";
import { type Html, trusted } from "./markup.ts";

/** States of runs, as custom properties `--completed`, …: for areas; for words there is `--completed-text`, …. */
const LIGHT = {
  "ground": "#ffffff",
  "card": "#f6f7f9",
  "raised": "#ffffff",
  "line": "#d9dde3",
  "ink": "#1c2127",
  "faint": "#5b6570",
  "link": "#00609a",
  "focus": "#0072b2",
  "completed": PALETTE[2],
  "completed-text": "#006b4f",
  "running": PALETTE[0],
  "running-text": "#00609a",
  "failed": PALETTE[1],
  "failed-text": "#a84300",
  "requeued": PALETTE[4],
  "requeued-text": "#8a5a00",
  "cancelled": PALETTE[3],
  "cancelled-text": "#96406f",
  "waiting": "#b6bec8",
  "waiting-text": "#5b6570",
};

const DARK: { readonly [name in keyof typeof LIGHT]: string } = {
  "ground": "#14181d",
  "card": "#1c2228",
  "raised": "#232a32",
  "line": "#38414b",
  "ink": "#e8ebee",
  "faint": "#a3adb8",
  "link": "#7cc2ef",
  "focus": "#7cc2ef",
  "completed": PALETTE_DARK[2],
  "completed-text": "#4fd6ab",
  "running": PALETTE_DARK[0],
  "running-text": "#7cc2ef",
  "failed": PALETTE_DARK[1],
  "failed-text": "#ff9a5c",
  "requeued": PALETTE_DARK[4],
  "requeued-text": "#f2b736",
  "cancelled": PALETTE_DARK[3],
  "cancelled-text": "#e9aed0",
  "waiting": "#5f6b78",
  "waiting-text": "#a3adb8",
};

function properties(of: { readonly [name: string]: string }, series: readonly string[]): string {
  const named = Object.entries(of).map(([name, value]) => `--${name}: ${value};`);
  return [...named, ...series.map((value, i) => `--series-${i + 1}: ${value};`)].join(" ");
}

/**
 * The custom properties alone, for light and for dark; `--series-1` to `--series-7` are the colours of figures. Paper is
 * light. `data-theme="dark"` or `"light"` at the root overrules what the browser asks for.
 */
export const THEME_PROPERTIES = [
  `:root { color-scheme: light dark; ${properties(LIGHT, PALETTE)} }`,
  `@media screen and (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${
    properties(DARK, PALETTE_DARK)
  } } }`,
  `@media screen { :root[data-theme="dark"] { ${properties(DARK, PALETTE_DARK)} } }`,
  `@media print { :root { color-scheme: light; } }`,
].join("\n");

/** Letters, headings, links, tables and what is common to all pages; loads nothing. */
export const THEME_BASE = `
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arimo, Arial, "Liberation Sans", sans-serif;
}
h1, h2, h3 { line-height: 1.25; text-wrap: balance; margin: 0; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; } h3 { font-size: 1rem; }
p { margin: 0.4rem 0; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, button:focus-visible, [tabindex]:focus-visible {
  outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px;
}
code, pre, .mono { font: 0.9em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
code { overflow-wrap: anywhere; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.7rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--faint); font-size: 0.87rem; }
th[scope="row"] { color: var(--ink); font-size: inherit; font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
.faint { color: var(--faint); }
.scroll { overflow-x: auto; }
`;

/** For the head of a page. */
export function themeStyle(more = ""): Html {
  return trusted(`<style>\n${THEME_PROPERTIES}${THEME_BASE}${more}</style>`);
}
