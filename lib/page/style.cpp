#include "page/frame.hpp"

namespace kcommons::page {

namespace {

// Colours are named once, for light and for dark. What is full is told by words as well.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --bg: #f6f7f9; --card: #fff; --fg: #18202b; --dim: #576272;
  --line: #dfe3e9; --soft: #eef1f5; --link: #1d4f91; --bar: #6b88ad; --warm: #8a5300;
  --warm-bar: #d9962b; --warm-soft: #fdf3e1; --full: #a8231a; --full-bar: #cf4437;
  --full-soft: #fcecea; --calm: #1f6b47; --calm-soft: #e6f3ec; --area: #6b88ad2e; }
@media (prefers-color-scheme: dark) { :root { --bg: #10151c; --card: #171e27; --fg: #e3e8ef;
  --dim: #9aa7b8; --line: #2a3440; --soft: #1f2833; --link: #8fbcf5; --bar: #6f8fb8;
  --warm: #f0b560; --warm-bar: #d9962b; --warm-soft: #33280f; --full: #ff9085;
  --full-bar: #e0584b; --full-soft: #3a1c1a; --calm: #7fcfa5; --calm-soft: #15301f;
  --area: #6f8fb833; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--bg); color: var(--fg); font: .875rem/1.45 Inter, system-ui,
  -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; }
main, header.site { max-width: 78rem; margin: 0 auto; padding: 0 1.5rem; }
main { outline: none; padding-bottom: 3rem; }
h1 { font-size: 1.25rem; line-height: 1.3; margin: .25rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; line-height: 1.35; margin: 0; }
h3 { font-size: .75rem; font-weight: 600; color: var(--dim); margin: 0 0 .2rem; }
p { margin: 0; }
ul { margin: 0; padding: 0; list-style: none; }
small { font-size: .8125rem; color: var(--dim); font-weight: 400; }
.dim, .of, .scope { color: var(--dim); font-weight: 400; }
a { color: var(--link); text-decoration-color: color-mix(in srgb, currentColor 35%, transparent);
  text-underline-offset: .18em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
code { font: .8125rem/1.4 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
.n { text-align: right; white-space: nowrap; }
.none { color: var(--dim); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .4rem .8rem; }
header.site { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem;
  padding-top: .7rem; padding-bottom: .7rem; min-height: 3.25rem; }
.brand { font-weight: 650; font-size: 1rem; letter-spacing: -.01em; }
.brand a { color: inherit; text-decoration: none; }
header.site nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; }
header.site nav a, .tabs a { color: var(--dim); text-decoration: none; }
header.site nav a:hover, .tabs a:hover { color: var(--fg); }
.live { margin-left: auto; display: flex; align-items: center; gap: .75rem; }
output { color: var(--full); }
button, input { font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 6px; padding: .25rem .7rem; }
button { cursor: pointer; }
button:hover { border-color: var(--dim); }
button[aria-pressed=true] { background: var(--fg); color: var(--card); border-color: var(--fg); }
.lead { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1.5rem;
  margin-bottom: .6rem; align-items: baseline; }
.lead h1 { margin: 0; }
.notice { color: var(--warm); background: var(--warm-soft); border-radius: 6px;
  padding: .35rem .8rem; margin-bottom: .6rem; overflow-wrap: anywhere; }
.finding { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: .8rem 1.1rem .9rem; margin-bottom: .75rem; }
.finding > header { display: flex; flex-wrap: wrap; justify-content: space-between;
  align-items: baseline; gap: .1rem 1.5rem; }
.finding h2 a { color: inherit; }
.finding > header + p { margin-top: .3rem; }
.pill { display: inline-block; font-size: .75rem; line-height: 1.5; font-weight: 600;
  border-radius: 99px; padding: 0 .6rem; margin-right: .35rem; }
.full .pill { color: var(--full); background: var(--full-soft); }
.warm .pill { color: var(--warm); background: var(--warm-soft); }
.calm .pill { color: var(--calm); background: var(--calm-soft); }
.amount { white-space: nowrap; }
.finding .meter { margin: .45rem 0 .7rem; height: 5px; }
.course { color: var(--warm); }
.finding > .course { margin: -.25rem 0 .6rem; }
.answer { display: grid; grid-template-columns: 13fr 18fr 21fr; gap: .6rem 1.75rem; }
.answer > * { min-width: 0; overflow-wrap: anywhere; }
.culprit { font-size: 1.0625rem; font-weight: 650; line-height: 1.3; }
.names { display: flex; flex-wrap: wrap; gap: .15rem .9rem; overflow-wrap: anywhere; }
.answer .names { margin-bottom: .25rem; }
.answer .names li { font-weight: 500; }
.advice li::first-letter { text-transform: uppercase; }
.advice li + li { margin-top: .3rem; }
.command { display: block; background: var(--soft); border-radius: 5px; padding: .2rem .5rem;
  margin-top: .15rem; overflow-wrap: anywhere; }
.more-findings { margin-bottom: .75rem; }
.more-findings li { padding: .25rem 0; overflow-wrap: anywhere; }
main > section { margin-top: 1.75rem; }
main > section#answer { margin-top: 0; }
main > section > h2 { margin-bottom: .15rem; font-size: 1.0625rem; }
.meter { display: block; width: 100%; height: 6px; border-radius: 3px; background: var(--soft); }
.bar { fill: var(--bar); }
.warm .bar { fill: var(--warm-bar); }
.full .bar { fill: var(--full-bar); }
.pools { margin-top: .6rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; overflow: hidden; }
.pool-heads, summary { display: grid; align-items: center; gap: 0 1.25rem; padding: .45rem 1.1rem;
  grid-template-columns: minmax(0, 15fr) minmax(0, 16fr) minmax(0, 12fr) 6rem minmax(0, 14fr)
  minmax(0, 8fr); }
.plain .pool-heads, .plain summary { grid-template-columns: minmax(0, 15fr) minmax(0, 18fr)
  minmax(0, 12fr) minmax(0, 19fr) minmax(0, 8fr); }
.plain .lately { display: none; }
.pool-heads { color: var(--dim); font-size: .75rem; font-weight: 600; }
.pool { border-top: 1px solid var(--line); }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--soft); }
summary:focus-visible { outline-offset: -2px; }
summary > * { min-width: 0; overflow-wrap: anywhere; }
summary .amount { text-align: right; }
summary .top { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.what b { font-weight: 600; }
.what::before { content: ""; display: inline-block; border: .28rem solid transparent;
  border-left-color: var(--dim); margin-right: .3rem; border-right: 0; }
[open] > summary .what::before { transform: rotate(90deg); }
.use { display: grid; grid-template-columns: minmax(3rem, 1fr) 3.4rem 4.7rem; align-items: center;
  gap: .6rem; }
.percent { text-align: right; font-weight: 600; grid-column: 2; }
.use small { white-space: nowrap; }
.warm .percent, .warm .use small, .share.warm b { color: var(--warm); }
.full .percent, .full .use small, .share.full b, td.full b { color: var(--full); }
td.warm b { color: var(--warm); }
.none .percent { color: var(--dim); }
.body { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem 2.5rem;
  padding: .4rem 1.1rem 1.2rem; border-top: 1px solid var(--line); background: var(--card); }
.body h3 { margin-top: .8rem; }
.body > div > p { margin-top: .5rem; }
.body h3 + p { margin-top: 0; }
.spark { display: block; width: 6rem; height: 1.25rem; }
.chart { display: block; width: 100%; height: auto; margin-top: .5rem; }
.line { fill: none; stroke: var(--bar); stroke-width: 15; stroke-linejoin: round; }
.area { fill: var(--area); }
.axis { stroke: var(--line); stroke-width: 10; }
.limit { stroke: var(--full-bar); stroke-width: 10; stroke-dasharray: 40 30; }
.chart text { fill: var(--dim); font-size: 110px; }
.end { text-anchor: end; }
.bar-row { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center;
  gap: .5rem 1.5rem; margin: .4rem 0 .6rem; }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; }
.tabs a { padding: .2rem 0; border-bottom: 2px solid transparent; }
.tabs [aria-current] { color: var(--fg); font-weight: 600; border-color: var(--fg); }
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .6rem; }
.filter label { color: var(--dim); }
.filter input { width: 14rem; max-width: 100%; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .4rem .6rem; text-align: left; font-weight: 400; vertical-align: baseline;
  border-top: 1px solid var(--line); }
.n { text-align: right; }
thead th { color: var(--dim); font-size: .75rem; font-weight: 600; border-top: 0;
  white-space: nowrap; vertical-align: bottom; }
thead a { color: inherit; text-decoration: none; }
thead a:hover { text-decoration: underline; }
[aria-sort] a { color: var(--fg); }
[aria-sort=descending] a::after { content: " ↓"; }
[aria-sort=ascending] a::after { content: " ↑"; }
th:first-child, td:first-child { padding-left: 1.1rem; }
th:last-child, td:last-child { padding-right: 1.1rem; }
tbody tr:hover { background: var(--soft); }
.name { overflow-wrap: anywhere; min-width: 11rem; }
.name small { display: block; max-width: 26rem; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.holders th:first-child, .holders td:first-child { padding-left: 0; }
.holders th:last-child, .holders td:last-child { padding-right: 0; }
.holders .name { min-width: 0; }
.line-cell { width: 6.6rem; vertical-align: middle; }
.rest { color: var(--dim); }
.pager { margin-top: .5rem; display: flex; flex-wrap: wrap; gap: 0 1.1rem; color: var(--dim); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1.5rem;
  margin: .5rem 0 0; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
.columns { columns: 16rem; column-gap: 1.5rem; margin-top: .4rem; }
.columns li { break-inside: avoid; overflow-wrap: anywhere; padding: .1rem 0; }
@media (max-width: 62rem) { .answer, .body { grid-template-columns: minmax(0, 1fr); }
  .pool-heads { display: none; }
  summary { grid-template-columns: minmax(0, 1fr) auto; gap: .15rem 1rem; }
  .use { grid-column: 1 / -1; grid-row: 2; } .lately { display: none; }
  .what { grid-column: 1; } summary .amount { grid-column: 2; grid-row: 1; }
  .top, summary .course { grid-column: 1 / -1; } }
@media (max-width: 40rem) { main, header.site { padding-left: 1rem; padding-right: 1rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: .4rem; }
  .filter input { width: 100%; } header.site nav { order: 1; width: 100%; } }
@media (forced-colors: active) { .bar { fill: Highlight; } .meter { outline: 1px solid; } }
@media print { .live, .skip, .filter { display: none; } }
)";

}  // namespace

std::string_view style_sheet() {
  return kStyle;
}

}  // namespace kcommons::page
