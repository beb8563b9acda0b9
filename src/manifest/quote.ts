/** What a user wrote, as it stands in a sentence: in quotes, and cut, for it may be of any length. Pure. */

/** A sentence of more characters is read by nobody. */
const SENTENCE_CHARACTERS_MAX = 600;

/** Text in quotes, cut where it is too long for a sentence. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

/** The beginning of a text that is too long. */
export function shorten(text: string, charactersMax = 60): string {
  return text.length > charactersMax ? `${text.slice(0, charactersMax - 3)}…` : text;
}

/** A sentence about something that may have a name of megabytes. */
export function bounded(sentence: string): string {
  return shorten(sentence, SENTENCE_CHARACTERS_MAX);
}
