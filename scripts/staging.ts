/**
 * Copies what goes into an executable to a folder of its own, for `deno compile`.
 *
 * `deno compile` puts the times of all files into the executable, and of an npm package every file, used or not. So it
 * sees copies that all have the same time, and packages that hold only the modules that the program imports.
 * @module
 */
import { capture } from "./process.ts";

/** Time of every file in the executable, in seconds since 1970. */
export const STAGED_TIME = 1_000_000_000;

/** Where the copies are. */
export interface Stage {
  /** Holds the files under the paths that they have in the project. */
  readonly project: string;
  /** Variables for `deno compile`: a `DENO_DIR` with the packages. */
  readonly env: Readonly<Record<string, string>>;
}

/** What of the output of `deno info --json` is used. */
interface ModuleGraph {
  readonly modules: readonly { readonly kind: string; readonly specifier: string; readonly local?: string }[];
}

/**
 * Makes the copies below `folder`, which must not exist.
 *
 * @param root folder of the project, absolute
 * @param entry path of the main module in it
 * @param files paths of other files in it that are needed
 */
export async function stage(
  folder: string,
  { root, entry, files }: { readonly root: string; readonly entry: string; readonly files: readonly string[] },
): Promise<Stage> {
  const project = `${folder}/project`;
  const denoDir = `${folder}/deno`;
  const { modules } = await denoInfo<ModuleGraph>([entry], root);
  const local = modules.flatMap(({ specifier, local }) => specifier.startsWith("file:") && local ? [local] : []);
  const paths = new Set([...local.map((path) => pathBelow(root, path)), ...files]);
  for (const path of paths) await copy(`${root}/${path}`, `${project}/${path}`);
  const cache = (await denoInfo<{ readonly denoDir: string }>([], root)).denoDir;
  await Deno.mkdir(denoDir, { recursive: true });
  // Downloads are kept for the next time.
  for (const name of ["dl", "remote"]) {
    await Deno.mkdir(`${cache}/${name}`, { recursive: true });
    await Deno.symlink(`${cache}/${name}`, `${denoDir}/${name}`);
  }
  for (const { kind, specifier } of modules) {
    if (kind === "npm") await copyPackage(specifier, `${cache}/npm`, `${denoDir}/npm`);
  }
  return { project, env: { DENO_DIR: denoDir } };
}

/** Copies the modules of an npm package that an imported one needs, and what Deno must know of the package. */
async function copyPackage(specifier: string, from: string, to: string): Promise<void> {
  const [, name = "", version = "", path = ""] = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)\/(.+)$/.exec(specifier) ?? [];
  if (path === "") {
    throw new Error(`Cannot tell which modules of '${specifier}' are used: import one of them by its path`);
  }
  const registry = await registryOf(`${name}/${version}`, from);
  const home = `${from}/${registry}/${name}`;
  const { modules } = await denoInfo<ModuleGraph>([`${home}/${version}/${path}`], home);
  const used = modules.flatMap(({ local }) => local ? [pathBelow(home, local)] : []);
  for (const file of ["registry.json", `${version}/package.json`, ...used]) {
    await copy(`${home}/${file}`, `${to}/${registry}/${name}/${file}`);
  }
}

/** The folder of Deno's npm cache that has this package. */
async function registryOf(packagePath: string, cache: string): Promise<string> {
  for await (const { name } of Deno.readDir(cache)) {
    if (await Deno.stat(`${cache}/${name}/${packagePath}`).then((info) => info.isDirectory, () => false)) return name;
  }
  throw new Error(`There is no '${packagePath}' in ${cache}: run 'deno install' first`);
}

async function denoInfo<T>(words: readonly string[], cwd: string): Promise<T> {
  const { code, stdout, stderr } = await capture([Deno.execPath(), "info", "--json", ...words], { cwd });
  if (code !== 0) throw new Error(`deno info ended with status ${code}:\n${stderr}`);
  return JSON.parse(stdout) as T;
}

function pathBelow(folder: string, path: string): string {
  if (!path.startsWith(`${folder}/`)) throw new Error(`'${path}' is not below '${folder}'`);
  return path.slice(folder.length + 1);
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  await Deno.copyFile(from, to);
  await Deno.utime(to, STAGED_TIME, STAGED_TIME);
}
