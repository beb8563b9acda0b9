/** T26: texts made to cost time and memory, each with what must be said of it. */

export interface Bomb {
  readonly make: () => string;
  /** What is said of it. */
  readonly said: RegExp;
  /** As many elements as a file may have: it costs what an honest file of its length costs. */
  readonly isLong?: true;
}

const numbered = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");

/** Each level names the one below it nine times. */
const laughs = (levels: number) =>
  `a0: &a0 [x, x]\n${numbered(levels, (i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)}`;

const sweeping = (sweep: string) => `{ id: a, model: m.ts, steps: 1, sweep: ${sweep} }`;

const axes = (count: number, values: string) =>
  sweeping(`{ ${Array.from({ length: count }, (_, i) => `x${i}: ${values}`).join(", ")} }`);

const DEEP = /nested more than 100 deep/;
const ELEMENTS = /more than 500,000 elements/;
const REFERENCES = /more than 10,000 anchors, aliases and tags/;
const GROWS = /With its aliases written out the document has more than 1,000,000 values/;

export const BOMBS: { readonly [name: string]: Bomb } = {
  // Aliases and merge keys.
  "billion laughs in lists": { make: () => laughs(40), said: GROWS },
  "billion laughs in mappings": {
    make: () =>
      `a0: &a0 {x: 1}\n${numbered(40, (i) => `a${i + 1}: &a${i + 1} {p: *a${i}, q: *a${i}}`)}`,
    said: GROWS,
  },
  "billion laughs in merge keys": {
    make: () =>
      `a0: &a0 {x: 1}\n${
        numbered(40, (i) => `a${i + 1}: &a${i + 1} {<<: [${`*a${i},`.repeat(9)}], y${i}: 1}`)
      }`,
    said: GROWS,
  },
  "billion laughs as the parameters of a job": {
    make: () =>
      `id: a\nmodel: m.ts\nsteps: 1\nparameters:\n${laughs(40).replaceAll(/^/gm, "  ")}\n`,
    said: GROWS,
  },
  "billion laughs in block style": {
    make: () =>
      `a0: &a0\n- x\n- x\n${
        numbered(40, (i) => `a${i + 1}: &a${i + 1}\n${`- *a${i}\n`.repeat(9)}`)
      }`,
    said: GROWS,
  },
  "billion laughs over the documents of a file": {
    make: () => `${laughs(8)}\n---\n`.repeat(100),
    said: GROWS,
  },
  "a large list named many times": {
    make: () => `a: &a [${"x,".repeat(5000)}]\nb: [${"*a,".repeat(5000)}]`,
    said: GROWS,
  },
  "a large mapping merged many times": {
    make: () =>
      `a: &a { ${numbered(1000, (i) => ` k${i}: 1,`)} }\n${
        numbered(2000, (i) => `b${i}: {<<: *a}`)
      }`,
    said: GROWS,
  },
  "a large mapping merged many times into one": {
    make: () =>
      `a: &a { ${numbered(1000, (i) => ` k${i}: 1,`)} }\nb: {<<: [${"*a,".repeat(5000)}]}`,
    said: GROWS,
  },
  "a chain of aliases": {
    make: () => `a0: &a0 [1]\n${numbered(4000, (i) => `a${i + 1}: &a${i + 1} [*a${i}]`)}`,
    said: DEEP,
  },
  "an anchor within itself": {
    make: () => "id: &a [*a, *a, {b: *a}]",
    said: /\*a stands within itself/,
  },
  "one anchor named again and again": {
    make: () => numbered(9000, (i) => `a${i}: &a ${i}`) + "\nid: *a\n",
    said: /Unknown key "a0"/,
    isLong: true,
  },
  // Depth.
  "lists 10,000 deep": { make: () => "[".repeat(10_000), said: DEEP },
  "closed lists 10,000 deep": {
    make: () => "[".repeat(10_000) + "]".repeat(10_000),
    said: DEEP,
  },
  "lists a million deep": { make: () => "[".repeat(1_000_000), said: DEEP },
  "mappings 10,000 deep": { make: () => "{a: ".repeat(10_000), said: DEEP },
  "lists over lines, 10,000 deep": { make: () => "[\n".repeat(10_000), said: DEEP },
  "lists behind words, 10,000 deep": { make: () => "[a: ".repeat(10_000), said: DEEP },
  "dashes 10,000 deep": { make: () => "- ".repeat(10_000) + "a", said: DEEP },
  "question marks 10,000 deep": { make: () => "? ".repeat(10_000) + "a", said: DEEP },
  "indentation 2,000 deep": {
    make: () => numbered(2000, (i) => " ".repeat(i) + "a:"),
    said: DEEP,
  },
  "depth behind an open quote": {
    make: () => `x: a "\n${"[a,".repeat(100_000)}`,
    said: DEEP,
  },
  "depth behind anchors": { make: () => "&a [".repeat(9000), said: DEEP },
  "depth behind tags": { make: () => "!!seq [".repeat(9000), said: DEEP },
  // Large numbers of anything.
  "a million numbers": { make: () => `x: [${"1,".repeat(1_000_000)}]`, said: ELEMENTS },
  "a million documents": { make: () => "---\n".repeat(1_000_000), said: ELEMENTS },
  "a hundred thousand documents": {
    make: () => "--- a\n".repeat(100_000),
    said: /"manifest" must be a job or a list of jobs/,
    isLong: true,
  },
  "a million comments": { make: () => "# x\n".repeat(1_000_000), said: ELEMENTS },
  "a comment of 15 MB": { make: () => `# ${"x".repeat(15_000_000)}`, said: /holds no job/ },
  "a hundred thousand tags": { make: () => "!a ".repeat(100_000), said: REFERENCES },
  "a tag of 15 MB": {
    make: () => `id: !${"x".repeat(15_000_000)} a`,
    said: /The tag "!x+…" means nothing here/,
  },
  "a hundred thousand anchors": { make: () => "&a ".repeat(100_000), said: REFERENCES },
  "an anchor of 15 MB": {
    make: () => `id: &${"x".repeat(15_000_000)} a`,
    said: /Job "a" has no "model"/,
  },
  "a hundred thousand directives": {
    make: () => "%TAG ! tag:x,2000:\n".repeat(100_000) + "---\nid: a\n",
    said: REFERENCES,
  },
  "a hundred thousand brackets too many": {
    make: () => "}".repeat(100_000),
    said: /This closes or divides nothing/,
  },
  "a million wrong escapes": {
    make: () => `a: "${"\\x".repeat(1_000_000)}"`,
    said: /more than 10,000 backslashes/,
  },
  "nine thousand wrong escapes": {
    make: () => `a: "${"\\q".repeat(9000)}"`,
    said: /Invalid escape sequence/,
  },
  "ten thousand wrong lines": {
    make: () => "a b: c: d\n".repeat(10_000),
    said: /A second mapping begins/,
    isLong: true,
  },
  "a hundred thousand keys": {
    make: () => numbered(100_000, (i) => `k${i}: 1`),
    said: /neither a job nor a list of jobs/,
    isLong: true,
  },
  "a hundred thousand equal keys": {
    make: () => "id: 1\n".repeat(100_000),
    said: /Key "id" stands twice in the same mapping/,
    isLong: true,
  },
  "a key of 15 MB": { make: () => `${"k".repeat(15_000_000)}: 1`, said: /at most 1024 chars/ },
  "a text of 15 MB where a number belongs": {
    make: () => `{ id: a, model: m.ts, steps: ${"1".repeat(15_000_000)} }`,
    said: /"steps" must be a whole number, at least 1, but is "1+…"/,
  },
  "a text of 15 MB over 200,000 lines": {
    make: () =>
      `id: |\n${
        "  aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm\n".repeat(200_000)
      }`,
    said: /"aaaa bbbb .*…" cannot be the id of a job/,
  },
  "a folded text of blank lines": {
    make: () => `id: >\n${"\n".repeat(400_000)}  a\n`,
    said: /cannot be the id of a job/,
  },
  "a quoted text over 400,000 lines": {
    make: () => `id: "${"a\n ".repeat(400_000)}"\n`,
    said: /"a a a .*…" cannot be the id of a job/,
  },
  "plain text over 400,000 lines": {
    make: () => `id: a\n${"  a\n".repeat(400_000)}`,
    said: /cannot be the id/,
  },
  "300,000 colons": { make: () => `a${":".repeat(300_000)}`, said: /at most 1024 chars/ },
  "spaces before a comment, 15 MB": {
    make: () => `id: a${" ".repeat(15_000_000)}# x`,
    said: /has no "model"/,
  },
  "15 MB of carriage returns": {
    make: () => "\r".repeat(15_000_000),
    said: /"manifest" must be a job/,
  },
  "15 MB of tabs": { make: () => "\t".repeat(15_000_000), said: /The file is empty/ },
  "15 MB of dashes": { make: () => "-".repeat(15_000_000), said: /but is "-+…"/ },
  "15 MB of digits and underscores": {
    make: () => `{ id: a, model: m.ts, steps: ${"1_000".repeat(3_000_000)} }`,
    said: /"steps" must be a whole number, at least 1, but is "1_0001_000/,
  },
  "15 MB of digits in groups of three": {
    make: () => `{ id: a, model: m.ts, steps: 1${"_000".repeat(3_700_000)} }`,
    said: /"steps" must be a whole number, at least 1, but is "1_000_000/,
  },
  "a name that is nowhere, of 15 MB": {
    make: () => `id: *${"x".repeat(15_000_000)}`,
    said: /\*x+…?/,
  },
  "15 MB of one duration": {
    make: () => `{ id: a, model: m.ts, steps: 1, hang_after: ${"1h".repeat(7_000_000)} }`,
    said: /"hang_after" must be a duration/,
  },
  "defaults merged under many jobs": {
    make: () =>
      `defaults: {model: m.ts, steps: 1, sweep: [${"{x: 1, y: 2},".repeat(500)}]}\njobs:\n${
        numbered(2000, (i) => `- {id: a${i}}`)
      }`,
    said: /Value 2 of the sweep is the same as value 1/,
    isLong: true,
  },
  "50 MB": { make: () => "x".repeat(50_000_000), said: /47\.7 MiB large/ },
  // Sweeps: a few words that stand for more runs than there are atoms.
  "a count of 1e12": {
    make: () => sweeping("{ x: { from: 0, to: 1, count: 1e12 } }"),
    said: /The sweep has 1,000,000,000,000 points/,
  },
  "a count of 2^53": {
    make: () => sweeping("{ x: { from: 0, to: 1, count: 9007199254740991 } }"),
    said: /The sweep has 9,007,199,254,740,991 points/,
  },
  "a count of 1e308": {
    make: () => sweeping("{ x: { from: 0, to: 1, count: 1e308 } }"),
    said: /beyond 2\^53/,
  },
  "a step of 1e-300": {
    make: () => sweeping("{ x: { from: 0, to: 1, step: 1e-300 } }"),
    said: /so fine that neighbouring values are equal/,
  },
  "a step of the smallest number": {
    make: () => sweeping("{ x: { from: -1.7e308, to: 1.7e308, step: 5e-324 } }"),
    said: /so fine that neighbouring values are equal/,
  },
  "a step that is lost beside its beginning": {
    make: () => sweeping("{ x: { from: 1e16, to: 1.0000000000000002e16, step: 0.5 } }"),
    said: /so fine that neighbouring values are equal/,
  },
  "a range without end": {
    make: () => sweeping("{ x: { from: 0, to: .inf, step: 1 } }"),
    said: /"sweep.x.to" must be a finite number/,
  },
  "a range of nothing that is a number": {
    make: () => sweeping("{ x: { from: .nan, to: 1, count: 5 } }"),
    said: /"sweep.x.from" must be a finite number/,
  },
  "40 axes of 1,000 values": {
    make: () => axes(40, "{ from: 1, to: 1000, count: 1000 }"),
    said: /The sweep has more points than can be counted/,
  },
  "40 axes of two values": {
    make: () => axes(40, "[0, 1]"),
    said: /The sweep has 1,099,511,627,776 points/,
  },
  "10,000 axes of two values": {
    make: () => axes(10_000, "[0, 1]"),
    said: /The sweep has more points than can be counted/,
    isLong: true,
  },
  "a list of 300,000 equal values": {
    make: () => sweeping(`{ x: [${"1,".repeat(300_000)}] }`),
    said: /is the same as value 1/,
    isLong: true,
  },
  "100,000 points that name different parameters": {
    make: () => sweeping(`[${numbered(100_000, (i) => `{ p${i}: 1 },`)}]`),
    said: ELEMENTS,
  },
};
