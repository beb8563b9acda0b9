/** The package that reads globs, loaded at need: see `globs.ts`. */
import picomatch from "picomatch";

export const compile: (globs: string[]) => (name: string) => boolean = (globs) => picomatch(globs);
