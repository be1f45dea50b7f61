/**
 * What the most common work costs: a tree in which each dataset has one new, small snapshot, with a `zfs` that remembers what
 * it received and costs next to nothing.
 * @module
 */
import { capture } from "../process.ts";
import { type Cost, costOf, median } from "./cost.ts";

/** Cost of a run that replicates one new snapshot of each dataset, medians of several. */
export interface IncrementsRun extends Cost {
  readonly runs: number;
  /** Programs that a run started, by name and verb, and how often. */
  readonly programs: ReadonlyMap<string, number>;
}

const SOURCE = "tank1/src";
const DESTINATION = "tank2/dst";

/** Two trees, of which the destination lacks the newest snapshot of each dataset. */
export interface IncrementsGround extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Puts the trees back to where they were. */
  reset(): Promise<void>;
  /** Throws unless the destination has the newest snapshot of each dataset. */
  check(): Promise<void>;
}

/** Makes the trees. */
export async function incrementsGround(datasets: number, snapshots: number): Promise<IncrementsGround> {
  const folder = await Deno.makeTempDir({ prefix: "bzfs-bench-" });
  const pools = `${folder}/pools`;
  await Deno.mkdir(`${folder}/bin`);
  const standIn = await Deno.realPath(new URL("zfs_with_memory.sh", import.meta.url));
  for (const name of ["zfs", "zpool"]) await Deno.symlink(standIn, `${folder}/bin/${name}`);
  const below = Array.from({ length: datasets - 1 }, (_, i) => `/d${`${i}`.padStart(6, "0")}`);
  const names = ["", ...below];
  const rowsOf = (index: number): readonly string[] =>
    Array.from(
      { length: snapshots },
      (_, i) => `${1000 + i}\t${10n ** 16n + BigInt(index * snapshots + i)}\t@auto_${i}_daily`,
    );
  const reset = async (): Promise<void> => {
    for (const [index, name] of names.entries()) {
      const rows = rowsOf(index);
      for (const [root, held] of [[SOURCE, rows], [DESTINATION, rows.slice(0, -1)]] as const) {
        const dataset = `${root}${name}`;
        await Deno.mkdir(`${pools}/${dataset}`, { recursive: true });
        const write = (file: string, text: string): Promise<void> =>
          Deno.writeTextFile(`${pools}/${dataset}/${file}`, text);
        await write("own", `1\t${1000 + index}\t${dataset}\n`);
        await write("snapshots", held.map((row) => `${row.replace("@", `${dataset}@`)}\n`).join(""));
        await write("bookmarks", "");
        await write("newest", `${rows.at(-1)!}\n`);
      }
    }
  };
  await reset();
  await Deno.writeTextFile(`${pools}/version`, "zfs-2.3.2-1\nzfs-kmod-2.3.2-1\n");
  const features = ["bookmark_v2", "bookmark_written", "extensible_dataset", "large_blocks"];
  const pool = features.map((name) => `feature@${name}\tactive\n`).join("") + "guid\t5\n";
  await Deno.writeTextFile(`${pools}/pool`, pool);
  const columns = { [SOURCE]: "volblocksize,recordsize,name", [DESTINATION]: "name" };
  for (const [root, asked] of Object.entries(columns)) {
    const cells = asked === "name" ? "" : "-\t131072\t";
    await Deno.writeTextFile(
      `${pools}/${root}/tree:${asked}`,
      names.map((name) => `${cells}${root}${name}\n`).join(""),
    );
  }
  return {
    folder,
    env: { BENCH_POOLS: pools, PATH: `${folder}/bin:${Deno.env.get("PATH")}` },
    reset,
    async check(): Promise<void> {
      for (const name of names) {
        const [theirs, ours] = await Promise.all(
          [SOURCE, DESTINATION].map((root) => Deno.readTextFile(`${pools}/${root}${name}/snapshots`)),
        );
        const expected = theirs!.replaceAll(`\t${SOURCE}`, `\t${DESTINATION}`);
        if (ours !== expected) throw new Error(`${DESTINATION}${name} has not what ${SOURCE}${name} has`);
      }
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Replicates one new snapshot of each dataset, several times from the start. */
export async function runIncrements(executable: string, datasets: number, snapshots: number): Promise<IncrementsRun> {
  await using ground = await incrementsGround(datasets, snapshots);
  const { folder, env } = ground;
  const argv = [executable, `--log-dir=${folder}/bzfs-logs`, "--recursive", "--", SOURCE, DESTINATION];
  const costs: Cost[] = [];
  for (let run = 0; run < RUNS; run++) {
    await ground.reset();
    costs.push(await costOf(argv, env));
    await ground.check();
  }
  return {
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    peakMiB: median(costs.map(({ peakMiB }) => peakMiB)),
    runs: RUNS,
    programs: await programsOf(argv, ground),
  };
}

const RUNS = 5;

/** What a run starts: by a stand-in that counts, and wrappers of the other programs. The trees are put back before. */
export async function programsOf(
  argv: readonly string[],
  ground: IncrementsGround,
): Promise<ReadonlyMap<string, number>> {
  await ground.reset();
  const count = `${ground.folder}/count`;
  const wrappers = `${ground.folder}/wrappers`;
  await Deno.mkdir(wrappers, { recursive: true });
  await Deno.writeTextFile(count, "");
  for (const name of ["sh", "ps", "pv", "ssh"]) {
    const { stdout } = await capture(["sh", "-c", `command -v ${name}`]);
    const text = `#!/bin/sh\necho ${name} >> '${count}'\nexec ${stdout.trim()} "$@"\n`;
    await Deno.writeTextFile(`${wrappers}/${name}`, text, { mode: 0o755 });
  }
  const env = { ...ground.env, BENCH_COUNT: count, PATH: `${wrappers}:${ground.env.PATH}` };
  await costOf(argv, env);
  const programs = new Map<string, number>();
  for (const line of (await Deno.readTextFile(count)).trimEnd().split("\n")) {
    programs.set(line.trim(), (programs.get(line.trim()) ?? 0) + 1);
  }
  return programs;
}

/** The figures in one line. */
export function describeIncrements(
  { wallMs, cpuMs, peakMiB, runs, programs }: IncrementsRun,
  datasets: number,
): string {
  const all = [...programs.values()].reduce((sum, count) => sum + count, 0);
  const each = [...programs].map(([name, count]) => `${count} ${name}`).join(", ");
  return `${(wallMs / 1000).toFixed(2)} s wall, ${(cpuMs / 1000).toFixed(2)} s CPU, peak ${peakMiB.toFixed(0)} MiB, ` +
    `medians of ${runs} runs; ${(all / datasets).toFixed(1)} processes for each dataset: ${each}`;
}
