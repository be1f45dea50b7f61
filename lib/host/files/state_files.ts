/**
 * Small files that are kept between runs, each written beside its name and renamed, so that nobody reads half of one.
 *
 * They are private, in a private folder that only root and we can replace. What cannot be read safely is not there.
 * @module
 */
import type { StateFiles } from "../../zfs/world.ts";
import { createFile, readPrivateFile, removeFile, writeText } from "./files.ts";
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
      const temporary = `${folder}/.${uniqueName()}.tmp`;
      let isOurs = false;
      try {
        safeFolder(folder);
        using file = createFile(temporary);
        isOurs = true;
        writeText(file, text);
        file.syncSync();
        Deno.renameSync(temporary, `${folder}/${name}`);
        return true;
      } catch {
        try {
          if (isOurs) removeFile(temporary);
        } catch {
          // the folder has become somebody else's
        }
        return false;
      }
    },
  };
}
