"""The page's style sheet: light and dark, on paper too."""

STYLE = """
:root { color-scheme: light dark; --back: #fff; --front: #1d2430; --soft: #5c6675; --rule: #dfe3e9;
  --text: #2f6db3; --span: #d9822b; --right: #2f8f6b; --wrong: #c8443c; }
@media (prefers-color-scheme: dark) { :root { --back: #14181f; --front: #e6e9ee; --soft: #9aa4b2;
  --rule: #2c333e; --text: #6ea8e8; --span: #eda55a; --right: #58c39a; --wrong: #ec7a72; } }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--back);
  color: var(--front); font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
p { margin: .4rem 0 .8rem; max-width: 46rem; overflow-wrap: anywhere; }
header p { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .75rem;
  margin: 1.25rem 0; }
dl > div { border: 1px solid var(--rule); border-radius: 8px; padding: .7rem .9rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-size: 1.3rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
dd small { display: block; font-size: .8rem; color: var(--soft); }
table { border-collapse: collapse; font-size: .83rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; margin: .8rem 0; }
th, td { padding: .28rem .5rem; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; }
thead th:first-child { text-align: left; }
tbody th { text-align: left; font-weight: 500; max-width: 20rem; overflow: hidden;
  text-overflow: ellipsis; }
.tables { display: flex; flex-wrap: wrap; gap: 0 3rem; }
.figures tr:nth-last-child(2) > * { border-top: 2px solid var(--rule); }
.errors { width: 100%; max-width: 46rem; }
.errors td:nth-child(3) { width: 35%; text-align: left; }
.errors .says { text-align: left; color: var(--soft); }
i.bar { display: block; height: .7rem; border-radius: 2px; background: var(--wrong); }
.matrix td { text-align: center; border: 1px solid var(--rule); min-width: 2.1rem;
  padding: .3rem; }
.matrix thead th { vertical-align: bottom; border: 0; padding: .3rem; }
.matrix thead span { writing-mode: vertical-rl; text-orientation: sideways;
  transform: rotate(180deg); }
.matrix tbody th, .matrix thead td { border: 0; }
.matrix .right { background: color-mix(in srgb, var(--right) var(--share), transparent); }
.matrix .wrong { background: color-mix(in srgb, var(--wrong) var(--share), transparent); }
.matrix tr:last-child td:last-child { background: none; }
svg { display: block; width: 100%; height: auto; margin: .5rem 0; }
svg text { fill: var(--front); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .name { fill: var(--soft); }
svg line, svg polyline { fill: none; stroke: var(--rule); stroke-width: 1; }
svg .whisker { stroke: var(--front); stroke-width: 1.3; opacity: .75; }
svg .rule { stroke: var(--soft); }
svg .zero { stroke: var(--front); stroke-dasharray: 3 3; }
svg .ideal { stroke: var(--soft); stroke-dasharray: 5 4; }
svg polyline.text { stroke: var(--text); stroke-width: 2; }
svg polyline.span { stroke: var(--span); stroke-width: 2; }
svg polyline.faint { stroke: var(--soft); opacity: .45; }
rect.text, circle.text { fill: var(--text); }
rect.span, circle.span { fill: var(--span); }
circle.old { fill: var(--soft); }
.key { margin-right: 1.2rem; color: var(--soft); font-size: .87rem; white-space: nowrap; }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px;
  margin-right: .4rem; vertical-align: -1px; background: var(--soft); }
.key i.text { background: var(--text); }
.key i.span { background: var(--span); }
.key i.faint { opacity: .45; }
.key i.ideal { height: 2px; vertical-align: 4px; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
figure { margin: 0; }
@media print { body { max-width: none; padding: 0; } section { break-inside: avoid; } }
"""
