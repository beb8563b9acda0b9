/** The shape of a value that is one of a few words. */
import type { YamlNode } from "./node.ts";
import { mustBe, type Report, type Shape } from "./shape.ts";
import { didYouMean } from "./suggest.ts";

/**
 * One of the words, each with what it stands for; `synonyms` are words that others use for one of them, and
 * lead to a hint.
 */
export function choice<V>(
  words: { readonly [word: string]: V },
  synonyms: { readonly [word: string]: string } = {},
): Shape<V> {
  const known = Object.keys(words);
  return {
    schema: { enum: known },
    read(node: YamlNode, name: string, report: Report): V | undefined {
      const value = node.kind === "scalar" ? node.value : undefined;
      if (typeof value === "string" && Object.hasOwn(words, value)) return words[value];
      const written = String(value);
      const hint = Object.hasOwn(synonyms, written)
        ? `Write ${synonyms[written]}.`
        : didYouMean(written, known);
      const wanted = `${known.slice(0, -1).join(", ")} or ${known.at(-1)}`;
      return mustBe(node, name, wanted, report, hint);
    },
  };
}
