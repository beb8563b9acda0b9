/** How Slurm numbers the tasks of an array. */

/**
 * What was taken out of the queue before it began has lost its index: `NO_VAL` in Slurm's own words. A job that is no
 * array has none.
 */
export const NO_INDEX = 4_294_967_294;
