/**
 * Fails if a module imports what its layer must not, if modules form a cycle, or if something outside `main.ts` and
 * `lib/host/` reaches for the clock, randomness, the console or the runtime.
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

/** What only `main.ts` and `lib/host/` may say. */
const EFFECTS = [
  /\bDeno\./,
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bperformance\.now\b/,
  /\bMath\.random\b/,
  /\bcrypto\.getRandomValues\b/,
  /\bset(?:Timeout|Interval)\b/,
  /\bconsole\./,
  /\bglobalThis\b/,
  /["']node:/,
];

/** A module of ours: path below the root, and what it imports from the project. */
interface Module {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly { readonly path: string; readonly typeOnly: boolean }[];
}

const ROOT = new URL("../", import.meta.url);
const modules = await readModules();
const complaints = [...modules.values()].flatMap((module) => [...layerComplaints(module), ...effectComplaints(module)]);
complaints.push(...cycleComplaints(modules));
for (const complaint of complaints) console.error(complaint);
console.log(`${modules.size} modules checked, ${complaints.length} complaints`);
if (complaints.length > 0) Deno.exit(1);

async function readModules(): Promise<ReadonlyMap<string, Module>> {
  const found = new Map<string, Module>();
  for await (const path of sources("lib")) found.set(path, await readModule(path));
  for (const path of ["main.ts", "mod.ts"]) found.set(path, await readModule(path));
  return found;
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

async function readModule(path: string): Promise<Module> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  const statements = text.matchAll(/^(import|export)(\s+type)?\s+([^;"']*?)\s*from\s+"(\.[^"]+)"/gm);
  const imports = [...statements].map((match) => ({
    path: new URL(match[4]!, new URL(path, ROOT)).pathname.slice(ROOT.pathname.length),
    typeOnly: match[2] !== undefined || namesOnlyTypes(match[3]!),
  }));
  return { path, text, imports };
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
    const allowed = [...MAY_IMPORT[layer] ?? [], ...(typeOnly ? MAY_IMPORT_TYPES[layer] ?? [] : [])];
    return !allowed.some((place) => path === `lib/${place}` || path.startsWith(`lib/${place}/`));
  }).map(({ path, typeOnly }) =>
    `${module.path}: layer ${layer} must not import ${typeOnly ? "types of " : ""}${path}`
  );
}

function effectComplaints(module: Module): string[] {
  const layer = layerOf(module.path);
  if (layer === undefined || layer === "host") return [];
  const code = module.text.replace(/\/\*[\s\S]*?\*\//g, blankLines).replace(/^\s*\/\/.*$/gm, "");
  return code.split("\n").flatMap((line, index) => {
    const effect = EFFECTS.find((pattern) => pattern.test(line));
    return effect ? [`${module.path}:${index + 1}: ${effect.source} belongs to main.ts or lib/host/`] : [];
  }).concat(layer === "plan" && /\basync\b|\bawait\b/.test(code) ? [`${module.path}: decisions are synchronous`] : []);
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

function layerOf(path: string): string | undefined {
  return /^lib\/([^/]+)\//.exec(path)?.[1];
}
