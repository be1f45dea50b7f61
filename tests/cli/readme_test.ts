/**
 * What README.md says is typed, typed: on simulated hosts, with the words that it has, one after the other. The lines
 * that it shows of a run are lines of that run.
 */
import { type InstalledHosts, installSimulatedHosts } from "../sim/bin/install.ts";
import { SimClock } from "../sim/clock.ts";
import { SimHost } from "../sim/host.ts";
import { must } from "../laws/world_gen.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { withTempFolder } from "../support/temp.ts";

const root = `${import.meta.dirname}/../../`;
const README = Deno.readTextFileSync(`${root}README.md`);

/** Text of a section. */
function section(title: string): string {
  const [, text] = README.split(`\n## ${title}`);
  assert(text !== undefined, title);
  return text.split("\n## ")[0]!;
}

/** Commands of a section that begin with one of these words, without their comments. */
function commandsIn(title: string, ...programs: readonly string[]): string[] {
  const lines = section(title).matchAll(/^ {4,}(\S+) +(.*?)(?: +#.*)?$/gm);
  return [...lines].filter(([, program]) => programs.includes(program!)).map(([, program, rest]) =>
    `${program} ${rest}`
  );
}

/** A host with pools and datasets of 3 MB each. */
function hostOf(name: string, seed: number, pools: readonly string[], datasets: readonly string[]): SimHost {
  const host = SimHost.create({ name, seed, clock: new SimClock(Date.now()) });
  for (const pool of pools) host.addPool(pool);
  for (const dataset of datasets) {
    host.poolOf(dataset)!.add({ name: dataset, type: "filesystem" });
    host.write(dataset, 3_000_000);
  }
  return host;
}

/** Runs a command line in a shell in which `bzfs` is this program, on host nas, with its logs in a folder. */
async function typed(
  line: string,
  sims: InstalledHosts,
  folder: string,
): Promise<{ readonly code: number; readonly text: string }> {
  const deno = `'${Deno.execPath()}' run --no-check --no-prompt --unstable-net -A '${root}main.ts'`;
  const script = `#!/bin/sh
case "$1" in
  man|help|completion|example) ;;
  jobrunner|status|doctor) set -- "$@" --localhost=nas --log-dir='${folder}/bzfs-logs' ;;
  *) set -- "$@" --log-dir='${folder}/bzfs-logs' ;;
esac
exec ${deno} "$@"
`;
  await Deno.writeTextFile(`${sims.bin}/bzfs`, script, { mode: 0o755 });
  const env = { ...sims.env, bzfs_reuse_ssh_connection: "false" };
  const args = ["-c", line.replaceAll(/\/etc\/(?:bzfs|cron\.d)/g, folder)];
  const { code, stdout, stderr } = await new Deno.Command("sh", { args, env, cwd: folder, stdin: "null" }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** What differs from run to run, and the blanks, made equal. Snapshots of several periods are created at the same time. */
function withoutTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d_(?:hourly|daily)/g, "TIME").replaceAll(
    /took [\d.]+\w+/g,
    "took …",
  )
    .replaceAll(/ +/g, " ");
}

const FIVE_MINUTES = "Five minutes: back up desktop to nas, everything from nas";
const [, shownFile = ""] = /```yaml\n([^]*?)```/.exec(section(FIVE_MINUTES)) ?? [];

Deno.test("README shows the job file docs/examples/home.yaml, which fits on a screen", () => {
  const example = Deno.readTextFileSync(`${root}docs/examples/home.yaml`);
  assertEquals(shownFile.replaceAll(/^ {3}/gm, ""), example.replace(/^(?:#.*\n)+/, ""));
  assert(example.split("\n").every((line) => line.length <= 120));
});

Deno.test("README: five minutes from nothing to a schedule, what a run prints, a deletion that is looked at, a restore", () =>
  withTempFolder(async (folder) => {
    const localhost = hostOf("nas", 1, ["backup"], []);
    const desktop = hostOf("desktop", 2, ["tank"], ["tank/home", "tank/home/alice", "tank/home/bob"]);
    await using sims = await installSimulatedHosts({ localhost, desktop });
    const run = async (line: string): Promise<string> => {
      const { code, text } = await typed(line, sims, folder);
      // The simulated hosts were never scrubbed.
      assert(code === 0 || (code === 1 && line.startsWith("bzfs doctor ")), `${line}\n${text}`);
      return text;
    };
    const [, make = ""] = /^ +install -d \/etc\/bzfs; (.*)$/m.exec(section(FIVE_MINUTES)) ?? [];
    await run(make);
    const made = await Deno.readTextFile(`${folder}/home.yaml`);
    assertEquals(made.replace(/^(?:#.*\n)+/, ""), shownFile.replaceAll(/^ {3}/gm, ""));
    const commands = commandsIn(FIVE_MINUTES, "bzfs", "ssh");
    const restore = commands.pop()!;
    assert(restore.startsWith("bzfs --recursive backup/"), restore);
    const status = commands.pop()!;
    assertEquals(commands.length, 5);
    const outputs = [];
    for (const command of commands) outputs.push(await run(command));
    assert(outputs[1]!.includes("\nNothing looks suspicious.\n"), outputs[1]);
    const cron = await Deno.readTextFile(`${folder}/bzfs-home`);
    const scheduled = [...cron.matchAll(/^\S+ \* \* \* \* root .*out=\$\((bzfs .*) 2>&1\)/gm)].map(([, line]) => line!);
    assertEquals(scheduled.length, 3, cron);
    const log = withoutTimes(outputs[3]! + await run(scheduled[0]!) + await run(`${scheduled[1]} --quiet`));
    const [, shown = ""] = /Six lines of what a run prints:\n\n((?: {4}.*\n)+)/.exec(README) ?? [];
    const lines = shown.trimEnd().split("\n").map((line) => withoutTimes(line).trim());
    assertEquals(lines.length, 6);
    assertEquals(lines.filter((line) => !log.includes(`${line}\n`)), [], log);
    const [, table = ""] = /\n {3}```\n( {3}route[^]*?)```/.exec(section(FIVE_MINUTES)) ?? [];
    const columns = (text: string): string[][] =>
      text.trim().split("\n").map((line) => line.trim().replaceAll(/\d\d:\d\d/g, "TIME").split(/ {2,}/));
    const state = columns(await run(status));
    assert((await run(scheduled[2]!)).startsWith("OK - "));
    for (const row of columns(table)) assert(state.some((each) => each.join() === row.join()), `${row}\n${state}`);
    for (const command of commandsIn("What a job file prevents", "bzfs")) await run(command);
    await run(restore);
    const { snapshots } = (await sims.read("desktop")).poolOf("tank")!.find("tank/restored/alice")!;
    assertEquals(snapshots.length, 2);
  }));

Deno.test("README: commands without a job file, and those of the installation that print something", () =>
  withTempFolder(async (folder) => {
    const source = (seed: number, name: string): SimHost => {
      const host = hostOf(name, seed, ["tank1", "tank2"], ["tank1/src", "tank1/src/a"]);
      for (const dataset of ["tank1/src", "tank1/src/a"]) must(host, "zfs", "snapshot", `${dataset}@monday`);
      return host;
    };
    const names = ["backup.example.com", "nas.example.com", "a", "b"];
    const others = Object.fromEntries(names.map((name, index) => [name, source(index + 2, name)]));
    await using sims = await installSimulatedHosts({ localhost: source(1, "here"), ...others });
    const commands = commandsIn("Without a job file", "bzfs");
    assertEquals(commands.length, 5);
    for (const command of [...commands, ...commandsIn("Install", "bzfs").map((line) => line.replace(/ >.*/, ""))]) {
      const { code, text } = await typed(command, sims, folder);
      assertEquals(code, 0, `${command}\n${text}`);
    }
    for (
      const [host, copy] of [["localhost", "tank2/backup/a"], ["backup.example.com", "tank2/b/a"], ["b", "tank2/dst/a"]]
    ) {
      assertEquals((await sims.read(host!)).poolOf("tank2")!.find(copy!)?.snapshots.length, 1, copy);
    }
  }));
