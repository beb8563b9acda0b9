/** What of a run stands in the journal itself, and from which size on it is a file. */

/** Longer series and results are files; shorter ones stand in the journal. */
export const SERIES_INLINE_CHARACTERS_MAX = 4096;
export const LOG_INLINE_CHARACTERS_MAX = 2048;
export const RESULT_INLINE_CHARACTERS_MAX = 1 << 16;
export const RESULT_CHARACTERS_MAX = 1 << 26;
/** A log of a run that lives longer than this goes to disk while it runs. */
export const LOG_TO_DISK_AFTER_MS = 1000;
