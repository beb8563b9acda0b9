/** The index of templates names what exists, and the basic template's model is right. */
import assert from "node:assert/strict";
import * as logistic from "../../templates/basic/models/logistic.ts";
import { bareRun } from "./bare.ts";

interface Template {
  readonly about: string;
  readonly files: { readonly [target: string]: string };
}

const INDEX = new URL("../../templates/templates.json", import.meta.url);
const templates: { readonly [name: string]: Template } = JSON.parse(Deno.readTextFileSync(INDEX));

Deno.test("templates.json names files that exist, one manifest a template, and nothing outside the new folder", () => {
  const modules = ["basic", "climate", "ising", "heat"];
  const commands = ["shell", "python", "ngspice", "lammps"];
  assert.deepEqual(Object.keys(templates), [...modules, ...commands, "slurm", "plecs"]);
  for (const { about, files } of Object.values(templates)) {
    assert.ok(about.length > 20 && about.length < 90);
    for (const [target, source] of Object.entries(files)) {
      assert.match(target, /^(models\/)?[a-z_]+\.(yaml|ts|js|c|wasm|sh|py|cir|melt)$/);
      assert.ok(Deno.statSync(new URL(source, INDEX)).size > 0);
    }
    assert.equal(Object.keys(files).filter((target) => target.endsWith(".yaml")).length, 1);
  }
});

Deno.test("a template's manifest names models that the template brings along", () => {
  for (const { files } of Object.values(templates)) {
    const manifest = Object.keys(files).find((target) => target.endsWith(".yaml"))!;
    const text = Deno.readTextFileSync(new URL(files[manifest]!, INDEX));
    // Nobody but PLECS makes a model of PLECS: it is the user's own.
    if (/^ {2}plecs: /m.test(text)) continue;
    const models = [...text.matchAll(/^\s*model: (\S+)$/gm)].map(([, path]) => path!);
    // Words of commands that name files beside the manifest.
    const own = [...text.matchAll(/[ [](?:\.\/)([\w.]+)/g)].map(([, path]) => path!);
    assert.ok(models.length + own.length > 0);
    for (const file of [...models, ...own]) assert.ok(file in files, `${manifest} needs ${file}`);
  }
});

Deno.test("the logistic map is stable at r = 2.8 with exponent ln |2 - r|, and chaotic at r = 4 with ln 2", () => {
  const lyapunov = (r: number) => {
    const { state } = bareRun<ReturnType<typeof logistic.init>>(logistic, 200_000, { r });
    return logistic.measure(state).lyapunov;
  };
  assert.ok(Math.abs(lyapunov(2.8) - Math.log(0.8)) < 1e-3);
  assert.ok(Math.abs(lyapunov(4) - Math.LN2) < 5e-3);
});
