/**
 * Environment variables: ours, and what children shall find in theirs.
 *
 * With a restricted run permission Deno refuses to start any program while a variable is set that may change what the
 * loader loads: `LD_…` and, from another system, `DYLD_…`, in letters of either case. So these are moved out of our
 * environment at start, and {@linkcode Processes} puts them into the children's.
 * @module
 */

/** Folders in which system programs such as `zfs` live, and which the PATH of an ordinary user may lack. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Folders of the PATH of a process that was given none. The executable may run programs from these folders. */
export const DEFAULT_FOLDERS: readonly string[] = ["/usr/local/bin", "/usr/bin", "/bin", ...SYSTEM_FOLDERS];

/** All variables whose name and value are text. */
export function readEnvironment(): ReadonlyMap<string, string> {
  return new Map(Object.entries(Deno.env.toObject()));
}

/** Removes variables, for us and for children. */
export function removeVariables(names: Iterable<string>): void {
  for (const name of names) Deno.env.delete(name);
}

/** PATH with the system folders at its end, each only if it is not there yet. One without any folder is as none. */
export function completePath(path: string | undefined): string {
  const folders = path?.split(":") ?? [];
  if (!folders.some(isFolder)) return DEFAULT_FOLDERS.join(":");
  return [...folders, ...SYSTEM_FOLDERS.filter((folder) => !folders.includes(folder))].join(":");
}

function isFolder(path: string): boolean {
  try {
    return path.startsWith("/") && Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Names of the variables for which Deno refuses to start a program, blanks around them included. */
const LOADER_VARIABLE = /^\s*(?:DY)?LD_/i;

/**
 * Completes PATH, takes the loader's variables out and returns them: for {@linkcode ProcessesOptions.loaderVariables}.
 */
export function prepareEnvironment(): ReadonlyMap<string, string> {
  const before = readEnvironment();
  Deno.env.set("PATH", completePath(before.get("PATH")));
  const loaderVariables = [...before].filter(([name]) => LOADER_VARIABLE.test(name));
  removeVariables(loaderVariables.map(([name]) => name));
  // A shell cannot set a variable whose name is no word.
  return new Map(loaderVariables.filter(([name]) => /^\w+$/.test(name)));
}

/** The path with the working folder in front if it is relative. */
export function absolutePath(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}
