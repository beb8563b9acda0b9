/** `simrun results --plot`: pictures in the terminal and as files, and every mistake in asking for one. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/job/fault.ts";
import { withTree } from "./result_tree.ts";

Deno.test("simrun results --plot draws with the model's units, groups and repeats; plain when piped", async () => {
  await withTree(async (ask) => {
    const { code, out, err } = await ask("--plot", "x=co2,y=whole,by=scheme");
    assert.equal(code, 0, err);
    assert.match(out, /^whole\n/);
    assert.match(out, /^ +co2 \(ppm\)$/m);
    assert.ok(out.includes("\nscheme: ● euler  ▲ rk4\n"), out);
    assert.ok(!out.includes("\x1b"));
    assert.ok(out.split("\n").every((line) => line.length <= 80));
    const repeats = await ask("--plot", "x=co2,y=mean");
    assert.match(repeats.out, /mean ± standard deviation of 2 runs\n$/);
    assert.match(repeats.err, /^2 values that are missing or NaN are not drawn\.$/m);
    const series = await ask("--series", "--plot", "x=step,y=x,by=co2", "--where", "co2 < 3");
    assert.ok(series.out.includes("\nco2 (ppm): ● 1  ▲ 2\n"), series.out);
  });
});

Deno.test("simrun results --plot -o writes an SVG and a PNG, and refuses what is no picture", async () => {
  await withTree(async (ask, cwd) => {
    assert.match((await ask("--plot", "x=co2,y=whole", "-o", "a.svg")).err, /^Wrote a\.svg\.$/m);
    assert.match(await Deno.readTextFile(`${cwd}/a.svg`), />co2 \(ppm\)<\/text>/);
    const made = await ask("--plot", "x=co2,y=whole", "-o", "a.png");
    assert.equal(made.code, 0, made.err);
    const png = await Deno.readFile(`${cwd}/a.png`);
    assert.deepEqual([...png.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
    const width = new DataView(png.buffer).getUint32(16);
    assert.ok(width > 1200 && width < 3000, `${width} pixels`);

    const table: readonly (readonly [args: readonly string[], said: RegExp])[] = [
      [["--plot", "x=co3,y=mean"], /no column "co3"\.\n.*Did you mean co2\?/],
      [["--plot", "x=co2,y=mean", "--where", "co2 > 9"], /Nothing can be drawn: there are no rows/],
      [
        ["--plot", "x=co2,y=mean", "-o", "a.pdf"],
        /cannot be written as "a\.pdf"\.\n.*\.svg or \.png/,
      ],
      [["--plot", "x=co2,y=mean", "-o", "a.svg"], /a\.svg is there already/],
      [["--plot", "x=co2,y=mean", "--format", "csv"], /--format has no meaning beside it/],
      [["--series", "--plot", "x=step,y=mean"], /the series have no column "mean"/],
      [["-o", "c.svg"], /A figure needs --plot/],
    ];
    for (const [args, said] of table) {
      const { code, out, err } = await ask(...args);
      assert.match(err, said, args.join(" "));
      assert.deepEqual([code, out], [EXIT.usage.status, ""], args.join(" "));
    }
  });
});
