/** The Grafana dashboard names metrics and labels that there are, says what each panel shows, and no panel hides another. */
import assert from "node:assert/strict";
import { type Metric, METRICS } from "../../src/metrics/metric_table.ts";
import { DASHBOARD, expressions } from "./grafana.ts";

const TABLE = new Map<string, Metric>(METRICS.map((metric) => [metric.name, metric]));

/** Of `simrun_x_bucket` the metric is `simrun_x`. */
function metricOf(name: string): Metric | undefined {
  const whole = TABLE.get(name);
  if (whole !== undefined) return whole;
  const histogram = TABLE.get(name.replace(/_(?:bucket|sum|count)$/, ""));
  return histogram?.type === "histogram" ? histogram : undefined;
}

Deno.test("templates/grafana-dashboard.json asks for metrics and labels that there are", () => {
  const all = expressions();
  assert.ok(all.length > 20);
  const named = new Set<string>();
  for (const expression of all) {
    const found = [...expression.matchAll(/\b(simrun_\w+)(?:\{([^}]*)\})?/g)];
    assert.ok(found.length > 0, expression);
    for (const [, name, selectors = ""] of found) {
      const metric = metricOf(name!);
      assert.ok(metric !== undefined, `${name} in ${expression}`);
      named.add(metric.name);
      const labels = ["tree", ...metric.labels];
      for (const [, label] of selectors.matchAll(/(\w+)\s*[=!]~?=?\s*"/g)) {
        assert.ok(labels.includes(label!), `${label} of ${name}`);
      }
    }
    // What counts up is looked at by how fast it does, and nothing else is.
    for (const [, , name] of expression.matchAll(/\b(rate|increase)\((simrun_\w+)/g)) {
      assert.notEqual(metricOf(name!)?.type, "gauge", expression);
    }
    for (const [, name] of expression.matchAll(/(?<!rate\(|increase\(|changes\()\b(simrun_\w+)/g)) {
      assert.equal(metricOf(name!)?.type, "gauge", expression);
    }
  }
  assert.ok(named.size > 15);
});

Deno.test("each panel of the dashboard has a title, a unit, a description, and a place of its own", () => {
  const taken = new Set<string>();
  for (const { title, description, fieldConfig, gridPos, targets } of DASHBOARD.panels) {
    assert.ok(title !== "" && description.endsWith("."), title);
    assert.match(fieldConfig.defaults.unit, /^(?:none|short|s|bytes|Bps|ops|cpm|percentunit)$/);
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    assert.ok(
      targets.length > 0 && targets.every(({ legendFormat }) => legendFormat !== ""),
      title,
    );
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!taken.has(`${x}/${y}`), `${title} stands on another one`);
        taken.add(`${x}/${y}`);
      }
    }
  }
});
