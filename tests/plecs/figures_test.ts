/** Figures of a signal, against what can be reckoned by hand, and piece by piece the same. */
import assert from "node:assert/strict";
import { SIGNAL_FIGURES } from "../../src/job/plecs.ts";
import { addPiece, EMPTY_SUM, figureOf, thinned } from "../../src/plecs/figures.ts";

type Window = { readonly from?: number; readonly to?: number };

function figures(time: readonly number[], values: readonly number[], window: Window = {}) {
  const sum = addPiece(EMPTY_SUM, window, Float64Array.from(time), Float64Array.from(values));
  return Object.fromEntries(SIGNAL_FIGURES.map((of) => [of, figureOf(sum, of)]));
}

Deno.test("mean and rms are over time, not over samples", () => {
  // A line from 0 to 1, sampled densely at its beginning.
  const found = figures([0, 0.001, 0.002, 0.003, 1], [0, 0.001, 0.002, 0.003, 1]);
  assert.ok(Math.abs(found.mean! - 0.5) < 1e-15);
  assert.ok(Math.abs(found.rms! - Math.sqrt(1 / 3)) < 1e-15);
  assert.deepEqual([found.last, found.min, found.max, found.pp], [1, 0, 1, 1]);
});

Deno.test("a window cuts the signal where it begins and ends, between samples too", () => {
  const found = figures([0, 1, 2], [0, 10, 0], { from: 0.5, to: 1.75 });
  assert.deepEqual([found.last, found.min, found.max, found.pp], [2.5, 2.5, 10, 7.5]);
  assert.equal(found.mean, (0.5 * 7.5 + 0.75 * 6.25) / 1.25);
  const point = figures([0, 1, 2], [0, 10, 0], { from: 1, to: 1 });
  assert.deepEqual([point.last, point.mean, point.rms, point.pp], [10, 10, 10, 0]);
  assert.deepEqual(figures([0, 1], [1, 1], { from: 5 }).last, undefined);
});

Deno.test("two samples at one time are a jump, and a square wave has its own mean and rms", () => {
  const time = [0, 0.25, 0.25, 1];
  const found = figures(time, [4, 4, 0, 0]);
  assert.deepEqual([found.mean, found.rms, found.pp], [1, 2, 4]);
});

Deno.test("what is no number makes figures of its window none, and no others", () => {
  const found = figures([0, 1, 2, 3], [1, NaN, 1, 1]);
  assert.ok(Number.isNaN(found.mean!) && Number.isNaN(found.max!) && found.last === 1);
  assert.equal(figures([0, 1, 2, 3], [1, NaN, 1, 1], { from: 2 }).mean, 1);
});

Deno.test("a signal in pieces has the figures of the whole", () => {
  const time = Float64Array.from({ length: 61 }, (_, i) => i / 10);
  const values = time.map((t) => Math.sin(3 * t) + t);
  const window = { from: 0.55, to: 5.05 };
  const whole = addPiece(EMPTY_SUM, window, time, values);
  let sum = EMPTY_SUM;
  // The border belongs to both pieces, as PLECS answers it.
  for (let at = 0; at < 60; at += 12) {
    const piece = (all: Float64Array) => all.slice(at, at + 13);
    sum = addPiece(JSON.parse(JSON.stringify(sum)), window, piece(time), piece(values));
  }
  for (const of of SIGNAL_FIGURES) {
    assert.ok(Math.abs(figureOf(sum, of)! - figureOf(whole, of)!) < 1e-13, of);
  }
});

Deno.test("thinned() keeps both ends, no more than it may, in order, spread over time", () => {
  const time = Float64Array.from({ length: 1000 }, (_, i) => (i / 999) ** 3);
  for (const most of [2, 3, 10, 999]) {
    const places = thinned(time, most);
    assert.ok(places.length <= most && places.length >= Math.min(most, 300), `${places.length}`);
    assert.deepEqual([places[0], places.at(-1)], [0, 999]);
    assert.ok(places.every((place, i) => i === 0 || place > places[i - 1]!));
  }
  const gaps = thinned(time, 11).map((place) => time[place]!);
  assert.ok(gaps.every((t, i) => Math.abs(t - i / 10) < 0.004), `${gaps}`);
  assert.deepEqual(thinned(Float64Array.from([1, 2]), 5), [0, 1]);
});
