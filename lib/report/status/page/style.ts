/**
 * How the page looks: on a screen, in the dark, on paper, and on a telephone. No fonts or pictures from elsewhere.
 * @module
 */

/** The style sheet. Each pair of text and ground has a contrast of at least 4.5 to 1. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#fff;--panel:#f6f7f9;--line:#dfe3e8;--text:#1b1f24;--quiet:#57606a;--link:#0a58ca;
--ok:#1a7f37;--ok-fill:#57a86c;--ok-ground:transparent;--warning:#7a4f01;--warning-fill:#e0a125;--warning-ground:#fff4d9;
--critical:#a8141c;--critical-fill:#d1343c;--critical-ground:#ffebea;--track:#e6e9ed;--mark:#3d444d;--sent:#6f9bd1;--speed:#1f4f8b}
@media (prefers-color-scheme:dark){:root{--ground:#111417;--panel:#191d21;--line:#2d333a;--text:#e3e7eb;--quiet:#9ba5b0;
--link:#7ab3ff;--ok:#5cc47c;--ok-fill:#2f7d48;--warning:#f2c261;--warning-fill:#b07c14;--warning-ground:#2e2409;
--critical:#ff9d97;--critical-fill:#c9373f;--critical-ground:#3a1415;--track:#2a3036;--mark:#c8d0d8;--sent:#41709f;--speed:#a5c8f0}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0 auto;max-width:90rem;padding:1.25rem 1.5rem 3rem;background:var(--ground);color:var(--text);
font:.875rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums;text-size-adjust:100%;-webkit-text-size-adjust:100%}
h1{font-size:1.5rem;line-height:1.2;margin:0;display:flex;flex-wrap:wrap;gap:.25em .75rem;align-items:center}
h1 .level{font-size:.875rem}
h2{font-size:1rem;margin:2rem 0 .5rem}
h2 .count{font-weight:400;color:var(--quiet);margin-left:.35em}
h3{font-size:.875rem;margin:0;display:inline}
p{margin:.35rem 0}
a{color:var(--link)}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1.5rem;top:.25rem;background:var(--ground);padding:.25rem .5rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
.quiet,.none,.to{color:var(--quiet)}
.quiet{font-size:.8125rem}
.name{overflow-wrap:anywhere;unicode-bidi:isolate;white-space:pre-wrap}
.figures{display:flex;flex-wrap:wrap;gap:.5rem 2.25rem;margin:1rem 0 0;padding:.75rem 0;border:solid var(--line);border-width:1px 0}
.figures div{display:flex;flex-direction:column-reverse}
.figures dt{color:var(--quiet);font-size:.8125rem}
.figures dd{margin:0;font-size:1.25rem;font-weight:600;line-height:1.2}
.figures .ok{color:var(--ok)}.figures .warning{color:var(--warning)}.figures .critical{color:var(--critical)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.75rem 0 0;padding:0}
.notice{margin:.75rem 0 0;padding:.5rem .75rem;border-left:4px solid var(--warning-fill);background:var(--warning-ground);color:var(--warning)}
.level{display:inline-flex;align-items:center;gap:.4em;white-space:nowrap;font-weight:600;padding:.05em .5em .05em .4em;border-radius:3px;border:1px solid transparent}
.level::before{content:"";flex:none;width:.65em;height:.65em;background:currentColor}
.level.ok{color:var(--ok);font-weight:400}.level.ok::before{border-radius:50%}
.level.warning{color:var(--warning);background:var(--warning-ground);border-color:var(--warning-fill)}
.level.warning::before{clip-path:polygon(50% 0,100% 100%,0 100%);width:.75em}
.level.critical{color:var(--critical);background:var(--critical-ground);border-color:var(--critical-fill)}
table{border-collapse:collapse;width:100%}
thead th{text-align:left;font-weight:400;font-size:.8125rem;color:var(--quiet);padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
tbody th{text-align:left;font-weight:400;overflow-wrap:anywhere}
tbody th,td{vertical-align:top;padding:.45rem .75rem .45rem 0;border-bottom:1px solid var(--line)}
td{overflow-wrap:anywhere}
td.number{white-space:nowrap}
code,pre{font:.8125rem/1.4 ui-monospace,"SFMono-Regular",Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{overflow-wrap:anywhere;white-space:pre-wrap;unicode-bidi:isolate}
pre{margin:.3rem 0 0;padding:.35rem .5rem;background:var(--panel);border-radius:3px;white-space:pre-wrap}
.state{width:6.5rem;white-space:nowrap}
.why{color:var(--text);margin-top:.15rem;font-size:.8125rem;overflow-wrap:anywhere;white-space:pre-line}
[data-level=warning] .why{color:var(--warning)}[data-level=critical] .why{color:var(--critical)}
time,.ago{white-space:nowrap}
.lines{white-space:pre-line}
.word{font-weight:600;white-space:nowrap}
.word.bad,.label.critical .word,.label.critical b{color:var(--critical)}
.label.warning .word,.label.warning b{color:var(--warning)}
.late{font-size:.8125rem;margin-top:.2rem}.late.warning{color:var(--warning)}.late.critical{color:var(--critical)}
.label{padding:0 0 .1rem}
.more .label,.more[open] summary{margin-top:.3rem}
summary{cursor:pointer}
.more summary,.rest summary{color:var(--quiet);font-size:.8125rem}
.rest summary{padding:.5rem 0}
.bar{display:block;width:100%;height:.4rem;margin:.2rem 0;border-radius:2px;overflow:hidden}
.track{fill:var(--track)}
.bar.ok .fill{fill:var(--ok-fill)}.bar.warning .fill{fill:var(--warning-fill)}.bar.critical .fill{fill:var(--critical-fill)}
.limit{stroke:var(--mark);stroke-width:1;vector-effect:non-scaling-stroke}
.chart{display:block;width:100%;max-width:7.5rem;height:auto}
.chart.both{max-width:22.5rem}
.base{stroke:var(--line);stroke-width:1}
.sent{stroke:var(--sent);stroke-width:2.5;fill:none}
.speed{stroke:var(--speed);stroke-width:1.5;fill:none;stroke-linejoin:round;stroke-linecap:round}
.speed.dot{stroke-width:4}
.idle{stroke:var(--quiet);stroke-width:2}
.failed{stroke:var(--critical-fill);stroke-width:1.5;fill:none}
.axis{display:flex;justify-content:space-between;max-width:22.5rem}
#find{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:center;margin:.25rem 0 .75rem}
#find input[type=search]{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--quiet);border-radius:4px;padding:.35rem .5rem;width:18rem;max-width:100%}
#find label{display:inline-flex;gap:.4em;align-items:center}
.group{border:1px solid var(--line);border-radius:4px;margin:0 0 .5rem}
.many{content-visibility:auto;contain-intrinsic-size:auto 2.6rem}
.many[open]{contain-intrinsic-size:auto 40rem}
.group>summary{padding:.5rem .75rem;background:var(--panel);border-radius:4px}
.group>summary .level{margin-left:.5rem}
.group table{table-layout:fixed;margin:0 .75rem;width:calc(100% - 1.5rem)}
.group tbody:last-child>tr>*{border-bottom:0}
.routes th:nth-child(1){width:6.5rem}.routes th:nth-child(3){width:15rem}.routes th:nth-child(4){width:12rem}
.routes th:nth-child(5){width:9.5rem}.routes th:nth-child(6),.routes th:nth-child(7){width:8.5rem}
footer{margin-top:2.5rem;padding-top:.75rem;border-top:1px solid var(--line);color:var(--quiet);font-size:.8125rem}
@media screen and (max-width:60rem){
body{padding:1rem .75rem 2rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,td,tbody th{display:block;width:auto!important}
tbody tr{padding:.6rem 0;border-bottom:1px solid var(--line);display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.4rem .75rem}
tbody th,td{border:0!important;padding:0}
tbody th,td.age,td.wide,td.text,td:last-child:not(.drawn,.number){grid-column:1/-1}
.state{grid-column:1/-1}
td[data-title]:not(.state)::before{content:attr(data-title);display:block;color:var(--quiet);font-size:.75rem}
.group tbody:last-child>tr{border-bottom:0}
}
@media print{
:root{color-scheme:light;--ground:#fff;--panel:#fff;--line:#bbb;--text:#000;--quiet:#444;--link:#000;--ok:#125c27;--ok-fill:#57a86c;
--warning:#5f3d00;--warning-fill:#e0a125;--warning-ground:#fff;--critical:#8a0c13;--critical-fill:#d1343c;--critical-ground:#fff;
--track:#e6e9ed;--mark:#000;--sent:#6f9bd1;--speed:#1f4f8b}
@page{size:landscape;margin:1.2cm}
html{font-size:11.5px}
body{padding:0;max-width:none}
nav,#find,.skip,#old{display:none!important}
.bar,.chart,.level::before{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details::details-content{content-visibility:visible!important;display:block!important;block-size:auto!important}
.group{border:0;content-visibility:visible}
.group>summary,.group table{padding-left:0;margin-left:0}
.group table{width:100%}
tr,summary{break-inside:avoid}h2,summary,thead{break-after:avoid}
}
`;

/** What the policy of the page allows as style: the digest of {@linkcode STYLE}. A test holds both together. */
export const STYLE_DIGEST = "sha256-UptWc9+as2pgDnSBfthwtiJd/rQXbgaEM4wjRpIJojo=";
