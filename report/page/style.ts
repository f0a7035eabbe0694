/** How the page looks: light and dark, wide and narrow, on paper. The policy of the page names its digest. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1c2024; --muted: #5b636b; --edge: #dfe2e5; --soft: #f0f2f4;
  --link: #0b5cad; --cause: #b3261e; --cause-soft: #fdecea; --hurt: #9a5b00; --hurt-soft: #fdf3e1;
  --calm: #5b636b; --good: #1f6f43; --good-soft: #e6f4ec; --suspect: #6a4ba3; --suspect-soft: #f1ecfa;
  --line: #1f5fa8; --usual: #c9dcf0; --grid: #eceef0; --onset: #b3261e; --onset-soft: #b3261e1f;
  --zero: #5b636b; --change: #6a4ba3; --alert: #e0a23c; --gap: #ececec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1b1f23; --ink: #e8eaed; --muted: #a3abb3; --edge: #333a41; --soft: #23282d;
    --link: #7db8f5; --cause: #ff8a80; --cause-soft: #3a1f1e; --hurt: #f0b860; --hurt-soft: #36290f;
    --calm: #a3abb3; --good: #7fd1a3; --good-soft: #17301f; --suspect: #c3aaf2; --suspect-soft: #2a2340;
    --line: #7db8f5; --usual: #24364a; --grid: #2a2f35; --onset: #ff8a80; --onset-soft: #ff8a8028;
    --zero: #a3abb3; --change: #c3aaf2; --alert: #c98f2f; --gap: #2b2f33;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
main { max-width: 1040px; margin: 0 auto; padding: 40px 28px 64px; }
h1 { font-size: 1.8rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; margin: 14px 0 16px; text-wrap: balance; }
h2 { font-size: 1.2rem; line-height: 1.3; font-weight: 650; margin: 0 0 14px; }
h3 { font-size: 1rem; font-weight: 650; margin: 26px 0 10px; }
p { margin: 0 0 10px; }
a { color: var(--link); text-underline-offset: 2px; }
a.ref { font-size: .82em; text-decoration: none; color: var(--muted); white-space: nowrap; }
a.ref:hover { text-decoration: underline; }
section { margin-top: 52px; }
ul, ol { margin: 0 0 10px; padding-left: 1.3em; }
li { margin: 4px 0; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .86em; }
pre {
  margin: 6px 0; padding: 10px 12px; background: var(--soft); border-radius: 6px; overflow-x: auto;
  white-space: pre-wrap; user-select: all;
}
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.narrow { display: none; }

.badge {
  display: inline-flex; align-items: center; gap: 7px; padding: 4px 12px 4px 9px; border-radius: 999px;
  font-weight: 650; font-size: .9rem; border: 1.5px solid currentColor;
}
.badge svg { width: 16px; height: 16px; flex: none; }
.badge.confirmed { color: var(--cause); background: var(--cause-soft); }
.badge.suspected { color: var(--hurt); background: var(--hurt-soft); }
.badge.inconclusive, .badge.none { color: var(--calm); background: var(--soft); }
.badge.over { color: var(--good); background: var(--good-soft); }
.lead { font-size: 1.12rem; line-height: 1.5; max-width: 46em; margin-bottom: 26px; }
.lead p { margin: 0 0 8px; }
.lead .ref { font-size: .72em; }
.facts { margin: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); gap: 2px 28px;
  border-top: 1px solid var(--edge); padding-top: 14px; font-size: .92rem; }
.facts div { padding: 4px 0; }
.facts dt { color: var(--muted); font-size: .82rem; }
.facts dd { margin: 0; }
nav { margin-top: 22px; font-size: .9rem; }
nav ul { list-style: none; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: 4px 18px; }
nav li { margin: 0; }

.story { margin: 30px 0 34px; }
.story ol { list-style: none; margin: 0; padding: 0; display: flex; align-items: stretch; }
.story li { flex: 1 1 0; display: flex; align-items: stretch; margin: 0; min-width: 0; }
.story li + li { flex-basis: 104px; }
.story .scene { flex: 1 1 0; min-width: 0; background: var(--card); border: 1px solid var(--edge); border-top: 4px solid var(--calm);
  border-radius: 8px; padding: 14px 16px; }
.story .cause .scene { border-top-color: var(--cause); }
.story .failure .scene { border-top-color: var(--hurt); }
.story .impact .scene { border-top-color: var(--ink); }
.story p { margin: 0 0 4px; font-size: .92rem; }
.story .role { color: var(--muted); font-size: .82rem; }
.story .what { font-size: 1.08rem; font-weight: 650; line-height: 1.3; }
.story .when { color: var(--muted); font-variant-numeric: tabular-nums; margin: 8px 0 0; }
.story .lag { flex: none; width: 104px; align-self: center; text-align: center; color: var(--muted); font-size: .82rem; line-height: 1.3; margin: 0; padding: 0 6px; }
.story .lag.unordered::before, .story .lag.unordered::after { display: none; }
.story .lag:not(.unordered)::after { content: ""; display: block; height: 10px; margin: 5px auto 0; width: 100%;
  background: linear-gradient(currentColor, currentColor) 0 50% / calc(100% - 8px) 2px no-repeat;
  clip-path: polygon(0 40%, calc(100% - 9px) 40%, calc(100% - 9px) 0, 100% 50%, calc(100% - 9px) 100%, calc(100% - 9px) 60%, 0 60%);
  background-color: currentColor; }

.steps { padding-left: 1.4em; }
.steps li { margin: 12px 0; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 44px; }
.pair section { min-width: 0; }
.notice { border-left: 3px solid var(--hurt); background: var(--hurt-soft); padding: 8px 14px; border-radius: 0 6px 6px 0; }

table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: 0 0 14px; }
caption { text-align: left; color: var(--muted); font-size: .85rem; padding-bottom: 6px; }
th { text-align: left; font-weight: 600; color: var(--muted); font-size: .82rem; white-space: nowrap; }
th, td { padding: 7px 14px 7px 0; vertical-align: top; border-bottom: 1px solid var(--edge); }
td { font-variant-numeric: tabular-nums; overflow-wrap: break-word; max-width: 20em; }
td.grows { max-width: none; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
.short { white-space: nowrap; }
.grows { width: 100%; overflow-wrap: anywhere; }
.hypotheses { margin-bottom: 30px; }
.hypotheses td:nth-child(4), .hypotheses td:nth-child(5) { width: 32%; overflow-wrap: anywhere; }
.hypotheses .ruled-out td { color: var(--muted); }
.bar { display: block; width: 96px; height: 8px; margin: 6px 0 4px; }
.bar .all { fill: var(--soft); } .bar .part { fill: var(--line); }

.legend { list-style: none; padding: 0; margin: 0 0 8px; display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: .85rem; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 7px; margin: 0; }
.legend svg { width: 30px; height: 16px; flex: none; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); gap: 4px 28px; }
.grid .plot { min-width: 0; }
header .story { margin: 22px 0 14px; }
header .key, header section { margin-top: 14px; }
.plots h3 { border-bottom: 1px solid var(--edge); padding-bottom: 6px; }
figure { margin: 0; }
.plot { padding: 10px 0 4px; break-inside: avoid; }
.plot figcaption { font-size: .9rem; line-height: 1.4; display: flex; flex-wrap: wrap; gap: 0 12px; align-items: baseline; }
.plot .moved { font-variant-numeric: tabular-nums; }
.plot .roles { color: var(--muted); font-size: .82rem; }
.key .roles { display: none; }
.charts { position: relative; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart text, .chart tspan { white-space: pre; }
.chart .cursor { stroke: var(--ink); stroke-width: 1; visibility: hidden; pointer-events: none; }
.chart .cursor.shown { visibility: visible; }
.readout { position: absolute; top: 0; right: 24px; padding: 1px 8px; border-radius: 4px; font-size: .8rem;
  background: var(--ink); color: var(--paper); font-variant-numeric: tabular-nums; white-space: pre; pointer-events: none; }
details { font-size: .85rem; }
summary { color: var(--muted); cursor: pointer; width: fit-content; }
section > details { font-size: 1rem; }
section > details > summary { margin-bottom: 10px; }
.copy { font: inherit; font-size: .8rem; color: var(--link); background: none; border: 1px solid var(--edge); border-radius: 5px; padding: 2px 10px; cursor: pointer; }

.map { margin-bottom: 18px; }
.drawing { overflow-x: auto; margin: 8px 0; }
.drawing svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.drawing.scrolled svg { max-width: none; }
.map figcaption { color: var(--muted); font-size: .85rem; margin-bottom: 6px; }
.node .shape { fill: var(--card); stroke: var(--calm); stroke-width: 1.2; }
.node .name { fill: var(--ink); font-size: 13px; font-weight: 600; text-anchor: middle; }
.node .words { fill: var(--muted); font-size: 11px; text-anchor: middle; }
.node .halo { fill: none; stroke: var(--ink); stroke-width: 1.2; }
.node.cause .shape { fill: var(--cause-soft); stroke: var(--cause); stroke-width: 2.6; }
.node.suspect .shape { fill: var(--suspect-soft); stroke: var(--suspect); stroke-width: 1.8; stroke-dasharray: 5 3; }
.node.affected .shape { fill: var(--hurt-soft); stroke: var(--hurt); stroke-width: 1.8; }
.node.no-data .shape { fill: var(--soft); stroke: var(--muted); stroke-dasharray: 2 3; }
.call { fill: none; stroke: var(--calm); opacity: .75; }
.call.way, .call.on-the-way { opacity: 1; }
.call.way { stroke: var(--ink); }
.call.failing { stroke: var(--cause); opacity: 1; }
.call.slow { stroke: var(--hurt); stroke-dasharray: 7 3; opacity: 1; }
.call.host { stroke-dasharray: 2 3; }
.arrow path { fill: var(--calm); } .arrow.way path { fill: var(--ink); }
.arrow.failing path { fill: var(--cause); } .arrow.slow path { fill: var(--hurt); }
.flow { padding-left: 1.4em; }
.query { padding-top: 4px; margin-bottom: 14px; scroll-margin-top: 20px; }
.query p { margin: 0 0 4px; font-size: .9rem; }
.query:target { background: var(--usual); border-radius: 6px; box-shadow: 0 0 0 8px var(--usual); }
footer { margin-top: 60px; padding-top: 16px; border-top: 1px solid var(--edge); color: var(--muted); font-size: .85rem; }

@media (max-width: 720px) {
  main { padding: 20px 16px 48px; }
  h1 { font-size: 1.4rem; }
  section { margin-top: 40px; }
  .wide { display: none; }
  .narrow { display: block; }
  .pair { display: block; }
  .facts { grid-template-columns: 1fr; }
  .facts div { display: grid; grid-template-columns: 104px 1fr; gap: 12px; align-items: baseline; }
  .story ol, .story li { display: block; }
  .story .lag { text-align: left; padding: 8px 0 8px 17px; }
  td, td.grows { max-width: none; }
  .story .lag { width: auto; display: flex; align-items: center; gap: 10px; }
  .story .lag:not(.unordered)::before { content: ""; width: 10px; height: 16px; background: currentColor;
    clip-path: polygon(40% 0, 60% 0, 60% 55%, 100% 55%, 50% 100%, 0 55%, 40% 55%); }
  .story .lag:not(.unordered)::after { display: none; }
  .plot .roles { margin-left: 0; width: 100%; }
  table, caption, tbody, tr, td { display: block; width: auto; }
  thead { position: absolute; clip-path: inset(50%); height: 1px; width: 1px; overflow: hidden; }
  tr { border-bottom: 1px solid var(--edge); padding: 8px 0; }
  td, .hypotheses td:nth-child(4), .hypotheses td:nth-child(5) { border: 0; padding: 2px 0; text-align: left; white-space: normal; width: auto; }
  td:empty { display: none; }
  td[data-column]:not([data-column=""])::before { content: attr(data-column) ": "; color: var(--muted); font-size: .82rem; }
  .bar { display: inline-block; margin: 0 8px 0 0; }
}
@media print {
  :root { --paper: #fff; --card: #fff; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  nav, .copy, .readout { display: none; }
  section { margin-top: 24pt; }
  h2, h3 { break-after: avoid; }
  tr, .scene, .query { break-inside: avoid; }
  pre { white-space: pre-wrap; }
}
`;
