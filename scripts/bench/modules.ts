/**
 * How many modules are loaded before a program can begin: those that are imported by `import` declarations.
 * @module
 */
import { capture } from "../process.ts";

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier: string }; readonly isDynamic?: boolean }[];
  }[];
}

/** Modules that a module loads, itself among them. */
export async function modulesLoadedBy(entry: string): Promise<number> {
  const { code, stdout, stderr } = await capture([Deno.execPath(), "info", "--json", entry]);
  if (code !== 0) throw new Error(stderr);
  const { roots, modules } = JSON.parse(stdout) as Graph;
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) open.push(code.specifier);
    }
  }
  return seen.size;
}
