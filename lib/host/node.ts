/**
 * The few facts that only Deno's Node layer knows, with types of our own.
 *
 * An `import` of `node:…` would make the type checker fetch `@types/node` and write it into the lock file.
 * @module
 */

/** The part of Node's `process` that we use. */
interface NodeProcess {
  readonly argv0: string;
  geteuid(): number;
  getBuiltinModule(name: "node:os"): { userInfo(): PasswordEntry };
  getBuiltinModule(name: "node:v8"): { getHeapStatistics(): { readonly heap_size_limit: number } };
  getBuiltinModule(name: "node:fs"): {
    fstatSync(descriptor: number, options: { readonly bigint: true }): { readonly dev: bigint; readonly ino: bigint };
    statfsSync(path: string, options: { readonly bigint: true }): FileSystemSize;
  };
  getBuiltinModule(name: "node:crypto"): { createHash(algorithm: "sha256"): Sha256 };
}

/** Sizes in blocks. */
interface FileSystemSize {
  readonly bsize: bigint;
  readonly blocks: bigint;
  readonly bavail: bigint;
}

interface Sha256 {
  update(text: string, encoding: "utf8"): Sha256;
  digest(): Uint8Array;
}

/** The part of a line of the password file that we use. */
export interface PasswordEntry {
  readonly username: string;
  readonly homedir: string | null;
}

const node = (globalThis as unknown as { readonly process: NodeProcess }).process;

/** The name under which this program was started; a link's name, if it was a link. */
export function startedAs(): string {
  return node.argv0;
}

/** The user id whose rights we have. */
export function effectiveUid(): number {
  return node.geteuid();
}

/** Our line of the password file. Throws if there is none. */
export function passwordEntry(): PasswordEntry {
  return node.getBuiltinModule("node:os").userInfo();
}

/** What an open file is, as `DEVICE:INODE`; `undefined` if it is not open. */
export function identityOfFile(descriptor: number): string | undefined {
  try {
    const { dev, ino } = node.getBuiltinModule("node:fs").fstatSync(descriptor, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Bytes of the file system that a path is on; `undefined` if the system does not tell. */
export function fileSystemRoom(path: string): { readonly available: bigint; readonly size: bigint } | undefined {
  try {
    const { bsize, blocks, bavail } = node.getBuiltinModule("node:fs").statfsSync(path, { bigint: true });
    return { available: bsize * bavail, size: bsize * blocks };
  } catch {
    return undefined;
  }
}

/** SHA-256 of a text in UTF-8, without waiting, as synchronous code makes names of it: 32 bytes. */
export function sha256(text: string): Uint8Array {
  return node.getBuiltinModule("node:crypto").createHash("sha256").update(text, "utf8").digest();
}

/** The same as 64 hexadecimal digits. */
export function sha256Hex(text: string): string {
  return [...sha256(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes of memory beyond which the runtime ends the process. */
export function heapLimitBytes(): number {
  return node.getBuiltinModule("node:v8").getHeapStatistics().heap_size_limit;
}
