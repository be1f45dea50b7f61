/**
 * The pictures of README and manual, as SVG: who runs bzfs in each mode, and what the plans of docs/examples/home.yaml keep.
 * Made by scripts/render_docs.ts. They need no font and no file from elsewhere, and suit light and dark screens.
 * @module
 */
import { readYaml, type YamlNode } from "../lib/cli/job_file/yaml.ts";

/** Path below the root of the project -> content. */
export function renderPictures(): ReadonlyMap<string, string> {
  const home = Deno.readTextFileSync(new URL("../docs/examples/home.yaml", import.meta.url));
  return new Map([
    ["docs/pictures/modes.svg", modesPicture(MODES)],
    ["docs/pictures/retention.svg", retentionPicture(readYaml(home).node)],
  ]);
}

/** A way to run: hosts from left to right, data goes the same way. `*` marks the host that runs bzfs. */
interface Mode {
  readonly name: string;
  readonly caption: string;
  /** `*host: pool pool`; a host without pools only passes data on. */
  readonly hosts: readonly string[];
}

const MODES: readonly Mode[] = [
  { name: "local", caption: "two pools of one host", hosts: ["*server: tank backup"] },
  { name: "pull", caption: "the destination fetches", hosts: ["desktop: tank", "*nas: backup"] },
  { name: "push", caption: "the source sends", hosts: ["*desktop: tank", "nas: backup"] },
  {
    name: "bastion",
    caption: "one host does everything, here a third",
    hosts: ["desktop: tank", "*hub:", "nas: backup"],
  },
];

/** Class -> colours for light and for dark screens. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  paper: ["fill:#ffffff", "fill:#0d1117"],
  ink: ["fill:#1f2328", "fill:#e6edf3"],
  faint: ["fill:#59636e", "fill:#9198a1"],
  box: ["fill:#f6f8fa;stroke:#b7bfc8", "fill:#161b22;stroke:#4d5661"],
  pool: ["fill:#ddf4ff;stroke:#54aeff", "fill:#0c2d54;stroke:#388bfd"],
  badge: ["fill:#1a7f37", "fill:#3fb950"],
  "on-badge": ["fill:#ffffff", "fill:#0d1117"],
  flow: ["fill:none;stroke:#1f2328", "fill:none;stroke:#e6edf3"],
  head: ["fill:#1f2328", "fill:#e6edf3"],
  grid: ["stroke:#d1d9e0", "stroke:#30363d"],
  hourly: ["fill:#0969da", "fill:#58a6ff"],
  daily: ["fill:#bc4c00", "fill:#f0883e"],
};

function svg(width: number, height: number, title: string, parts: readonly string[]): string {
  const rules = (index: 0 | 1): string =>
    Object.entries(COLOURS).map(([name, both]) => `.${name}{${both[index]}}`).join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    `<style>text{font-family:sans-serif;font-size:13px}.title{font-size:15px;font-weight:bold}.small{font-size:11.5px}` +
    `.flow{stroke-width:1.8}${rules(0)}@media(prefers-color-scheme:dark){${rules(1)}}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function text(x: number, y: number, words: string, classes = "ink", anchor = "start"): string {
  return `<text x="${x}" y="${y}" class="${classes}" text-anchor="${anchor}">${words}</text>`;
}

function box(x: number, y: number, width: number, height: number, name: string, radius = 6): string {
  return `<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`;
}

function arrow(from: number, to: number, y: number): string {
  return `<path class="flow" d="M${from} ${y}H${to - 7}"/><path class="head" d="M${to} ${y}l-9 -4.5v9z"/>`;
}

const PANEL = { width: 400, height: 150 };
const BOX = { top: 54, height: 74 };
const POOL = { width: 76, height: 26, top: 90 };

function modesPicture(modes: readonly Mode[]): string {
  const panels = modes.map((mode, index) => {
    const [column, row] = [index % 2, Math.floor(index / 2)];
    const inner = panel(mode).join("\n");
    return `<g transform="translate(${column * PANEL.width + 10} ${row * PANEL.height + 6})">\n${inner}\n</g>`;
  });
  const height = Math.ceil(modes.length / 2) * PANEL.height + 8;
  const title = `Four ways to run bzfs: ${modes.map(({ name, caption }) => `${name} (${caption})`).join(", ")}`;
  return svg(2 * PANEL.width + 20, height, title, panels);
}

function panel({ name, caption, hosts }: Mode): string[] {
  const parts = [text(14, 30, name, "ink title"), text(24 + name.length * 9, 30, caption, "faint")];
  const widths = hosts.map((host) =>
    36 + Math.max(1, poolsOf(host).length) * POOL.width + (poolsOf(host).length - 1) * 48
  );
  const all = widths.reduce((sum, width) => sum + width, 0);
  const gap = (PANEL.width - 28 - all) / Math.max(1, hosts.length - 1);
  let x = 14;
  let from: number | undefined;
  hosts.forEach((host, index) => {
    const width = Math.round(widths[index]!);
    parts.push(box(x, BOX.top, width, BOX.height, "box"));
    parts.push(text(x + 12, BOX.top + 22, host.replace(/^\*|:.*/g, "")));
    if (host.startsWith("*")) parts.push(box(x + width - 54, BOX.top - 10, 42, 20, "badge", 10));
    if (host.startsWith("*")) parts.push(text(x + width - 33, BOX.top + 4, "bzfs", "on-badge small", "middle"));
    const middle = POOL.top + POOL.height / 2;
    poolsOf(host).forEach((pool, place) => {
      const left = x + 18 + place * (POOL.width + 48);
      if (from !== undefined) parts.push(arrow(from, left, middle));
      parts.push(box(left, POOL.top, POOL.width, POOL.height, "pool", 13));
      parts.push(text(left + POOL.width / 2, POOL.top + 17, pool, "ink", "middle"));
      from = left + POOL.width;
    });
    x = Math.round(x + width + gap);
  });
  return parts;
}

function poolsOf(host: string): string[] {
  return host.split(":")[1]!.split(" ").filter((pool) => pool !== "");
}

const CHART = { left: 128, right: 790, first: 58, row: 26 };
/** Hours that get a line, with what stands below it. */
const TICKS: readonly (readonly [number, string])[] = [
  [1, "1 hour ago"],
  [6, "6 hours"],
  [24, "1 day"],
  [24 * 7, "1 week"],
  [24 * 30, "30 days"],
  [24 * 90, "90 days"],
];
const HOURS: Readonly<Record<string, number>> = { hourly: 1, daily: 24 };

/** The newer, the further to the left; a logarithmic scale. */
function placeOf(hours: number): number {
  const share = Math.log(hours) / Math.log(24 * 90);
  return Math.round((CHART.left + 12 + share * (CHART.right - CHART.left - 30)) * 10) / 10;
}

function retentionPicture(jobFile: YamlNode): string {
  const rows = [["source: desktop", "src-snapshot-plan"], ["destination: nas", "dst-snapshot-plan"]] as const;
  const parts: string[] = [text(14, 28, "What the plans of home.yaml keep", "ink title")];
  const bottom = CHART.first + 2 * (2 * CHART.row + 34);
  for (const [hours, words] of TICKS) {
    const x = placeOf(hours);
    parts.push(`<path class="grid" d="M${x} ${CHART.first - 14}V${bottom - 14}"/>`);
    parts.push(text(x, bottom + 4, words, "faint small", "middle"));
  }
  rows.forEach(([title, field], index) => {
    const top = CHART.first + index * (2 * CHART.row + 34);
    parts.push(text(14, top + 2, title));
    Object.entries(HOURS).forEach(([period, hours], line) => {
      const amount = amountOf(jobFile, field, period);
      const y = top + 10 + (line + 0.5) * CHART.row;
      parts.push(text(28, y + 4, `${period}: ${amount}`, "faint small"));
      for (let count = 1; count <= amount; count++) {
        parts.push(`<circle class="${period}" cx="${placeOf(count * hours)}" cy="${y}" r="3.2"/>`);
      }
    });
  });
  return svg(810, bottom + 20, "Snapshots that the plans of home.yaml keep, by age", parts);
}

/** Amount of a period in a plan of one organisation and one target. */
function amountOf(jobFile: YamlNode, field: string, period: string): number {
  let node: YamlNode = child(jobFile, field);
  for (let depth = 0; depth < 2; depth++) node = child(node, [...(node as Map<string, YamlNode>).keys()][0]!);
  return Number(child(node, period));
}

function child(node: YamlNode, key: string): YamlNode {
  return (node as Map<string, YamlNode>).get(key)!;
}
