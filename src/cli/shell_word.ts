/** A word as a shell takes it, for the commands that are shown to be typed. Pure. */
import { safeText } from "../screen/safe_text.ts";

export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (safeText(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  // What must not reach the terminal is written as bash, zsh and ksh read it.
  const characters = [...word].map((char) => {
    if (char === "'" || char === "\\") return `\\${char}`;
    return safeText(char) === char ? char : `\\u${hex(char)}`;
  });
  return `$'${characters.join("")}'`;
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(4, "0");
}
