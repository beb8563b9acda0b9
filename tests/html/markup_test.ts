/** The template of pages: hostile text stays text wherever it is put, and careless templates are refused. */
import assert from "node:assert/strict";
import { escapeHtml, type HtmlValue, markup, trusted } from "../../src/html/markup.ts";
import { THEME_PROPERTIES } from "../../src/html/theme.ts";

Deno.test("markup shows hostile text in elements and attributes as it is written", () => {
  const hostile = `</td><script>alert("1")</script>' onload=x & \`<!--\u202e\u0000\u001b[31m`;
  assert.equal(
    String(markup`<td title="${hostile}">${hostile}</td>`),
    `<td title="${escapeHtml(hostile)}">${escapeHtml(hostile)}</td>`,
  );
  // deno-lint-ignore no-control-regex -- that there is none is what is asserted
  assert.doesNotMatch(escapeHtml(hostile), /[<>"'`\u0000\u001b\u202e]/);
  assert.equal(escapeHtml("a\nb\tc &amp;"), "a\nb\tc &amp;amp;");
});

Deno.test("markup takes markup as it is, lists one after the other, and nothing of what is not there", () => {
  const cells: HtmlValue = ["<", 2, 3n].map((cell) => markup`<i>${cell}</i>`);
  assert.equal(
    String(markup`<p>${cells}${undefined}${false}${trusted("<hr>")}</p>`),
    "<p><i>&lt;</i><i>2</i><i>3</i><hr></p>",
  );
});

Deno.test("markup refuses values in bare attributes, in scripts, and texts in what a browser follows", () => {
  const text = "x";
  assert.throws(() => markup`<a id=${text}>`, /double quotes/);
  assert.throws(() => markup`<p ${text}>`, /double quotes/);
  assert.throws(() => markup`<script>${text}</script>`, /no text/);
  assert.throws(() => markup`<style>p { color: ${text} }</style>`, /no text/);
  assert.throws(() => markup`<a href="${text}">`, /no text/);
  assert.throws(() => markup`<a href="#${text}">`, /no text/);
  assert.throws(() => markup`<p class="a" onclick="f('${text}')">`, /no text/);
  assert.equal(String(markup`<p class="${text}" id="${7}">${text}`), `<p class="x" id="7">x`);
});

/** WCAG 2: how much lighter one colour is than the other. */
function contrast(a: string, b: string): number {
  const light = (hex: string) =>
    [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
      .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i]!, 0);
  const [high, low] = [light(a), light(b)].toSorted((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

Deno.test("the theme's words can be read on each of its grounds, in light and in dark", () => {
  const themes = [
    ...THEME_PROPERTIES.matchAll(/\{ ((?:color-scheme: light dark; )?--ground.*?) \}/g),
  ]
    .map(([, rules]) =>
      new Map(
        [...rules!.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, value]) => [name!, value!]),
      )
    );
  assert.equal(themes.length, 3);
  for (const theme of themes) {
    const words = [...theme.keys()].filter((name) => /^ink$|^faint$|^link$|-text$/.test(name));
    assert.equal(words.length, 9);
    for (const ground of ["ground", "card", "raised"]) {
      for (const word of words) {
        const found = contrast(theme.get(word)!, theme.get(ground)!);
        assert.ok(found >= 4.5, `${word} on ${ground}: ${found.toFixed(2)}`);
      }
      // Areas need less (WCAG 2, 1.4.11).
      for (const area of ["completed", "running", "failed"]) {
        assert.ok(contrast(theme.get(area)!, theme.get(ground)!) >= 3, `${area} on ${ground}`);
      }
    }
  }
});
