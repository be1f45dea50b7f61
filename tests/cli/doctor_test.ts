/** `bzfs doctor` as a process, against simulated hosts: `zfs`, `zpool` and `ssh` are scripts on the PATH. */
import { DOCTOR_SCHEMA } from "../../scripts/doctor_schema.ts";
import { scrubbed } from "../sim/commands/checkup.ts";
import { type InstalledHosts, installSimulatedHosts } from "../sim/bin/install.ts";
import { SimClock } from "../sim/clock.ts";
import { SimHost } from "../sim/host.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { schemaErrors } from "../support/json_schema.ts";

const MAIN = `${import.meta.dirname}/../../main.ts`;

const JOB_FILE = `root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [web1, gone]
dst-hosts:
  - {name: nas, root-dataset: back/^SRC_HOST}
src-snapshot-plan: {prod: {onsite: {hourly: 3, daily: 2}}}
monitor-snapshot-plan: {prod: {onsite: {hourly: {warning: 2 hours, critical: 3 hours}}}}
bzfs: {recursive: true, retries: 0}
`;

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

interface Scene extends AsyncDisposable {
  readonly sims: InstalledHosts;
  readonly folder: string;
  /** The job file. */
  readonly path: string;
  run(...words: string[]): Promise<Ended>;
}

async function scene(prepare: (hosts: { web1: SimHost; nas: SimHost }) => void = () => {}): Promise<Scene> {
  const host = (name: string, seed: number, pool: string): SimHost => {
    const made = SimHost.create({ name, seed, clock: new SimClock(Date.now()) });
    made.addPool(pool, { scan: scrubbed(Date.now()) });
    return made;
  };
  const [web1, nas] = [host("web1", 1, "tank"), host("nas", 2, "back")];
  web1.poolOf("tank")!.add({ name: "tank/data", type: "filesystem" });
  for (const name of ["back/web1", "back/web1/data"]) nas.poolOf("back")!.add({ name, type: "filesystem" });
  prepare({ web1, nas });
  const localhost = SimHost.create({ seed: 4, clock: new SimClock(Date.now()) });
  const sims = await installSimulatedHosts({ localhost, web1, nas });
  const folder = await Deno.makeTempDir({ prefix: "bzfs-doctor-" });
  const path = `${folder}/fleet.yaml`;
  await Deno.writeTextFile(path, JOB_FILE, { mode: 0o600 });
  return {
    sims,
    folder,
    path,
    async run(...words): Promise<Ended> {
      const args = ["run", "--no-check", "--no-prompt", "--unstable-net", "-A", MAIN, "doctor", ...words];
      const env = { bzfs_reuse_ssh_connection: "false", ...sims.env };
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env, stdin: "null" }).output();
      return { status: code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await sims[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("bzfs doctor: a line for each host, findings with remedies, counts, and the same as JSON", async () => {
  await using it = await scene(({ nas }) => {
    const { local } = nas.poolOf("back")!.find("back/web1/data")!;
    Object.assign(local, { mountpoint: "/" });
  });
  const log = `--log-dir=${it.folder}/bzfs-logs`;
  const { status, out, err } = await it.run("--config", it.path, log);
  assertEquals([status, err], [2, ""]);
  assertMatch(out, /^ok +web1 +OpenZFS 2\.3\.2, .*pool tank ONLINE, 10 % full$/m);
  assertMatch(out, /^FAIL +gone +ssh: Could not resolve hostname gone: Name or service not known$/m);
  const shadow = "warn  nas        back/web1/data mountpoint=/ canmount=on would shadow /";
  assertMatch(out, new RegExp(`^${shadow} +→ zfs set canmount=noauto back/web1/data$`, "m"));
  assertMatch(out, /^\d\d checks ok, \d+ warnings?, 1 failure\n$/m);
  const json = await it.run("--config", it.path, "--json", log);
  const document = JSON.parse(json.out);
  assertEquals(schemaErrors(document, DOCTOR_SCHEMA), []);
  assertEquals([json.status, document.exitStatus, document.failures], [2, 2, 1]);
  // The remedy is performed as it was printed, at the host of the finding.
  const remedy =
    document.findings.find(({ id, severity }: Record<string, string>) => id === "mountpoint" && severity === "warn")
      .remedy;
  const cured = await new Deno.Command("sh", { args: ["-c", `ssh nas "${remedy}"`], env: it.sims.env }).output();
  assertEquals(cured.code, 0);
  const after = await it.run("--config", it.path, log);
  assert(!after.out.includes("would shadow"), after.out);
});

Deno.test("bzfs doctor names this host as the job file does, and fails where nothing is ever copied", async () => {
  await using it = await scene();
  const file = JOB_FILE.replace("[web1, gone]", "[web1]");
  const misspelt = `${file}dst-snapshot-plan: {prod: {onsyte: {hourly: 3}}}\nschedule: {mode: bastion, bastion: hub}\n`;
  await Deno.writeTextFile(it.path, misspelt);
  const words = ["--config", it.path, "--localhost=hub", `--log-dir=${it.folder}/bzfs-logs`];
  const { status, out } = await it.run(...words);
  assertEquals(status, 2, out);
  assertMatch(out, /^FAIL +hub +prod_onsite of web1 is sent to no destination: nothing will be copied\.$/m);
  assertMatch(out, /^warn +hub +nas is not monitored: /m);
  const { findings } = JSON.parse((await it.run(...words, "--json")).out);
  assert(findings.every(({ host }: { host: string }) => host !== "hub"));
});

Deno.test("bzfs doctor SRC DST: no finding is status 0, warnings are 1", async () => {
  await using it = await scene();
  const words = ["--recursive", `--log-dir=${it.folder}/bzfs-logs`, "web1:tank/data", "nas:back/web1/data"];
  const fine = await it.run(...words);
  const warnings = fine.out.split("\n").filter((line) => line.startsWith("warn"));
  // Whether this machine has the programs of transfers is its own business.
  assertEquals(warnings.filter((line) => !line.includes("not there")), [], fine.out);
  assertEquals(fine.status, warnings.length === 0 ? 0 : 1, fine.out);
});

Deno.test("bzfs doctor: a wrong command line or job file is status 2 before any host is asked", async () => {
  await using it = await scene();
  for (
    const [words, text] of [
      [["--jsom"], "Did you mean --json?"],
      [[], "usage: bzfs doctor"],
      [["--config", it.path, "a/b", "c/d"], "one of these is required"],
      [["tank/a"], "each SRC_DATASET must have a DST_DATASET"],
      [["--dryrun", "a/b", "c/d"], "argument --dryrun: needs --fix"],
      [["--fix=all", "a/b", "c/d"], "--fix"],
      [["--fix=locks", "--json", "a/b", "c/d"], "argument --json: not allowed with argument --fix"],
      [["--query-timeout=soon", "a/b", "c/d"], "argument --query-timeout: "],
      [["nas:", "c/d"], "Invalid ZFS dataset name"],
    ] as const
  ) {
    const { status, out, err } = await it.run(...words);
    assertEquals([status, out], [2, ""], err);
    assertStringIncludes(err, text);
  }
  await Deno.chmod(it.path, 0o666);
  const refused = await it.run("--config", it.path);
  assertEquals(refused.status, 2);
  assertMatch(refused.out, /^FAIL +localhost +Cannot open .* has permissions 666 .*→ chmod go-w,a-x \//s);
  await Deno.chmod(it.path, 0o600);
  await Deno.writeTextFile(it.path, "nonsense: 1\n");
  const wrong = await it.run("--config", it.path);
  assertEquals([wrong.status, wrong.out], [2, ""]);
});

Deno.test("bzfs doctor --fix partial-receives: what is old and of this job is dropped, once nobody is at work", async () => {
  const weeksAgo = Math.floor(Date.now() / 1000) - 20 * 86_400;
  await using it = await scene(({ nas, web1 }) => {
    const pool = nas.poolOf("back")!;
    for (const [name, from] of [["back/web1/data/a", "tank/data/a"], ["back/web1/data/b", "tank/other"]]) {
      pool.add({ name: name!, type: "filesystem" });
      web1.poolOf("tank")!.add({ name: name!.replace("back/web1", "tank"), type: "filesystem" });
      const traits = { toName: `${from}@s`, toGuid: "9", creation: weeksAgo, type: "filesystem", blockSize: 131_072 };
      Object.assign(pool.find(name!)!, {
        partial: {
          traits: { ...traits, raw: false, compressed: false, embedded: false, largeBlocks: false },
          writes: [],
          newDataset: false,
          creation: weeksAgo,
          properties: {},
        },
      });
    }
  });
  const log = `${it.folder}/bzfs-logs`;
  const words = ["--recursive", `--log-dir=${log}`, "web1:tank/data", "nas:back/web1/data"];
  const isPartial = async (name: string): Promise<boolean> =>
    (await it.sims.read("nas")).poolOf(name)!.find(name)!.partial !== undefined;
  const found = await it.run(...words);
  assertMatch(
    found.out,
    /^warn +nas +2 partial receives older than 7 days: .* → bzfs doctor --fix partial-receives --rec/m,
  );
  const dry = await it.run("--fix", "partial-receives", "--dryrun", ...words);
  assertStringIncludes(dry.out, "Dry Dropping a partial receive: back/web1/data/a\n");
  assertEquals(await isPartial("back/web1/data/a"), true);
  await Deno.mkdir(`${log}/.locks`, { recursive: true, mode: 0o700 });
  const lock = `${log}/.locks/bzfs-lockfile-${"a".repeat(64)}.lock`;
  {
    using held = await Deno.open(lock, { write: true, create: true, mode: 0o600 });
    await held.lock(true);
    const waits = await it.run("--fix", "partial-receives", ...words);
    assertEquals([waits.status, waits.out], [1, `Nothing is removed: a run is at work, per ${lock}\n`]);
    assertEquals(await isPartial("back/web1/data/a"), true);
  }
  const done = await it.run("--fix", "partial-receives", ...words);
  assertEquals(done.status, 1, done.out + done.err);
  assertStringIncludes(done.out, "Dropping a partial receive: back/web1/data/a\n");
  assertStringIncludes(done.out, "not known to come from the source of this job: back/web1/data/b\n");
  assertEquals([await isPartial("back/web1/data/a"), await isPartial("back/web1/data/b")], [false, true]);
  // The lock file of a run that was killed is found, and removed.
  assertStringIncludes((await it.run(...words)).out, "1 lock file of no process");
  assertEquals((await it.run("--fix", "locks", ...words)).status, 0);
  assertEquals([...Deno.readDirSync(`${log}/.locks`)], []);
});

Deno.test("bzfs doctor: a host that hangs is a failure, and keeps no other from being checked", async () => {
  await using it = await scene(({ nas }) => nas.poolOf("back")!.state.capacity = 99);
  await Deno.rename(`${it.sims.bin}/ssh`, `${it.sims.bin}/ssh-real`);
  const wrapper = `#!/bin/sh\ncase "$*" in *web1*) exec sleep 60 ;; esac\nexec ssh-real "$@"\n`;
  await Deno.writeTextFile(`${it.sims.bin}/ssh`, wrapper, { mode: 0o755 });
  const words = [
    "--query-timeout=15seconds",
    `--log-dir=${it.folder}/bzfs-logs`,
    "web1:tank/data",
    "nas:back/web1/data",
  ];
  const { status, out } = await it.run(...words);
  assertEquals(status, 2, out);
  assertMatch(out, /^FAIL +web1 +Command 'true' on web1 has printed nothing for 15 s, so it was ended$/m);
  assertMatch(out, /^FAIL +nas +pool back is 99 % full$/m);
});

Deno.test("--explain names the doctor as the next step, every word quoted for a shell", async () => {
  await using it = await scene();
  const path = `${it.folder}/it's mine.yaml`;
  await Deno.rename(it.path, path);
  const args = [
    "run",
    "--no-check",
    "--no-prompt",
    "--unstable-net",
    "-A",
    MAIN,
    "jobrunner",
    "--explain",
    "--config",
    path,
  ];
  const explained = await new Deno.Command(Deno.execPath(), { args, env: it.sims.env, stdin: "null" }).output();
  const line = new TextDecoder().decode(explained.stdout).trimEnd().split("\n").at(-1)!;
  const [, command = ""] = /^Next, whether the hosts are fit for that: (bzfs doctor --config .*)$/.exec(line) ?? [];
  const words = await new Deno.Command("sh", { args: ["-c", `printf '%s|' ${command}`] }).output();
  assertEquals(new TextDecoder().decode(words.stdout), `bzfs|doctor|--config|${path}|`);
});

Deno.test("bzfs doctor: what keeps the doctor itself from its work is status 3", async () => {
  await using it = await scene();
  const { status, out, err } = await it.run("--ssh-program=-", "web1:tank/data", "nas:back/web1/data");
  assertEquals([status, out], [3, ""]);
  assertEquals(err, "bzfs doctor: error: Cannot talk to remote host because ssh CLI is disabled.\n");
});
