/**
 * Small files that are kept between runs, each written beside its name and renamed, so that nobody reads half of one.
 *
 * They are private, in a private folder that only root and we can replace. What cannot be read safely is not there.
 * @module
 */
import type { StateFiles } from "../../zfs/world.ts";
import { readPrivateFile, replaceFile } from "./files.ts";
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
