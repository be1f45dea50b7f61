/**
 * Fails if a module imports what its layer must not, if it enters a folder by another way than its door, if `lib/run/`
 * reads what a command printed instead of the verdict that an error carries, if a context has too many members or a folder too
 * many modules, if modules form a cycle, if something outside `main.ts` and `lib/host/` reaches for the clock, randomness, the console or the
 * runtime, or anything outside `lib/host/timers.ts` for its timers, or if code is there that nobody uses.
 *
 * The rule is that of `docs/architecture.md`: model <- {plan, report, zfs} <- {host, run, cli} <- app. It holds for
 * types, too. `deno task ok` runs it.
 * @module
 */

const DECISIONS = ["model", "plan", "report", "zfs"];

/** Folders of `lib/` that a folder may import from, beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  plan: ["model"],
  report: ["model"],
  zfs: ["model"],
  host: DECISIONS,
  run: DECISIONS,
  cli: DECISIONS,
  app: [...DECISIONS, "host", "run", "cli"],
};

/** Modules from elsewhere, and the only place that may know each. */
const FOREIGN: Readonly<Record<string, string>> = {
  "@std/yaml": "lib/cli/job_file/yaml.ts",
  "deno.json": "lib/app/library.ts",
};

/** What only `main.ts` and `lib/host/` may say. */
const EFFECTS = [
  /\bDeno\b/,
  /\bDate\.now\b/,
  /\bnew Date\b(?!\([^)])/,
  /\bperformance\b/,
  /\bMath\.random\b/,
  /\bcrypto\b/,
  /\bAbortSignal\.timeout\b/,
  /\bfetch\(/,
  /\bconsole[.[]/,
  /\bnavigator\b/,
  /\bglobalThis\b/,
  /["']node:/,
];

/** Those of the runtime may fire after they were cleared; the module that may say their names keeps them from it. */
const TIMER = /\bset(?:Timeout|Interval)\b/;
const TIMERS = "lib/host/timers.ts";

/** A program for browsers, as a text: what it says is not done here. */
const BROWSER_PROGRAM = "lib/report/status/page/script.ts";

/** Members of a context at most, those that it inherits included. */
const MAX_CONTEXT_MEMBERS = 12;

/** Types by which an interface gives access to something outside: one with such a member is a context. */
const ACCESS = /:\s*(?:readonly )?(?:Logger|RunLogger|AbortSignal|World|Processes|Clock)\b/;

/** A module of ours: path below the root, and what it imports. */
interface Module {
  readonly path: string;
  readonly text: string;
  /** Paths below the root, or names of modules from elsewhere. */
  readonly imports: readonly string[];
}

/** Texts of modules, by path below the root. */
export type Texts = ReadonlyMap<string, string>;

/**
 * All that is wrong with the program: `main.ts`, `mod.ts` and everything in `lib/`. Scripts need modules too; tests
 * only use them.
 */
export function complaintsAbout(program: Texts, scripts: Texts = new Map(), tests: Texts = new Map()): string[] {
  const modules = modulesOf(program);
  const roots = ["main.ts", "mod.ts", ...[...modulesOf(scripts).values()].flatMap(({ imports }) => imports)];
  return [
    ...[...modules.values()].flatMap((
      module,
    ) => [
      ...layerComplaints(module),
      ...doorComplaints(module),
      ...readerComplaints(module),
      ...effectComplaints(module),
    ]),
    ...contextComplaints(program),
    ...crowdComplaints(program),
    ...cycleComplaints(modules),
    ...unreachedComplaints(modules, roots),
    ...unusedComplaints(modules, scripts, tests),
  ];
}

/** Modules that a folder holds at most, those of its folders apart. */
const MAX_MODULES = 16;

function crowdComplaints(program: Texts): string[] {
  const folders = Map.groupBy(program.keys(), (path) => path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  return [...folders].filter(([, paths]) => paths.length > MAX_MODULES)
    .map(([folder, paths]) => `${folder}: ${paths.length} modules are more than ${MAX_MODULES}`);
}

function modulesOf(texts: Texts): ReadonlyMap<string, Module> {
  return new Map([...texts].map(([path, text]) => [path, { path, text, imports: importsOf(path, text) }]));
}

const FROM = /^(?:import|export)\s[^;"']*?from\s+"([^"]+)"/gm;
const BARE_OR_DYNAMIC = /(?<!["'`])\bimport\s*\(?\s*["'`]([^"'`]+)/g;

function importsOf(path: string, text: string): string[] {
  const code = withoutComments(text);
  const named = [...code.matchAll(FROM)].map((match) => match[1]!);
  const bare = [...code.matchAll(BARE_OR_DYNAMIC)].map((match) => match[1]!);
  return [...named, ...bare].map((specifier) => resolved(path, specifier));
}

function resolved(from: string, specifier: string): string {
  return specifier.startsWith(".") ? new URL(specifier, `file:///${from}`).pathname.slice(1) : specifier;
}

function layerComplaints(module: Module): string[] {
  const layer = layerOf(module.path);
  if (layer === undefined) return [];
  return module.imports.filter((path) => {
    if (path in FOREIGN) return FOREIGN[path] !== module.path;
    const allowed = [layer, ...MAY_IMPORT[layer] ?? []];
    return !allowed.includes(layerOf(path) ?? "") && !(layer === "host" && path.startsWith("node:"));
  }).map((path) => `${module.path}: layer ${layer} must not import ${path}`);
}

/**
 * A folder inside a layer is entered from outside its parent by `mod.ts`, or by the file of its name. `main.ts` loads
 * nothing that it does not need, hence it names files.
 */
function doorComplaints({ path: from, imports }: Module): string[] {
  if (from === "main.ts") return [];
  return imports.filter((path) => {
    const [, parent, name, file] = /^(lib\/.+\/)([^/]+)\/([^/]+)\.ts$/.exec(path) ?? [];
    return parent !== undefined && !from.startsWith(parent) && file !== "mod" && file !== name;
  }).map((path) => `${from}: ${path} is behind the door of its folder, mod.ts`);
}

/** What a failed command printed is read by `lib/zfs/diagnosis.ts`; `lib/run/` decides by what that has found. */
function readerComplaints({ path: from, text, imports }: Module): string[] {
  if (layerOf(from) !== "run") return [];
  const isReading = imports.includes("lib/zfs/diagnosis.ts") || /stderr/i.test(withoutComments(text));
  return isReading ? [`${from}: lib/zfs/diagnosis.ts reads stderr; decide by the error's verdict`] : [];
}

function effectComplaints(module: Module): string[] {
  const layer = layerOf(module.path);
  if (layer === undefined || module.path === BROWSER_PROGRAM) return [];
  const code = withoutComments(module.text);
  return code.split("\n").flatMap((line, index) => {
    if (TIMER.test(line) && module.path !== TIMERS) {
      return [`${module.path}:${index + 1}: timers are those of ${TIMERS}`];
    }
    if (layer === "host") return [];
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

/** One interface, as its text says. */
interface Declared {
  readonly path: string;
  readonly isExported: boolean;
  readonly bases: readonly string[];
  readonly members: readonly string[];
  readonly isContext: boolean;
}

/**
 * Exported contexts that are too large: interfaces with access to something outside, which can be passed to another
 * module. Type aliases are not looked at; what an interface picks from, or omits of, another one counts in full.
 */
function contextComplaints(program: Texts): string[] {
  const declared = new Map([...program].flatMap(([path, text]) => declaredIn(path, withoutComments(text))));
  const withBases = (name: string): Declared[] => {
    const own = declared.get(name);
    return own === undefined ? [] : [own, ...own.bases.flatMap(withBases)];
  };
  return [...declared].flatMap(([name, { path, isExported }]) => {
    const all = withBases(name);
    const count = new Set(all.flatMap(({ members }) => members)).size;
    if (!isExported || count <= MAX_CONTEXT_MEMBERS || !all.some(({ isContext }) => isContext)) return [];
    return [`${path}: context ${name} has ${count} members, more than ${MAX_CONTEXT_MEMBERS}`];
  });
}

function declaredIn(path: string, code: string): [string, Declared][] {
  const interfaces = code.matchAll(/^(export )?interface (\w+)(?:<[^{]*?>)?(?: extends ([^{]+))? \{\n([\s\S]*?)^\}/gm);
  return [...interfaces].map(([, exported, name, bases = "", body]) => [name!, {
    path,
    isExported: exported !== undefined,
    bases: bases.match(/\w+/g) ?? [],
    members: [...body!.matchAll(/^ {2}(?:readonly )?(\w+)\??(?:<[^(]*>)?[:(]/gm)].map(([, member]) => member!),
    isContext: body!.split("\n").some((line) => line.startsWith("  readonly ") && ACCESS.test(line)),
  }]);
}

/** Cycles of imports, those of types included. */
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
    for (const next of all.get(path)?.imports ?? []) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of all.keys()) visit(path, []);
  return complaints;
}

/** Modules that neither the executable, the library nor a script needs. */
function unreachedComplaints(all: ReadonlyMap<string, Module>, roots: readonly string[]): string[] {
  const reached = new Set(roots);
  for (const path of reached) for (const next of all.get(path)?.imports ?? []) reached.add(next);
  return [...all.keys()].filter((path) => !reached.has(path)).map((path) => `${path}: nothing needs this module`);
}

/**
 * Exports that nobody imports, and code that only tests use. A test may import what its own module uses, too; types may
 * be exported for the sake of a signature.
 */
function unusedComplaints(all: ReadonlyMap<string, Module>, scripts: Texts, tests: Texts): string[] {
  const words = wordsOf([...[...all.values()].map(({ text }) => text), ...scripts.values(), ...tests.values()]);
  const imported = namesImported([...[...all.values()].map(({ text }) => text), ...scripts.values()]);
  const tested = namesImported([...tests.values()]);
  return [...all.values()].flatMap(({ path, text }) =>
    [...text.matchAll(/^export (?:abstract |async )*(function\*?|const|class|interface|type) (\w+)/gm)]
      .flatMap(([, kind, name]) => {
        if (words.get(name!) === 1) return [`${path}: nothing uses ${name}`];
        if (kind === "interface" || kind === "type" || imported.has(name!)) return [];
        if (!tested.has(name!)) return [`${path}: nobody imports ${name}`];
        return wordsOf([text]).get(name!) === 1 ? [`${path}: only tests use ${name}`] : [];
      })
  );
}

function wordsOf(texts: readonly string[]): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  for (const text of texts) {
    for (const word of withoutComments(text).match(/\w+/g) ?? []) words.set(word, (words.get(word) ?? 0) + 1);
  }
  return words;
}

/** Names in import clauses, in those of dynamic imports, and all members of what is imported as a whole. */
function namesImported(texts: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (clause: string): void => {
    for (const [, name] of clause.matchAll(/(?:^|[{,])\s*(?:type\s+)?(\w+)/g)) names.add(name!);
  };
  for (const text of texts) {
    const code = withoutComments(text);
    for (const [, clause] of code.matchAll(/^(?:import|export)[^;"'{]*(\{[^}]*\})\s*from\s/gm)) add(clause!);
    for (const [, clause] of code.matchAll(/(\{[^{}]*\})\s*=\s*await import\(/g)) add(clause!);
    for (const [, name] of code.matchAll(/await import\([^)]*\)\)\.(\w+)/g)) names.add(name!);
    for (const [, whole] of code.matchAll(/^import \* as (\w+) from/gm)) {
      for (const [, member] of code.matchAll(new RegExp(`\\b${whole}\\.(\\w+)`, "g"))) names.add(member!);
    }
  }
  return names;
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
