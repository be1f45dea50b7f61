/**
 * Small files that are kept between runs, each written beside its name and renamed, so that nobody reads half of one.
 *
 * They are private, in a private folder that only root and we can replace. What cannot be read safely is not there.
 * @module
 */
import type { StateFiles } from "../../zfs/world.ts";
import { messageOf } from "../../model/errors.ts";
import { lookAt, readPrivateFile, replaceFile } from "./files.ts";
import { safeFolder } from "./safe_path.ts";

/** Files in a folder, which is made when the first one is written. */
export function stateFiles(folder: string, uniqueName: () => string): StateFiles {
  return {
    read(name): string | undefined {
      try {
        return readPrivateFile(`${folder}/${name}`);
      } catch {
        return undefined; // not ours, or not to be read now
      }
    },
    write(name, text): boolean {
      try {
        safeFolder(folder);
        replaceFile(`${folder}/${name}`, text, `${folder}/.${uniqueName()}.tmp`);
        return true;
      } catch {
        return false; // there is no room, or the folder is somebody else's
      }
    },
  };
}

/** What is at the place of such a file: nothing, its text, or something that cannot be taken for ours, and why. */
export type StateText =
  | { readonly kind: "absent" }
  | {
    readonly kind: "text";
    readonly text: string;
    /** Milliseconds since 1970; absent if the system does not tell. */
    readonly writtenAtMs?: number | undefined;
  }
  | { readonly kind: "unusable"; readonly why: string };

/** Bytes of a file that is read: a fleet of thousands of datasets needs less than a tenth of that. */
const MOST_BYTES = 16 << 20;

/** Names of the files of such a folder; none of one that cannot be used. */
export function stateNames(folder: string): string[] {
  try {
    return lookAt(folder) === undefined ? [] : [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return []; // told by those that read a file of it
  }
}

/** Looks at a file of such a folder: for readers to whom it matters that one cannot be read. Makes nothing. */
export function lookAtState(folder: string, name: string): StateText {
  try {
    if (lookAt(folder) === undefined) return { kind: "absent" };
    safeFolder(folder);
    const path = `${folder}/${name}`;
    const text = readPrivateFile(path, MOST_BYTES);
    if (text === undefined) return { kind: "absent" };
    return { kind: "text", text, writtenAtMs: lookAt(path)?.mtime?.getTime() };
  } catch (error) {
    return { kind: "unusable", why: messageOf(error) };
  }
}
