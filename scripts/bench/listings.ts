/**
 * Makes the listings that `zfs_stand_in.sh` prints: a source and a destination tree with the same snapshots.
 *
 * Every dataset below a root gets a block of rows of the same length, so that the stand-in finds its place by
 * arithmetic. Where the program asks for columns that were not made, the run fails, and so does the benchmark.
 * @module
 */

/** Size of the trees. */
export interface TreeSize {
  /** Datasets of a tree, the root among them. */
  readonly datasets: number;
  /** Snapshots of each dataset; fewer than a thousand. */
  readonly snapshots: number;
}

/** What a run lists of one side: types, and columns in the order of `zfs/dialect.ts`. */
export interface ListedSide {
  readonly types: string;
  readonly columns: string;
  /** What stands in front of the name in a listing of datasets; unless given, what a replication asks for. */
  readonly datasetCells?: string;
}

/** What a run lists of both sides. */
export interface ListedVersions {
  readonly src: ListedSide;
  readonly dst: ListedSide;
}

const DAY_MS = 86_400_000;
/** Creation of the first snapshot of each dataset; there is one a day. */
const FIRST_MS = Date.UTC(2024, 0, 1);
const FEATURES = ["bookmark_v2", "bookmark_written", "extensible_dataset", "large_blocks"];

/** Writes all listings into a folder. */
export async function writeListings(folder: string, size: TreeSize, listed: ListedVersions): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/version`, "zfs-2.3.2-1\nzfs-kmod-2.3.2-1\n");
  const pool = FEATURES.map((name) => `feature@${name}\tactive\n`).join("") + "guid\t5\n";
  await Deno.writeTextFile(`${folder}/pool`, pool);
  await writeTree(folder, "tank1/src", size, listed.src, "8192\t131072\t");
  await writeTree(folder, "tank2/dst", size, listed.dst, "");
}

async function writeTree(
  folder: string,
  root: string,
  size: TreeSize,
  listed: ListedSide,
  columns: string,
): Promise<void> {
  const tree = `${folder}/${root.replace("/", "+")}`;
  const versions = `${tree}/${listed.types}:${listed.columns}`;
  await Deno.mkdir(versions, { recursive: true });
  const names = [root, ...Array.from({ length: size.datasets - 1 }, (_, i) => `${root}/d${`${i}`.padStart(6, "0")}`)];
  await Deno.writeTextFile(
    `${tree}/datasets`,
    names.map((name) => `${listed.datasetCells ?? columns}${name}\n`).join(""),
  );
  const block = (index: number): string => blockOf(names[index]!, index, size.snapshots, listed.columns.split(","));
  await Deno.writeTextFile(`${versions}/blocks`, `${block(0).length} ${block(1).length}\n`);
  using rows = await Deno.create(`${versions}/rows`);
  for (const index of names.keys()) await rows.write(new TextEncoder().encode(block(index)));
}

/** The rows of one dataset, its own first; their length depends only on that of its name. */
function blockOf(name: string, index: number, snapshots: number, columns: readonly string[]): string {
  return Array.from({ length: snapshots + 1 }, (_, row) => {
    const i = Math.max(0, row - 1);
    const createdMs = FIRST_MS + i * DAY_MS;
    const cells: Readonly<Record<string, string>> = {
      createtxg: `${1000 + i}`,
      creation: `${createdMs / 1000}`,
      userrefs: "0",
      written: `${100_000 + (index * 4096 + i) % 100_000}`,
      guid: `${10_000_000_000_000_000n + BigInt(index * snapshots + i)}`,
      name: row === 0 ? name : `${name}@auto_onsite_${new Date(createdMs).toISOString().slice(0, 10)}_00:00:00_daily`,
    };
    return `${columns.map((column) => cells[column]).join("\t")}\n`;
  }).join("");
}
