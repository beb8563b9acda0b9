/** Parts that pages are made of: tables with scopes, lists of facts, notes. Pure. */
import { type Html, type HtmlValue, markup } from "./markup.ts";

export interface TableColumn {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** A table for who reads and for who listens: each row is named by its first cell. Wide ones scroll by themselves. */
export function pageTable(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly HtmlValue[])[],
): Html {
  const kind = (i: number) => columns[i]?.isNumber ? "number" : "cell";
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><thead><tr>${
    columns.map(({ title }, i) => markup`<th scope="col" class="${kind(i)}">${title}</th>`)
  }</tr></thead><tbody>${
    rows.map(([first, ...others]) =>
      markup`<tr><th scope="row">${first}</th>${
        others.map((cell, i) => markup`<td class="${kind(i + 1)}">${cell}</td>`)
      }</tr>`
    )
  }</tbody></table></div>`;
}

/** What is empty is left out. */
export function factList(facts: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  return markup`<dl class="facts">${
    facts.filter(([, value]) => value !== "" && value !== undefined).map(([name, value]) =>
      markup`<dt>${name}</dt><dd>${value}</dd>`
    )
  }</dl>`;
}

export function note(...parts: readonly HtmlValue[]): Html {
  return markup`<p class="note">${parts}</p>`;
}

export function command(line: string): Html {
  return markup`<code>${line}</code>`;
}
