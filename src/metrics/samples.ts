/** Numbers by metric and label values, to be added up; and their text in Prometheus's exposition format. */
import { type LabelValues, type Metric, type MetricName, METRICS } from "./metric_table.ts";

/** Observations, counted by the first bound that they do not exceed. */
interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum: number;
}

/** Between the values of labels in a key; in no job's id, and taken out of anything else. */
const SEPARATOR = "\0";

export class Samples {
  readonly #numbers = new Map<MetricName, Map<string, number>>();
  readonly #histograms = new Map<MetricName, Map<string, Histogram>>();

  /** What has the same labels is added up. */
  add<N extends MetricName>(name: N, by: number, ...labels: LabelValues<N>): void {
    let numbers = this.#numbers.get(name);
    if (numbers === undefined) this.#numbers.set(name, numbers = new Map());
    const key = keyOf(labels);
    numbers.set(key, (numbers.get(key) ?? 0) + by);
  }

  observe<N extends MetricName>(
    name: N,
    value: number,
    bounds: readonly number[],
    ...labels: LabelValues<N>
  ): void {
    let histograms = this.#histograms.get(name);
    if (histograms === undefined) this.#histograms.set(name, histograms = new Map());
    const key = keyOf(labels);
    let one = histograms.get(key);
    if (one === undefined) {
      one = { bounds, counts: new Array(bounds.length + 1).fill(0), sum: 0 };
      histograms.set(key, one);
    }
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    one.counts[at]!++;
    one.sum += value;
  }

  /** Lines of one metric, without its head. */
  *lines({ name, labels }: Metric, tree: string): IterableIterator<string> {
    const before = `tree="${escapeValue(tree)}"`;
    for (const [key, value] of this.#numbers.get(name as MetricName) ?? []) {
      yield `${name}{${before}${labelText(labels, key)}} ${numberText(value)}\n`;
    }
    for (const [key, { bounds, counts, sum }] of this.#histograms.get(name as MetricName) ?? []) {
      const inner = before + labelText(labels, key);
      let total = 0;
      for (const [i, count] of counts.entries()) {
        total += count;
        yield `${name}_bucket{${inner},le="${numberText(bounds[i] ?? Infinity)}"} ${total}\n`;
      }
      yield `${name}_sum{${inner}} ${numberText(sum)}\n${name}_count{${inner}} ${total}\n`;
    }
  }
}

/** Format 0.0.4. Metrics of which nothing is known have no lines. */
export function expositionText(tree: string, parts: readonly Samples[]): string {
  let text = "";
  for (const metric of METRICS) {
    let lines = "";
    for (const part of parts) {
      for (const line of part.lines(metric, tree)) lines += line;
    }
    if (lines === "") continue;
    text += `# HELP ${metric.name} ${metric.help}.\n# TYPE ${metric.name} ${metric.type}\n${lines}`;
  }
  return text;
}

function keyOf(values: readonly string[]): string {
  if (values.length < 2) return values[0] ?? "";
  return values.map((value) => value.replaceAll(SEPARATOR, "")).join(SEPARATOR);
}

function labelText(labels: readonly string[], key: string): string {
  if (labels.length === 0) return "";
  const values = labels.length === 1 ? [key] : key.split(SEPARATOR);
  return labels.map((label, i) => `,${label}="${escapeValue(values[i]!)}"`).join("");
}

function escapeValue(value: string): string {
  return value.replace(/[\\"\n]/g, (one) => one === "\n" ? "\\n" : `\\${one}`);
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
