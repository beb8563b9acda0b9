/** The governor on machines of a test's own: others come, compete and go, and it must give way without unrest. */
import assert from "node:assert/strict";
import { Governor, type LoadSample } from "../../src/campaign/governor.ts";
import { type Seeded, seeded } from "../helpers/seeded.ts";
import { cases, seedOf } from "../helpers/torture.ts";

/** How cores are shared out where there are more tasks than cores. */
type Sharing =
  /** Slots are nicer than others: they get what is left, and a tenth where there is nothing. */
  | "by niceness"
  /** All tasks alike: a system on which niceness does not count. */
  | "by task"
  /** Others and slots are two groups that get the same. */
  | "by group";

interface Machine {
  readonly cores: number;
  readonly sharing: Sharing;
  /** Whether it tells how many tasks wait for a core. */
  readonly tellsWaiting: boolean;
  /** Of what is measured of others, in cores. */
  readonly noise: number;
}

/** Cores that others get who want so many, beside so many slots at work. */
function shareOf({ cores, sharing }: Machine, others: number, slots: number): number {
  if (others + slots <= cores) return others;
  switch (sharing) {
    case "by niceness":
      return Math.min(others, cores * others / (others + 0.11 * slots));
    case "by task":
      return cores * others / (others + slots);
    case "by group":
      return Math.min(others, Math.max(cores / 2, cores - slots));
  }
}

/** A campaign on such a machine, a second at a time. */
class Course {
  readonly governor = new Governor();
  readonly slots: number[] = [];
  wished: number;
  #nowMs = 0;
  readonly #machine: Machine;
  readonly #random: Seeded;

  constructor(machine: Machine, wished: number, random: Seeded) {
    this.#machine = machine;
    this.wished = wished;
    this.#random = random;
  }

  get now(): number {
    return this.slots.at(-1) ?? this.wished;
  }

  /** How often the number of slots changed, and how often upwards. */
  get changes(): number {
    return this.slots.filter((slots, i) => slots !== (this.slots[i - 1] ?? this.wished)).length;
  }

  get rises(): number {
    return this.slots.filter((slots, i) => slots > (this.slots[i - 1] ?? this.wished)).length;
  }

  passes(seconds: number, othersAt: (second: number) => number): void {
    for (let second = 0; second < seconds; second++) this.#second(othersAt(second));
  }

  #second(wanted: number): void {
    const { cores, noise, tellsWaiting } = this.#machine;
    const got = shareOf(this.#machine, wanted, this.now);
    const others = Math.max(0, Math.min(cores, got + (this.#random.next() * 2 - 1) * noise));
    const isFull = wanted + this.now > cores - 0.3;
    // What computes at one moment is a whole number.
    const wanting = Math.floor(wanted) + (this.#random.next() < wanted % 1 ? 1 : 0);
    this.#nowMs += 1000;
    const sample: LoadSample = {
      atMs: this.#nowMs,
      cores,
      others,
      ...(tellsWaiting && isFull && { wanting }),
    };
    const slots = this.governor.observe(sample, this.wished);
    this.slots.push(Math.min(slots, this.wished));
    assert.ok(this.now >= 1 && this.now <= this.wished, `${this.now} of ${this.wished} slots`);
    assert.ok(Number.isInteger(this.now));
  }
}

const QUIET: Machine = { cores: 4, sharing: "by niceness", tellsWaiting: false, noise: 0.05 };

Deno.test("Governor leaves all slots to a campaign that is alone, also where there are more than cores", () => {
  for (const wished of [1, 3, 4, 16]) {
    const course = new Course(QUIET, wished, seeded(1));
    course.passes(600, () => 0.2);
    assert.equal(course.changes, 0, `${wished} slots`);
  }
});

Deno.test("Governor gives way within five seconds, and comes back within ten when others are gone", () => {
  for (const sharing of ["by niceness", "by task", "by group"] as const) {
    const course = new Course({ ...QUIET, sharing, tellsWaiting: true }, 4, seeded(2));
    course.passes(60, () => 0);
    course.passes(5, () => 2);
    assert.ok(course.now <= 3, `${sharing}: ${course.now} slots after 5 s`);
    course.passes(5, () => 2);
    assert.equal(course.now, 2, `${sharing}: after 10 s`);
    course.passes(300, () => 2);
    assert.equal(course.now, 2, sharing);
    assert.equal(course.rises, 0, sharing);
    course.passes(10, () => 0);
    assert.equal(course.now, 4, `${sharing}: 10 s after the others have gone`);
    assert.equal(course.rises, 1, sharing);
  }
});

Deno.test("Governor keeps one slot however much others want, and finds that out step by step", () => {
  for (const sharing of ["by niceness", "by task"] as const) {
    for (const cores of [1, 2, 4, 16]) {
      const course = new Course({ ...QUIET, cores, sharing }, cores, seeded(3));
      course.passes(60, () => 4 * cores);
      assert.equal(course.now, 1, `${sharing} on ${cores}`);
      assert.equal(course.rises, 0, `${sharing} on ${cores}`);
    }
  }
  // Two groups share alike: only those who wait tell that the others would want more.
  const blind = new Course({ ...QUIET, sharing: "by group" }, 4, seeded(4));
  blind.passes(60, () => 8);
  assert.equal(blind.now, 2);
  const seeing = new Course({ ...QUIET, sharing: "by group", tellsWaiting: true }, 4, seeded(4));
  seeing.passes(60, () => 8);
  assert.equal(seeing.now, 1);
});

Deno.test("Governor rests beside others who always want the same, whatever that is", () => {
  for (let wanted = 0; wanted < 5; wanted += 0.1) {
    const course = new Course(QUIET, 4, seeded(7));
    course.passes(900, () => wanted);
    assert.equal(course.rises, 0, `${wanted.toFixed(1)} cores`);
  }
});

Deno.test("Governor does not follow others who come and go: after a few times it waits for longer", () => {
  const course = new Course(QUIET, 4, seeded(5));
  course.passes(7_200, (second) => Math.floor(second / 20) % 2 === 0 ? 3 : 0);
  assert.ok(course.rises <= 4, `it came back ${course.rises} times in two hours`);
  course.passes(301, () => 0);
  assert.equal(course.now, 4, "and does come back when they have gone for good");
});

Deno.test("Governor takes a wish that changes as the upper limit at once", () => {
  const course = new Course(QUIET, 4, seeded(6));
  course.passes(30, () => 2);
  assert.equal(course.now, 2);
  course.wished = 1;
  course.passes(30, () => 2);
  assert.equal(course.now, 1);
  course.wished = 4;
  course.passes(10, () => 2);
  assert.equal(course.now, 2);
});

Deno.test("Governor forgets what it measured before a long sleep", () => {
  const governor = new Governor();
  const observe = (atMs: number, others: number) => governor.observe({ atMs, cores: 2, others }, 2);
  for (let second = 0; second < 10; second++) observe(second * 1000, 2);
  for (let second = 10; second < 16; second++) observe(second * 1000, 0);
  assert.equal(observe(16_000, 0), 1, "it is about to come back");
  for (let second = 0; second < 4; second++) {
    assert.equal(observe(3_600_000 + second * 1000, 0), 1, "what was before says nothing");
  }
  for (let second = 4; second < 10; second++) observe(3_600_000 + second * 1000, 0);
  assert.equal(observe(3_610_000, 0), Infinity);
});

Deno.test("Governor on machines at random: what is left goes to slots, within one or two, and then it rests", () => {
  const seed = seedOf();
  const random = seeded(seed);
  for (let i = 0; i < cases({ short: 100, long: 5_000 }); i++) {
    const cores = 1 + random.below(random.next() < 0.2 ? 64 : 8);
    const machine: Machine = {
      cores,
      sharing: random.pick(["by niceness", "by task", "by group"]),
      tellsWaiting: true,
      noise: random.next() * 0.2,
    };
    const wished = 1 + random.below(cores);
    const wanted = random.next() * 1.5 * cores;
    const course = new Course(machine, wished, random);
    const words = `seed ${seed}, case ${i}: ${JSON.stringify(machine)}, ` +
      `${wished} slots, others want ${wanted.toFixed(2)}`;
    course.passes(30, () => 0);
    assert.equal(course.changes, 0, `${words}: alone`);
    course.passes(60, () => wanted);
    const fits = Math.min(wished, Math.max(1, Math.floor(cores - wanted)));
    // What is measured of many cores is not as exact.
    const most = Math.min(wished, fits + 1 + Math.ceil(cores / 50));
    assert.ok(course.now >= fits - 1 && course.now <= most, `${words}: ${course.now}, not ${fits}`);
    // Where chance decides whether one more fits, it tries that less and less often.
    const settled = course.changes;
    course.passes(900, () => wanted);
    const tried = course.changes;
    assert.ok(tried - settled <= 16, `${words}: ${tried - settled} changes at first`);
    course.passes(900, () => wanted);
    assert.ok(course.changes - tried <= 14, `${words}: ${course.changes - tried} changes at rest`);
    course.passes(310, () => 0);
    assert.equal(course.now, wished, `${words}: alone again`);
  }
});
