/** A figure's SVG as PNG: resvg in WebAssembly, and a font of our own, for clusters have none. */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { Fault } from "../job/fault.ts";
// Imported so that it is fetched, and part of an executable; the font beside it is read as a file.
import metadata from "@expo-google-fonts/arimo/metadata.json" with { type: "json" };

/** Pixels for each of the figure's: about 250 dots an inch in a column of a paper. */
const ZOOM = 3;
const WASM = "@resvg/resvg-wasm/index_bg.wasm";
const FONT = "@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf";
const BOLD = "@expo-google-fonts/arimo/700Bold/Arimo_700Bold.ttf";

let isReady: Promise<void> | undefined;

export async function pngOf(svg: string): Promise<Uint8Array> {
  isReady ??= initWasm(await read(WASM));
  await isReady;
  const fontBuffers = [await read(FONT), await read(BOLD)];
  const resvg = new Resvg(svg, {
    fitTo: { mode: "zoom", value: ZOOM },
    background: "white",
    font: { fontBuffers, loadSystemFonts: false, defaultFontFamily: metadata.family },
  });
  try {
    return resvg.render().asPng();
  } finally {
    resvg.free();
  }
}

async function read(name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(new URL(import.meta.resolve(name)));
  } catch (cause) {
    throw new Fault("io", `A PNG needs ${name}, which this simrun cannot read.`, {
      hint: "Write the figure as .svg; browsers and Inkscape make a PNG of it.",
      cause,
    });
  }
}
