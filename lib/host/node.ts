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
  getBuiltinModule(name: "node:os"): { userInfo(): { readonly username: string; readonly homedir: string | null } };
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
export function passwordEntry(): { readonly username: string; readonly homedir: string | null } {
  return node.getBuiltinModule("node:os").userInfo();
}
