/**
 * The only two ways to open a file: one that is new, or one that exists and is what it should be.
 *
 * The runtime ignores `O_NOFOLLOW`, and to open a symlink for writing may empty its target. So a file that exists is
 * looked at first, opened without creating or emptying it, and looked at again through the open file: only if both are
 * the same regular file, of the right owner and mode, it is used. Our folders are private or not used at all.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { effectiveUid } from "../node.ts";
import { concat } from "../process/byte_tail.ts";

/** Mode of every file that we make. */
const FILE_MODE = 0o600;
/** Mode of every folder that we make. */
const FOLDER_MODE = 0o700;

/** A file was replaced between lstat and open; a caller that expects this looks again. */
export class ReplacedError extends RefusedError {
  override readonly name = "ReplacedError";

  constructor(path: string, options: { readonly cause?: unknown } = {}) {
    super(`Cannot open '${path}': it was replaced in the meantime`, options);
  }
}

/** Mode of what others are to read, such as metrics for an exporter. */
export const PUBLIC_FILE_MODE = 0o644;

/** Makes a file that must not exist yet, for writing. Throws `Deno.errors.AlreadyExists`. */
export function createFile(path: string, mode = FILE_MODE): Deno.FsFile {
  // To change the mode afterwards would go by the path, at which somebody may have put something else.
  const former = mode === FILE_MODE ? undefined : Deno.umask(0o777 & ~mode);
  try {
    return Deno.openSync(path, { write: true, createNew: true, mode });
  } finally {
    if (former !== undefined) Deno.umask(former);
  }
}

/** What an existing file must be. Always: a regular file, not writable by others, not executable. */
export interface FileRules {
  /** `private`: ours, and no rights for others. `trusted`: ours or root's, others may read it. */
  readonly kind: "private" | "trusted";
  readonly access: "read" | "write" | "append";
}

/**
 * Opens a file that exists. Throws {@linkcode RefusedError} if it is anything else than the rules say,
 * {@linkcode ReplacedError} if it is replaced between lstat and open, and `Deno.errors.NotFound` if there is none.
 * Nothing is emptied; a caller that wants that truncates the file.
 */
export function openFile(path: string, rules: FileRules): Deno.FsFile {
  const before = Deno.lstatSync(path);
  checkFile(path, before, rules);
  const file = openNoLink(path, rules.access);
  try {
    const after = file.statSync();
    checkFile(path, after, rules);
    if (!isSameFile(before, after)) throw new ReplacedError(path);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * With limited permissions the runtime itself refuses a link that it meets while opening; with all of them it follows.
 */
function openNoLink(path: string, access: FileRules["access"]): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: access === "read", write: access === "write", append: access === "append" });
  } catch (error) {
    if (!(error instanceof Deno.errors.FilesystemLoop)) throw error;
    throw new ReplacedError(path, { cause: error });
  }
}

/** True if both are about one and the same file. */
export function isSameFile(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function checkFile(path: string, info: Deno.FileInfo, rules: FileRules): void {
  const refuse = (why: string, hint?: string): never => {
    throw new RefusedError(`Cannot open '${path}': it ${why}`, { hint });
  };
  if (info.isSymlink) refuse("is a symbolic link");
  if (!info.isFile) refuse("is not a regular file");
  const ours = effectiveUid();
  if (info.uid !== ours && !(rules.kind === "trusted" && info.uid === 0)) {
    refuse(`is owned by uid ${info.uid}, not by ${rules.kind === "trusted" ? `root or ` : ""}uid ${ours}`);
  }
  const mode = (info.mode ?? 0) & 0o777;
  const forbidden = rules.kind === "private" ? 0o177 : 0o133;
  if ((mode & forbidden) !== 0) {
    const changes = ([["g-w", 0o020], ["o-w", 0o002], ["a-x", 0o111]] as const).filter(([, bits]) => mode & bits);
    refuse(
      `has permissions ${modeText(mode)}, which must be at most ${modeText(0o777 & ~forbidden)}`,
      rules.kind === "private"
        ? undefined
        : `If nobody else has changed it: chmod ${changes.map(([change]) => change).join(",")} '${path}'`,
    );
  }
}

/** How often a file may be replaced by others while we open it. */
const MOST_REPLACEMENTS = 100;

/** Opens and reads a file; one that others replace just then, in the state of one moment. */
function readFile(path: string, kind: FileRules["kind"], mostBytes = Infinity): Uint8Array<ArrayBuffer> {
  for (let replacements = 0;; replacements++) {
    try {
      using file = openFile(path, { kind, access: "read" });
      const bytes = file.statSync().size > mostBytes ? undefined : readAll(file, mostBytes);
      if (bytes === undefined) throw new RefusedError(`Cannot read '${path}': it has more than ${mostBytes} bytes`);
      return bytes;
    } catch (error) {
      if (!(error instanceof ReplacedError) || replacements === MOST_REPLACEMENTS) throw error;
    }
  }
}

/**
 * All bytes of a file whose content decides about what we do: an argument file, a configuration. Throws `RefusedError` also
 * for one that is larger than `mostBytes`.
 */
export function readTrustedFile(path: string, mostBytes = Infinity): Uint8Array<ArrayBuffer> {
  return readFile(path, "trusted", mostBytes);
}

/** What is done to a file or folder; `undefined` if there is none. */
export function ifThere<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Opens a private file for writing, or makes it. Throws what {@linkcode openFile} and {@linkcode createFile} throw. */
export function openOrCreate(
  path: string,
  access: "write" | "append",
): { readonly file: Deno.FsFile; readonly isNew: boolean } {
  const file = ifThere(() => openFile(path, { kind: "private", access }));
  return { file: file ?? createFile(path), isNew: file === undefined };
}

/** All of a private file as text; `undefined` if there is none. Throws `RefusedError` also for one that is larger. */
export function readPrivateFile(path: string, mostBytes = Infinity): string | undefined {
  return ifThere(() => new TextDecoder().decode(readFile(path, "private", mostBytes)));
}

/** All bytes; `undefined` as soon as there are more than `mostBytes`. */
function readAll(file: Deno.FsFile, mostBytes: number): Uint8Array<ArrayBuffer> | undefined {
  const chunks: Uint8Array[] = [];
  let left = mostBytes;
  for (;;) {
    const chunk = new Uint8Array(65_536);
    const count = file.readSync(chunk);
    if (count === null) break;
    if (count > left) return undefined;
    left -= count;
    chunks.push(chunk.subarray(0, count));
  }
  return concat(...chunks);
}

/** Writes all of the text, at once if the system takes it. */
export function writeText(file: Deno.FsFile, text: string): void {
  const bytes = encode(text);
  for (let at = file.writeSync(bytes); at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/**
 * Appends texts that end a line. After a write that has failed, perhaps in the middle of a line, the next one begins a
 * new line.
 *
 * @param isTorn the file ends inside a line
 */
export function lineAppender(file: Deno.FsFile, isTorn = false): (text: string) => void {
  return (text) => {
    const whole = isTorn ? `\n${text}` : text;
    isTorn = true;
    writeText(file, whole);
    isTorn = false;
  };
}

const ENCODER = new TextEncoder();
const ENCODED = new Uint8Array(128 * 1024);

/** The text in UTF-8, good until the next call: a new array for each would take three times as long. */
function encode(text: string): Uint8Array {
  const isTooLong = 3 * text.length > ENCODED.length; // a UTF-16 unit makes three bytes at most
  return isTooLong ? ENCODER.encode(text) : ENCODED.subarray(0, ENCODER.encodeInto(text, ENCODED).written);
}

/**
 * Makes a folder that only we can enter, if it is not there, and checks that it is one. The folders above must exist
 * and be safe, see `safe_path.ts`. Throws {@linkcode RefusedError}.
 */
export function privateFolder(path: string): void {
  makeFolder(path);
  const info = Deno.lstatSync(path);
  if (info.isSymlink || !info.isDirectory) {
    throw new RefusedError(`'${path}' is ${info.isSymlink ? "a symbolic link" : "not a folder"}`);
  }
  const ours = effectiveUid();
  if (info.uid !== ours) throw new RefusedError(`'${path}' is owned by uid ${info.uid}, not ${ours}`);
  const mode = (info.mode ?? 0) & 0o777;
  if (mode === FOLDER_MODE) return;
  throw new RefusedError(`'${path}' has permissions ${modeText(mode)}, not ${modeText(FOLDER_MODE)}`, {
    hint: `If nobody else has put anything into it: chmod 700 '${path}'`,
  });
}

/** Makes a folder with mode 0700 unless something is there already. */
export function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Makes a symlink or replaces the one that is there, so that there is one at any time. */
export function replaceLink(target: string, path: string, uniqueName: string): void {
  const temporary = `${path.slice(0, path.lastIndexOf("/") + 1)}.${uniqueName}.tmp`;
  Deno.symlinkSync(target, temporary);
  try {
    Deno.renameSync(temporary, path);
  } catch (error) {
    Deno.removeSync(temporary);
    throw error;
  }
}

/**
 * Writes a file, private unless a mode is given, beside another one and gives it that one's name, so that nobody reads half of it, also after a loss
 * of power. Throws what the system says, and leaves nothing then.
 *
 * @param temporary path in the same folder, where nothing is
 */
export function replaceFile(path: string, text: string, temporary: string, mode = FILE_MODE): void {
  using file = createFile(temporary, mode);
  try {
    writeText(file, text);
    file.syncSync();
    Deno.renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
}

/** Removes a file or link; none is fine too. */
export function removeFile(path: string): void {
  ifThere(() => Deno.removeSync(path));
}

/** Entries of a folder; none if it does not exist. */
export function listFolder(path: string): readonly Deno.DirEntry[] {
  return ifThere(() => [...Deno.readDirSync(path)]) ?? [];
}

/** What is at this path itself, links not followed; `undefined` if nothing is. */
export function lookAt(path: string): Deno.FileInfo | undefined {
  return ifThere(() => Deno.lstatSync(path));
}

/** Permission bits as `755 aka rwxr-xr-x`. */
export function modeText(mode: number): string {
  const letters = [..."rwxrwxrwx"].map((letter, i) => (mode >> (8 - i)) & 1 ? letter : "-").join("");
  return `${mode.toString(8).padStart(3, "0")} aka ${letters}`;
}
