/** Colours that most can tell apart who do not see all of them (Okabe and Ito, 2008): of figures and of pages. Pure. */

/** On white, in the order in which groups get them; their yellow is too light and is not among them. */
export const PALETTE = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
  "#000000",
] as const;

/** The same on a dark ground: lighter where they would drown. */
export const PALETTE_DARK = [
  "#4BA3DB",
  "#F0803C",
  "#2CC295",
  "#E09BC4",
  "#F2B736",
  "#8CCDF2",
  "#F2F2F2",
] as const;
