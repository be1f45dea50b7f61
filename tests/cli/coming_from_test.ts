/**
 * The job files and commands of docs/coming-from, on simulated hosts that have the snapshots of another tool: replication goes on
 * with increments, what can be continued is, what is foreign is kept, and the page's commands remove it.
 */
import { type InstalledHosts, installSimulatedHosts } from "../sim/bin/install.ts";
import { SimClock } from "../sim/clock.ts";
import { SimHost } from "../sim/host.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { withTempFolder } from "../support/temp.ts";

const root = `${import.meta.dirname}/../../`;
const HOUR_MS = 3_600_000;

/** Snapshots at which a tool has made some: so many hours ago. The first two are older than a month. */
const HOURS = [1000, 900, ...Array.from({ length: 30 }, (_, index) => 30 - index)];

/** A tool with the names that it gives. */
interface Tool {
  readonly page: string;
  /** Where the page says that its copy is. */
  readonly copy: string;
  /** Names of what is made at this time, so many hours ago. */
  tags(time: string, hoursAgo: number): readonly string[];
}

const digits = (time: string): string => time.replaceAll(/\D/g, "");

const TOOLS: readonly Tool[] = [
  {
    page: "sanoid-syncoid",
    copy: "backup/home",
    tags: (time, hoursAgo) => {
      const autosnap = hoursAgo === 3 ? ["hourly", "frequently"] : hoursAgo === 24 ? ["hourly", "daily"] : ["hourly"];
      return [
        ...hoursAgo > 30 ? [] : autosnap.map((period) => `autosnap_${time.replace("T", "_")}_${period}`),
        ...hoursAgo > 1 && hoursAgo < 900 ? [] : [`syncoid_nas_${time.replace("T", ":")}-GMT00:00`],
      ];
    },
  },
  {
    page: "zrepl",
    copy: "backup/zrepl/desktop/tank/home",
    tags: (time) => [`zrepl_${digits(time).slice(0, 8)}_${digits(time).slice(8)}_000`],
  },
  { page: "znapzend", copy: "backup/home", tags: (time) => [`${time.slice(0, 10)}-${digits(time).slice(8)}`] },
  { page: "zfs-autobackup", copy: "backup/desktop/tank/home", tags: (time) => [`offsite1-${digits(time)}`] },
];

/** The source with what the tool has made in the last days. */
function sourceOf(tool: Tool): SimHost {
  const clock = new SimClock(Date.now() - HOURS[0]! * HOUR_MS);
  const host = SimHost.create({ name: "desktop", seed: 2, clock });
  const pool = host.addPool("tank");
  const datasets = ["tank/home", "tank/home/alice"];
  for (const name of datasets) pool.add({ name, type: "filesystem" });
  for (const [index, hoursAgo] of HOURS.entries()) {
    const time = new Date(clock.now()).toISOString().slice(0, 19);
    for (const name of datasets) host.write(name, 1000);
    for (const tag of tool.tags(time, hoursAgo)) {
      pool.addSnapshots(datasets.map((name) => ({ dataset: pool.find(name)!, tag })));
    }
    clock.advance((hoursAgo - (HOURS[index + 1] ?? 0)) * HOUR_MS);
  }
  return host;
}

/** Runs a command line on nas; `bzfs` is this program. */
async function typed(line: string, sims: InstalledHosts, folder: string, status = 0): Promise<string> {
  const deno = `'${Deno.execPath()}' run --no-check --no-prompt --unstable-net -A '${root}main.ts'`;
  const script = `#!/bin/sh\n[ "$1" = jobrunner ] && set -- "$@" --localhost=nas
exec ${deno} "$@" --log-dir='${folder}/bzfs-logs'\n`;
  await Deno.writeTextFile(`${sims.bin}/bzfs`, script, { mode: 0o755 });
  const env = { ...sims.env, bzfs_reuse_ssh_connection: "false", TZ: "UTC" };
  const args = ["-c", line.replaceAll("/etc/bzfs", folder)];
  const { code, stdout, stderr } = await new Deno.Command("sh", { args, env, cwd: folder, stdin: "null" }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, status, `${line}\n${text}`);
  return text;
}

async function tagsOf(sims: InstalledHosts, host: string, dataset: string): Promise<readonly string[]> {
  return (await sims.read(host)).poolOf(dataset)!.find(dataset)!.snapshots.map(({ tag }) => tag);
}

const RUN = "bzfs jobrunner --config /etc/bzfs/home.yaml";
const DATASETS = ["tank/home", "tank/home/alice"] as const;

/** The newest common snapshot goes at the source, so that the cursor of zrepl is the only base that is left. */
async function leaveCursor(sims: InstalledHosts, folder: string, tag: string): Promise<void> {
  const commands = DATASETS.map((name) =>
    `zfs bookmark ${name}@${tag} ${name}#zrepl_CURSOR_G_1_J_push; zfs destroy ${name}@${tag}`
  );
  await typed(`ssh desktop "${commands.join("; ")}"`, sims, folder);
}

for (const tool of TOOLS) {
  const example = tool.tags("2026-11-28T20:00:01", 30)[0]!;
  Deno.test(`${tool.page}: after snapshots such as ${example} its job file goes on with increments`, () =>
    withTempFolder(async (folder) => {
      const page = await Deno.readTextFile(`${root}docs/coming-from/${tool.page}.md`);
      const [, jobFile = ""] = /```yaml\n([^]*?)```/.exec(page)!;
      const commands = [...page.matchAll(/^ *(bzfs (?:jobrunner|dummy) .*)$/gm)].map(([, line]) => line!);
      const clean = commands.filter((line) => line.startsWith("bzfs dummy "));
      const [create, ...replicate] = commands.filter((line) => /--create|--replicate/.test(line));
      assertEquals([commands.length - clean.length >= 3, replicate.length, clean.length], [true, 2, 2]);

      const localhost = SimHost.create({ name: "nas", seed: 1, clock: new SimClock(Date.now()) });
      localhost.addPool("backup");
      await using sims = await installSimulatedHosts({ localhost, desktop: sourceOf(tool) });
      await Deno.writeTextFile(`${folder}/home.yaml`, jobFile, { mode: 0o600 });
      await typed(`bzfs --recursive --create-bookmarks=none desktop:tank/home ${tool.copy}`, sims, folder);
      const copied = await tagsOf(sims, "localhost", `${tool.copy}/alice`);
      if (tool.page === "zrepl") await leaveCursor(sims, folder, copied.at(-1)!);
      const present = await tagsOf(sims, "desktop", "tank/home/alice");

      await typed(create!, sims, folder);
      for (const command of replicate) {
        const log = await typed(command, sims, folder);
        assertMatch(log, /Incremental send/);
        assert(!/Full send/.test(log), log);
      }

      // What the plan of the page knows is pruned by it, everything else is kept.
      const isOwn = (tag: string): boolean => tag.startsWith("autosnap_");
      const pruned = await typed(
        `${RUN} --prune-src-snapshots --prune-src-bookmarks --prune-dst-snapshots`,
        sims,
        folder,
      );
      const here = await tagsOf(sims, "desktop", "tank/home/alice");
      const there = await tagsOf(sims, "localhost", `${tool.copy}/alice`);
      assertEquals(present.filter((tag) => !isOwn(tag) && !here.includes(tag)), [], pruned);
      assertEquals(copied.filter((tag) => !tag.endsWith("_frequently") && !there.includes(tag)), [], pruned);
      assertEquals([...here, ...there].filter((tag) => tag.endsWith("_frequently")), []);
      const continued = present.filter((tag) => tag.endsWith("_hourly"));
      assertEquals(continued.filter((tag) => here.includes(tag)), continued.slice(-23), pruned); // and one is new
      const { bookmarks } = (await sims.read("desktop")).poolOf("tank")!.find("tank/home/alice")!;
      assertEquals(bookmarks.some(({ tag }) => tag.startsWith("zrepl_CURSOR_")), tool.page === "zrepl");

      for (const command of clean) await typed(command, sims, folder);
      const gone = copied.filter((tag) => !isOwn(tag)).slice(0, 2);
      assertEquals(await tagsOf(sims, "desktop", "tank/home/alice"), here.filter((tag) => !gone.includes(tag)));
      assertEquals(await tagsOf(sims, "localhost", `${tool.copy}/alice`), there.filter((tag) => !gone.includes(tag)));
    }));
}
