/**
 * Makes the listings that `zfs_stand_in.sh` prints: a source and a destination tree with the same snapshots.
 *
 * Batches are cut as the program cuts them: by number of datasets. Where it cuts differently, the stand-in finds no
 * file, the run fails, and so does the benchmark.
 * @module
 */

/** Size of the trees. */
export interface TreeSize {
  /** Datasets below the root; the root comes on top. */
  readonly datasets: number;
  /** Snapshots of each dataset. */
  readonly snapshots: number;
}

const BATCH = 1024;
const FEATURES = ["bookmark_v2", "bookmark_written", "extensible_dataset", "large_blocks"];

/** Writes all listings into a folder. */
export async function writeListings(folder: string, size: TreeSize): Promise<void> {
  for (const name of ["datasets", "snapshot", "snapshot,bookmark"]) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  }
  await Deno.writeTextFile(`${folder}/version`, "zfs-2.3.2-1\nzfs-kmod-2.3.2-1\n");
  const pool = FEATURES.map((name) => `feature@${name}\tactive\n`).join("") + "guid\t5\n";
  await Deno.writeTextFile(`${folder}/pool`, pool);
  await writeTree(folder, "tank1/src", size, "snapshot,bookmark", "8192\t131072\t");
  await writeTree(folder, "tank2/dst", size, "snapshot", "");
}

async function writeTree(
  folder: string,
  root: string,
  size: TreeSize,
  types: string,
  columns: string,
): Promise<void> {
  const names = [root, ...Array.from({ length: size.datasets - 1 }, (_, i) => `${root}/d${`${i}`.padStart(6, "0")}`)];
  await Deno.writeTextFile(`${folder}/datasets/${fileName(root)}`, names.map((name) => `${columns}${name}\n`).join(""));
  for (let start = 0; start < names.length; start += BATCH) {
    const rows: string[] = [];
    for (const [index, name] of names.slice(start, start + BATCH).entries()) {
      for (let i = 0; i < size.snapshots; i++) {
        const guid = 10_000_000_000_000_000n + BigInt((start + index) * size.snapshots + i);
        rows.push(`${100 + i}\t${guid}\t${name}@auto_2026-01-01_00:00:${`${i}`.padStart(2, "0")}_daily\n`);
      }
    }
    await Deno.writeTextFile(`${folder}/${types}/${fileName(names[start]!)}`, rows.join(""));
  }
}

function fileName(dataset: string): string {
  return dataset.replaceAll("/", "+");
}
