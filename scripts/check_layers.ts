/**
 * Fails if a module imports what its layer must not, if modules form a cycle, if something outside `main.ts` and
 * `lib/host/` reaches for the clock, randomness, the console or the runtime, or if code is there that nobody uses.
 *
 * The table is that of the design: model <- plan <- zfs <- host, run beside them, cli in front. `deno task ok` runs it.
 * @module
 */

/** Folders of `lib/` that a folder may import values from. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: ["model"],
  plan: ["model", "plan"],
  zfs: ["model", "zfs", "report/log.ts"],
  host: ["model", "zfs", "report", "host"],
  run: ["model", "plan", "zfs/world.ts", "zfs/layers.ts", "zfs/diagnosis.ts", "report", "run"],
  report: ["model", "report"],
  cli: ["model", "cli"],
  app: ["model", "plan", "zfs", "host", "run", "report", "cli", "app"],
};

/** Folders that it may import types from in addition. */
const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>> = {
  plan: ["report/log.ts"],
  zfs: ["plan"],
  host: ["plan"],
  cli: ["plan", "run", "report/log.ts"],
};

/** Modules from elsewhere, and the only place that may know each. */
const FOREIGN: Readonly<Record<string, string>> = { "@std/yaml": "lib/cli/job_file/yaml.ts" };

/** What only `main.ts` and `lib/host/` may say. */
const EFFECTS = [
  /\bDeno\b/,
  /\bDate\.now\b/,
  /\bnew Date\b(?!\([^)])/,
  /\bperformance\b/,
  /\bMath\.random\b/,
  /\bcrypto\b/,
  /\bset(?:Timeout|Interval)\b/,
  /\bAbortSignal\.timeout\b/,
  /\bfetch\(/,
  /\bconsole[.[]/,
  /\bnavigator\b/,
  /\bglobalThis\b/,
  /["']node:/,
];

/** A module of ours: path below the root, and what it imports. */
interface Module {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

interface Import {
  /** Path below the root, or the name of a module from elsewhere. */
  readonly path: string;
  readonly typeOnly: boolean;
}

/** Texts of modules, by path below the root. */
export type Texts = ReadonlyMap<string, string>;

/**
 * All that is wrong with the program: `main.ts`, `mod.ts` and everything in `lib/`. Scripts need modules too; tests only
 * use them.
 */
export function complaintsAbout(program: Texts, scripts: Texts = new Map(), tests: Texts = new Map()): string[] {
  const modules = modulesOf(program);
  const roots = ["main.ts", "mod.ts", ...[...modulesOf(scripts).values()].flatMap(pathsOf)];
  return [
    ...[...modules.values()].flatMap((module) => [...layerComplaints(module), ...effectComplaints(module)]),
    ...cycleComplaints(modules),
    ...unreachedComplaints(modules, roots),
    ...unusedComplaints(modules, [...scripts.values(), ...tests.values()]),
  ];
}

function modulesOf(texts: Texts): ReadonlyMap<string, Module> {
  return new Map([...texts].map(([path, text]) => [path, { path, text, imports: importsOf(path, text) }]));
}

function pathsOf({ imports }: Module): string[] {
  return imports.map(({ path }) => path);
}

const FROM = /^(import|export)(\s+type)?\s+([^;"']*?)\s*from\s+"([^"]+)"/gm;
const BARE_OR_DYNAMIC = /\bimport\s*\(?\s*["'`]([^"'`]+)/g;

function importsOf(path: string, text: string): Import[] {
  const code = withoutComments(text);
  const named = [...code.matchAll(FROM)].map((match) => ({
    path: resolved(path, match[4]!),
    typeOnly: match[2] !== undefined || namesOnlyTypes(match[3]!),
  }));
  const bare = [...code.matchAll(BARE_OR_DYNAMIC)].map((match) => ({
    path: resolved(path, match[1]!),
    typeOnly: false,
  }));
  return [...named, ...bare];
}

function resolved(from: string, specifier: string): string {
  return specifier.startsWith(".") ? new URL(specifier, `file:///${from}`).pathname.slice(1) : specifier;
}

/** True for `{ type A, type B }`. */
function namesOnlyTypes(clause: string): boolean {
  const names = clause.replace(/^\{|\}$/g, "").split(",").map((name) => name.trim()).filter((name) => name !== "");
  return clause.startsWith("{") && names.every((name) => name.startsWith("type "));
}

function layerComplaints(module: Module): string[] {
  const layer = layerOf(module.path);
  if (layer === undefined) return [];
  return module.imports.filter(({ path, typeOnly }) => {
    if (path in FOREIGN) return FOREIGN[path] !== module.path;
    const allowed = [...MAY_IMPORT[layer] ?? [], ...(typeOnly ? MAY_IMPORT_TYPES[layer] ?? [] : [])];
    return !allowed.some((place) => path === `lib/${place}` || path.startsWith(`lib/${place}/`)) &&
      !(layer === "host" && path.startsWith("node:"));
  }).map(({ path, typeOnly }) =>
    `${module.path}: layer ${layer} must not import ${typeOnly ? "types of " : ""}${path}`
  );
}

function effectComplaints(module: Module): string[] {
  const layer = layerOf(module.path);
  if (layer === undefined || layer === "host") return [];
  const code = withoutComments(module.text);
  return code.split("\n").flatMap((line, index) => {
    const effect = EFFECTS.find((pattern) => pattern.test(line));
    return effect ? [`${module.path}:${index + 1}: ${effect.source} belongs to main.ts or lib/host/`] : [];
  }).concat(layer === "plan" && /\basync\b|\bawait\b/.test(code) ? [`${module.path}: decisions are synchronous`] : []);
}

/** The same text, line for line, in which comments are empty. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, blankLines).replace(/^\s*\/\/.*$/gm, "");
}

function blankLines(text: string): string {
  return "\n".repeat(text.split("\n").length - 1);
}

/** Cycles of imports of values; types may point both ways. */
function cycleComplaints(all: ReadonlyMap<string, Module>): string[] {
  const state = new Map<string, "open" | "done">();
  const complaints: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      complaints.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
      return;
    }
    state.set(path, "open");
    const imports = all.get(path)?.imports ?? [];
    for (const { path: next, typeOnly } of imports) if (!typeOnly) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of all.keys()) visit(path, []);
  return complaints;
}

/** Modules that neither the executable, the library nor a script needs. */
function unreachedComplaints(all: ReadonlyMap<string, Module>, roots: readonly string[]): string[] {
  const reached = new Set(roots);
  for (const path of reached) for (const next of pathsOf(all.get(path) ?? NO_MODULE)) reached.add(next);
  return [...all.keys()].filter((path) => !reached.has(path)).map((path) => `${path}: nothing needs this module`);
}

const NO_MODULE: Module = { path: "", text: "", imports: [] };

/** Exports whose name occurs nowhere but where it is declared. */
function unusedComplaints(all: ReadonlyMap<string, Module>, users: readonly string[]): string[] {
  const words = new Map<string, number>();
  for (const text of [...[...all.values()].map(({ text }) => text), ...users]) {
    for (const word of withoutComments(text).match(/\w+/g) ?? []) words.set(word, (words.get(word) ?? 0) + 1);
  }
  return [...all.values()].flatMap(({ path, text }) =>
    [...text.matchAll(/^export (?:abstract |async )*(?:function\*?|const|class|interface|type) (\w+)/gm)]
      .filter((match) => words.get(match[1]!) === 1).map((match) => `${path}: nothing uses ${match[1]}`)
  );
}

function layerOf(path: string): string | undefined {
  return /^lib\/([^/]+)\//.exec(path)?.[1];
}

async function textsOf(folder: string): Promise<Texts> {
  const texts = new Map<string, string>();
  const root = new URL("../", import.meta.url);
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) { for (const [below, text] of await textsOf(path)) texts.set(below, text); }
    else if (entry.name.endsWith(".ts")) texts.set(path, await Deno.readTextFile(new URL(path, root)));
  }
  return texts;
}

if (import.meta.main) {
  const program = new Map(await textsOf("lib"));
  for (const path of ["main.ts", "mod.ts"]) {
    program.set(path, await Deno.readTextFile(new URL(`../${path}`, import.meta.url)));
  }
  const complaints = complaintsAbout(program, await textsOf("scripts"), await textsOf("tests"));
  for (const complaint of complaints) console.error(complaint);
  console.log(`${program.size} modules checked, ${complaints.length} complaints`);
  if (complaints.length > 0) Deno.exit(1);
}
