/** Source text for tests about the source: without comments, and without what stands in strings. */

export interface Source {
  /** Relative to the root, e.g. `src/plan/plan.ts`. */
  readonly path: string;
  readonly text: string;
  /** Comments blanked out, strings kept. */
  readonly code: string;
  /** Comments and the content of strings and regular expressions blanked out. */
  readonly bare: string;
  /** What it imports or re-exports, as written, `import()` included. */
  readonly imports: readonly string[];
  /** Those of them that are loaded with the file, not later by `import()`. */
  readonly staticImports: readonly string[];
}

export function readSource(root: string, path: string): Source {
  const text = Deno.readTextFileSync(`${root}/${path}`);
  const { code, bare } = strip(text);
  const imports = importsOf(code, bare);
  const staticImports = imports.filter(({ isLazy }) => !isLazy).map(({ name }) => name);
  return { path, text, code, bare, imports: imports.map(({ name }) => name), staticImports };
}

/** All TypeScript files below a folder, sorted. */
export function sourcesBelow(root: string, folder: string): Source[] {
  const found: Source[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(`${root}/${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...sourcesBelow(root, path));
    else if (name.endsWith(".ts")) found.push(readSource(root, path));
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Blanks out what is no code; lengths and lines stay as they are. */
export function strip(text: string): { code: string; bare: string } {
  const code = [...new Array(text.length).keys()].map((i) => text[i]!);
  const bare = [...code];
  const blank = (list: string[], from: number, to: number) => {
    for (let i = from; i < to; i++) if (list[i] !== "\n") list[i] = " ";
  };
  let at = 0;
  let before = "";
  /** Depth of braces for each template literal whose `${` is open. */
  const templates: number[] = [];
  let depth = 0;
  const template = (from: number) => {
    let end = from;
    while (end < text.length && text[end] !== "`" && !text.startsWith("${", end)) {
      end += text[end] === "\\" ? 2 : 1;
    }
    blank(bare, from, end);
    if (text[end] === "`") return end + 1;
    templates.push(depth++);
    return end + 2;
  };
  while (at < text.length) {
    const char = text[at]!;
    const next = text[at + 1];
    if (char === "/" && next === "/") {
      const end = endOf(text, at, "\n");
      blank(code, at, end);
      blank(bare, at, end);
      at = end;
      continue;
    }
    if (char === "/" && next === "*") {
      const end = text.indexOf("*/", at + 2) + 2;
      blank(code, at, end);
      blank(bare, at, end);
      at = end;
      continue;
    }
    if (char === '"' || char === "'") {
      const end = closing(text, at + 1, char);
      blank(bare, at + 1, end);
      at = end + 1;
    } else if (char === "`") {
      at = template(at + 1);
    } else if (char === "/" && beginsPattern(before, text, at)) {
      const end = endOfPattern(text, at + 1);
      blank(bare, at + 1, end);
      at = end + 1;
    } else {
      if (char === "{") depth++;
      if (char === "}") depth--;
      at++;
      if (char === "}" && templates.at(-1) === depth) {
        templates.pop();
        at = template(at);
      }
    }
    if (!/\s/.test(char)) before = char;
  }
  return { code: code.join(""), bare: bare.join("") };
}

function importsOf(code: string, bare: string): { name: string; isLazy: boolean }[] {
  return [...bare.matchAll(/\b(?:from|import)\s*(\(?)\s*"( *)"/g)].map((match) => {
    const end = match.index + match[0].length - 1;
    return { name: code.slice(end - match[2]!.length, end), isLazy: match[1] === "(" };
  });
}

/** A slash divides behind a name, a number or a closing bracket; anywhere else it begins a pattern. */
function beginsPattern(before: string, text: string, at: number): boolean {
  if (before === "") return true;
  if (!/[\w$)\]}"'`]/.test(before)) return true;
  return /\b(?:return|typeof|case)\s*$/.test(text.slice(Math.max(0, at - 10), at));
}

function endOfPattern(text: string, from: number): number {
  let inClass = false;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "[") inClass = true;
    else if (text[at] === "]") inClass = false;
    else if (text[at] === "/" && !inClass) return at;
  }
  return text.length;
}

function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return text.length;
}

function endOf(text: string, from: number, mark: string): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}
