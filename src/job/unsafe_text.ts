/** What of a text must not reach a terminal as it is. */

/** C0 and C1 controls, DEL, line and paragraph separators, and the marks that reorder text. */
export const UNSAFE =
  // deno-lint-ignore no-control-regex -- finding control characters is what it is for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
