/** Words as a shell takes them, for the commands that are shown to be typed. Pure. */
import { UNSAFE } from "./unsafe_text.ts";

/** As it is where it means itself to every shell, else in quotes; also `plain` characters mean themselves. */
export function shellWord(word: string, plain = ""): string {
  const isPlain = word !== "" &&
    [...word].every((char) => /[\w@%+=:,./-]/.test(char) || plain.includes(char));
  if (isPlain) return word;
  if (!UNSAFE.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  // What must not reach the terminal is written as bash, zsh and ksh read it.
  const characters = [...word].map((char) => {
    if (char === "'" || char === "\\") return `\\${char}`;
    return UNSAFE.test(char) ? `\\u${hex(char)}` : char;
  });
  return `$'${characters.join("")}'`;
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(4, "0");
}
