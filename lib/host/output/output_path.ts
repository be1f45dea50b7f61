/**
 * Where the user wants results: which paths are fit for a file that we make or replace.
 * @module
 */
import { messageOf, RefusedError } from "../../model/errors.ts";
import { absolutePath } from "../process/environment.ts";
import { effectiveUid } from "../node.ts";
import { lookAt } from "../files/files.ts";

/** Stands for standard output. */
export const STANDARD_OUTPUT = "-";

/** Folders of the kernel: what is in there are no files, and the permissions of the executable leave them out. */
const KERNEL_FOLDERS = ["/dev", "/proc", "/sys"];

const HINT = "Use - for standard output, or name a regular file.";

const OTHER_FILE = "Remove it, or name another file.";

/**
 * The absolute path of an output. Throws {@linkcode RefusedError} unless a regular file of this user, or none, is
 * there.
 */
export function checkOutputPath(option: string, path: string): string {
  const absolute = fullPath(path);
  const refuse = (why: string, hint = HINT): never => {
    throw new RefusedError(`${option}: Cannot write '${path}': ${why}`, { hint });
  };
  if (KERNEL_FOLDERS.some((folder) => absolute === folder || absolute.startsWith(`${folder}/`))) {
    refuse("it is a device");
  }
  if (path.endsWith("/") || path === "") refuse("it is not the name of a file");
  const info = orRefuse(option, path, () => lookAt(absolute));
  if (info === undefined) return absolute;
  if (info.isSymlink) refuse("it is a symbolic link");
  if (info.isDirectory) refuse("it is a folder");
  if (!info.isFile) refuse("it is not a regular file");
  if (info.uid !== effectiveUid()) refuse(`it is owned by uid ${info.uid}`, OTHER_FILE);
  return absolute;
}

/** True if both name the same file, through whatever folders; `-` is only itself. */
export function isSameOutput(a: string, b: string): boolean {
  return realPath(a) === realPath(b);
}

function realPath(path: string): string {
  if (path === STANDARD_OUTPUT) return path;
  const normal = fullPath(path);
  const slash = normal.lastIndexOf("/");
  try {
    return `${Deno.realPathSync(normal.slice(0, slash) || "/")}${normal.slice(slash)}`;
  } catch {
    return normal; // Its folder cannot be entered, so nothing will be written there.
  }
}

/** Runs what opens a file, and says which option asked for it if that fails. Throws {@linkcode RefusedError}. */
export function orRefuse<T>(option: string, path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    if (cause instanceof RefusedError) {
      throw new RefusedError(`${option}: ${cause.message}`, { cause, hint: OTHER_FILE });
    }
    throw new RefusedError(`${option}: Cannot write '${path}': ${messageOf(cause)}`, {
      cause,
      hint: "The folder must exist, and this user must be allowed to write there.",
    });
  }
}

/** The absolute path, without `.`, `..` and empty parts. Symbolic links are not followed. */
export function fullPath(path: string): string {
  return normalPath(absolutePath(path));
}

/** The path without `.`, `..` and empty parts. Symbolic links are not followed. */
function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
