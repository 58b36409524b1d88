#pragma once
// The report's look, inline in the page: light and dark, wide and narrow, screen and paper.

namespace cleave::html {

inline constexpr const char* kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #19212a; --muted: #5b6875; --rule: #e3e7ec; --track: #eceff3;
  --good: #13795b; --fair: #9a6700; --bad: #b42336; --notice: #fff6e0; --notice-rule: #e3bf62;
  --c0: #2461c6; --c1: #c9650a; --c2: #0f8468; --c3: #8346bd; --c4: #b02a5c; --c5: #64707d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --card: #171c23; --ink: #e5e9ee; --muted: #95a2b0; --rule: #2a323c; --track: #262d36;
    --good: #4cc79b; --fair: #e0b04a; --bad: #f2778a; --notice: #2b2412; --notice-rule: #6d5820;
    --c0: #6fa5fb; --c1: #f0a155; --c2: #45c4a0; --c3: #bd95f0; --c4: #f07da6; --c5: #9aa6b3;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1120px; margin: 0 auto; padding: 36px 20px 60px; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 0 0 4px; letter-spacing: -0.005em; }
h3 { font-size: 14px; margin: 0 0 6px; font-weight: 600; }
.scroll + h3, .legend + h3, details + h3, p.after + h3 { margin-top: 22px; }
p { margin: 0 0 10px; }
.lead { font-size: 16px; max-width: 92ch; margin: 12px 0 22px; }
.about, .hint { color: var(--muted); }
.about { margin: 0; max-width: 90ch; }
.hint { font-size: 13px; max-width: 120ch; }
.hint.after { margin-top: 8px; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; margin: 12px 0 0; padding: 0; list-style: none; }
.chips li { background: var(--card); border: 1px solid var(--rule); border-radius: 99px; padding: 1px 10px;
  font-size: 13px; color: var(--muted); }
.chips b { color: var(--ink); font-weight: 600; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 20px 22px;
  margin: 0 0 18px; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 0 0 18px; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 13px 16px 12px; }
.card .name { color: var(--muted); font-size: 13px; }
.card .value { font-size: 25px; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; }
.card .value small { font-size: 14px; font-weight: 500; color: var(--muted); letter-spacing: 0; }
.card .more { color: var(--muted); font-size: 13px; }
.good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
.notice { background: var(--notice); border-color: var(--notice-rule); }
.notice ul { margin: 4px 0 0; padding-left: 20px; }
.plots { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px 28px; margin-top: 12px; }
.plots.three { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 12px 22px; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: 14px; font-weight: 600; }
figcaption span { color: var(--muted); font-weight: 400; }
.pool { margin-top: 18px; }
.pool + .pool { border-top: 1px solid var(--rule); padding-top: 16px; }
.pool h3 span { color: var(--muted); font-weight: 400; }
.scroll { overflow-x: auto; margin-top: 8px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 14px; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { color: var(--muted); font-weight: 500; font-size: 13px; }
th:first-child, td:first-child { padding-left: 0; position: sticky; left: 0; background: var(--card); }
th:last-child, td:last-child { padding-right: 0; }
th.l, td.l { text-align: left; }
td.wrap { white-space: normal; min-width: 16em; }
.matrix thead th { white-space: normal; }
th.wrap { white-space: normal; min-width: 11em; } th .hint { font-weight: 400; }
tbody th { color: var(--ink); font-weight: 600; text-align: left; }
tbody tr:last-child > * { border-bottom: 0; }
tr.group > * { padding-top: 14px; font-weight: 600; text-align: left; }
.meter { width: 24%; min-width: 110px; }
.bar { display: flex; height: 14px; border-radius: 4px; overflow: hidden; background: var(--track); }
.bar i { display: block; height: 100%; }
.bar.thick { height: 22px; border-radius: 6px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0 0; padding: 0; list-style: none;
  font-size: 13px; color: var(--muted); }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; }
.legend b { color: var(--ink); font-weight: 600; }
.split { margin-top: 14px; }
.split .row { display: grid; grid-template-columns: 9em 1fr 6em; gap: 12px; align-items: center; margin: 6px 0;
  font-size: 14px; }
.split .row > :last-child { text-align: right; }
.split .row > :first-child { overflow: hidden; text-overflow: ellipsis; }
.b0 { background: var(--c0); } .b1 { background: var(--c1); } .b2 { background: var(--c2); }
.b3 { background: var(--c3); } .b4 { background: var(--c4); } .b5 { background: var(--c5); }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
.c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
.fill { stroke: none; opacity: 0.13; }
.fill.c0 { fill: var(--c0); } .fill.c1 { fill: var(--c1); } .fill.c2 { fill: var(--c2); }
.fill.c3 { fill: var(--c3); } .fill.c4 { fill: var(--c4); } .fill.c5 { fill: var(--c5); }
.plot { display: block; width: 100%; height: auto; }
.grid { stroke: var(--rule); stroke-width: 1; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.curve.thin { stroke-width: 1.5; }
.tick, .note { font-size: 11px; fill: var(--muted); stroke: none; }
.note { fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 3px; stroke-linejoin: round; }
.mark { fill: var(--card); stroke: var(--ink); stroke-width: 1.6; }
.dot { stroke: var(--card); stroke-width: 1.2; }
.dot.good { fill: var(--good); } .dot.bad { fill: var(--bad); } .dot.best { stroke: var(--ink); stroke-width: 2; }
.limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 5 3; }
.limit-text { fill: var(--bad); }
.trouble { fill: var(--bad); opacity: 0.12; }
details { margin-top: 4px; }
summary { cursor: pointer; color: var(--c0); font-size: 14px; }
dl { margin: 10px 0 0; font-size: 14px; }
dt { font-weight: 600; } dd { margin: 0 0 8px; color: var(--muted); }
footer { color: var(--muted); font-size: 13px; text-align: center; margin-top: 26px; }
@media (max-width: 860px) {
  .cards { grid-template-columns: repeat(2, 1fr); }
  .plots, .plots.three { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 520px) {
  main { padding: 22px 12px 40px; }
  section { padding: 16px 14px; }
  .card { padding: 10px 12px; } .card .value { font-size: 21px; }
  .split .row { grid-template-columns: 1fr auto; gap: 2px 12px; }
  .split .row > .bar { grid-column: 1 / -1; grid-row: 2; }
  .tick, .note { font-size: 12.5px; }
  .meter { display: none; }
}
@media print {
  body { background: none; } main { max-width: none; padding: 0; }
  section, .card, figure { break-inside: avoid; }
}
)css";

}  // namespace cleave::html
