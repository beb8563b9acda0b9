/** How the report looks beyond the theme: tiles, bars, timeline, figures; for screens, telephones and paper. CSS only. Pure. */

export const REPORT_STYLE = `
main, header.top, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header.top { padding-top: 2rem; }
header.top p { color: var(--faint); }
.verdict { font-size: 1.15rem; font-weight: 600; margin: 0.6rem 0 0.2rem; color: var(--ink) !important; }
.verdict.good { color: var(--completed-text) !important; }
.verdict.bad { color: var(--failed-text) !important; }
.verdict.active { color: var(--running-text) !important; }
.verdict.warn { color: var(--requeued-text) !important; }
nav { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; padding: 0.7rem 0; margin-top: 0.6rem; border-bottom: 1px solid var(--line); font-size: 0.93rem; }
section { margin-top: 2.2rem; scroll-margin-top: 1rem; }
section > h2 { margin-bottom: 0.7rem; }
h3 { margin: 1.2rem 0 0.4rem; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: 0.7rem; margin: 1.1rem 0; padding: 0; }
.tiles > div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.65rem 0.9rem; }
.tiles dt { color: var(--faint); font-size: 0.85rem; }
.tiles dd { margin: 0; font-size: 1.45rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tiles dd small { display: block; font-size: 0.8rem; font-weight: 400; color: var(--faint); }
.tiles .bad dd { color: var(--failed-text); } .tiles .good dd { color: var(--completed-text); }
svg.states { display: block; width: 100%; min-width: 6rem; height: 0.85rem; border-radius: 4px; background: var(--line); }
.bar.completed { fill: var(--completed); }
.bar.running { fill: var(--running); }
.bar.failed { fill: var(--failed); }
.bar.cancelled { fill: var(--cancelled); }
.bar.requeued { fill: var(--requeued); }
.bar.preempted { fill: var(--series-6); } .bar.stopped { fill: var(--waiting); } .bar.lost { fill: var(--cancelled); }
.bad { color: var(--failed-text); } .good { color: var(--completed-text); } .warn { color: var(--requeued-text); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.9rem 1rem; }
.scroll-x { overflow-x: auto; }
.scroll { border: 1px solid var(--line); border-radius: 8px; }
.scroll table { width: 100%; } .scroll tr:last-child > * { border-bottom: 0; }
.scroll thead th { background: var(--card); white-space: nowrap; }
.scroll td.cell { max-width: 28rem; overflow-wrap: break-word; }
.note { color: var(--faint); font-size: 0.9rem; margin: 0.5rem 0 0; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.2rem; margin: 0.4rem 0; }
dl.facts dt { color: var(--faint); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
details { margin: 0.5rem 0; } summary { cursor: pointer; color: var(--link); }
details pre { margin-top: 0.5rem; padding: 0.7rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
svg.timeline { display: block; width: 100%; min-width: 34rem; height: auto; }
svg.timeline text, svg.heat text { font: 11.5px system-ui, Arimo, Arial, sans-serif; fill: var(--faint); }
svg.timeline .lane { text-anchor: end; } svg.timeline .time, svg.timeline .gap { text-anchor: middle; } svg.timeline .day { font-size: 10.5px; }
svg.timeline .axis { stroke: var(--faint); } svg.timeline .tick { stroke: var(--line); stroke-width: 0.7; }
.mark.checkpoint { fill: var(--ground); stroke: var(--ink); stroke-width: 0.8; }
.mark.resumed { fill: none; stroke: var(--ink); stroke-width: 1.2; }
.mark.retry, .mark.preempted { fill: var(--ink); stroke: var(--ground); stroke-width: 0.7; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.2rem; padding: 0; margin: 0.6rem 0 0; list-style: none; font-size: 0.88rem; }
.legend svg { width: 1.1rem; height: 0.75rem; vertical-align: -0.05rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1rem; }
figure { margin: 0; min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.8rem 1rem; break-inside: avoid; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0.4rem auto 0; color: var(--ink); }
figcaption { font-weight: 600; overflow-wrap: anywhere; } figcaption small { display: block; font-weight: 400; color: var(--faint); }
figure > p { font-size: 0.84rem; }
svg.heat .middle { text-anchor: middle; } svg.heat .end { text-anchor: end; } svg.heat .name { font-size: 13px; fill: var(--ink); } svg.heat .frame { fill: none; stroke: var(--faint); }
footer { margin: 3rem auto 0; padding-top: 0.8rem; padding-bottom: 2rem; border-top: 1px solid var(--line); color: var(--faint); font-size: 0.88rem; }
@media (max-width: 40rem) {
  main, header.top, footer { padding-left: 0.9rem; padding-right: 0.9rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; } dl.facts dd { margin-bottom: 0.5rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); } .tiles dd { font-size: 1.2rem; }
  th, td { padding: 0.3rem 0.5rem; }
}
@media print {
  body { font-size: 10pt; } main, header.top, footer { max-width: none; padding: 0; }
  nav { display: none; } section { margin-top: 1.2rem; } section > h2, h3 { break-after: avoid; }
  tr, .tiles > div { break-inside: avoid; } thead { display: table-header-group; }
  .scroll { overflow: visible; } svg.timeline { min-width: 0; }
  .tiles > div, figure, .card, .scroll thead th, svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
