/** A plot as SVG, by Vega: texts stay texts. Loaded only when a figure is asked for; asks the world for nothing. */
import * as vega from "vega";
import type { Plot } from "../report/plot_data.ts";
import { figureSpec } from "./figure_spec.ts";

export async function figureSvg(plot: Plot): Promise<string> {
  measureLikeArial();
  const view = new vega.View(vega.parse(figureSpec(plot) as unknown as vega.Spec), {
    renderer: "none",
  });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Without a canvas Vega takes every letter for equally wide, and puts titles far from their axes. */
function measureLikeArial(): void {
  const metrics = (vega as unknown as { textMetrics: TextMetrics }).textMetrics;
  metrics.width = (item, text) => {
    const shown = text ?? item.text;
    const longest = Array.isArray(shown) ? shown.join("") : String(shown ?? "");
    return textWidth(longest) * (item.fontSize ?? 11);
  };
}

interface TextMetrics {
  width: (item: { readonly text?: unknown; readonly fontSize?: number }, text?: unknown) => number;
}

/** In thousandths of the size, of the characters from space to tilde: Arial, and all that are made to its measure. */
const WIDTHS =
  ("278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 " +
    "556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 " +
    "667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 " +
    "556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584")
    .split(" ").map(Number);

function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += WIDTHS[char.codePointAt(0)! - 32] ?? 556;
  return width / 1000;
}
