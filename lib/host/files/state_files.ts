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
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unusable"; readonly why: string };

/** Looks at a file of such a folder: for readers to whom it matters that one cannot be read. Makes nothing. */
export function lookAtState(folder: string, name: string): StateText {
  try {
    if (lookAt(folder) === undefined) return { kind: "absent" };
    safeFolder(folder);
    const text = readPrivateFile(`${folder}/${name}`);
    return text === undefined ? { kind: "absent" } : { kind: "text", text };
  } catch (error) {
    return { kind: "unusable", why: messageOf(error) };
  }
}
