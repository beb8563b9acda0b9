/** The dashboard of the templates, as far as tests look at it. */

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly fieldConfig: { readonly defaults: { readonly unit: string } };
    readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const FILE = new URL("../../templates/grafana-dashboard.json", import.meta.url);

export const DASHBOARD = JSON.parse(Deno.readTextFileSync(FILE)) as Dashboard;

/** All that it asks Prometheus, but for the choice of the tree. */
export function expressions(): string[] {
  return [
    ...DASHBOARD.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...DASHBOARD.annotations.list.map(({ expr }) => expr),
  ];
}
