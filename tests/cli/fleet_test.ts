/**
 * `bzfs_jobrunner` as a process, against simulated hosts: `zfs` and `ssh` are scripts on the PATH.
 */
import { SimClock } from "../sim/clock.ts";
import { type InstalledHosts, installSimulatedHosts } from "../sim/bin/install.ts";
import { SimHost } from "../sim/host.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { jobrunner, plainRecords } from "../support/jobrunner.ts";

interface Fleet extends AsyncDisposable {
  readonly sims: InstalledHosts;
  readonly folder: string;
  /** Words for a run of the job file. */
  readonly words: readonly string[];
  snapshots(host: string, dataset: string): Promise<string[]>;
}

const JOB_FILE = `root-dataset-pairs: [{src: tank/data, dst: data}]
src-hosts: [web1, web2]
dst-hosts:
  - {name: nas, root-dataset: back/^SRC_HOST}
src-snapshot-plan: {prod: {onsite: {hourly: 3, daily: 2}}}
monitor-snapshot-plan: {prod: {onsite: {hourly: {warning: 2 hours, critical: 3 hours}}}}
bzfs:
  recursive: true
  retries: 0
`;

const DAY_MS = 86_400_000;

/**
 * Two sources and a destination; this host is the bastion between them. `days`: how many days of snapshots there are;
 * `foreign`: tags of other ones.
 */
async function fleet(
  jobFile = JOB_FILE,
  { datasets = ["tank/data"], days = 0, foreign = [] as readonly string[] } = {},
): Promise<Fleet> {
  const clock = (): SimClock => new SimClock(Date.now());
  const source = (name: string, seed: number): SimHost => {
    const host = SimHost.create({ name, seed, clock: new SimClock(Date.now() - days * DAY_MS) });
    const pool = host.addPool("tank");
    for (const dataset of datasets) {
      pool.add({ name: dataset, type: "filesystem" });
      host.write(dataset, 500);
    }
    for (let day = 0; day < days; day++) {
      const time = new Date(host.clock.now()).toISOString().slice(0, 19).replace("T", "_");
      for (const period of ["hourly", "daily"]) {
        const tag = `prod_onsite_${time}_${period}`;
        pool.addSnapshots(datasets.map((name) => ({ dataset: pool.find(name)!, tag })));
      }
      (host.clock as SimClock).advance(DAY_MS);
    }
    for (const tag of foreign) pool.addSnapshots(datasets.map((name) => ({ dataset: pool.find(name)!, tag })));
    return host;
  };
  const nas = SimHost.create({ name: "nas", seed: 3, clock: clock() });
  nas.addPool("back");
  const localhost = SimHost.create({ seed: 4, clock: clock() });
  const sims = await installSimulatedHosts({ localhost, web1: source("web1", 1), web2: source("web2", 2), nas });
  const folder = await Deno.makeTempDir({ prefix: "bzfs-fleet-" });
  await Deno.writeTextFile(`${folder}/fleet.yaml`, jobFile, { mode: 0o600 });
  return {
    sims,
    folder,
    words: [`--config=${folder}/fleet.yaml`, `--log-dir=${folder}/bzfs-logs`],
    async snapshots(host, dataset): Promise<string[]> {
      const found = (await sims.read(host)).poolOf(dataset)?.find(dataset);
      return (found?.snapshots ?? []).map(({ tag }) => tag.replace(/\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d/, "TIME"));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await sims[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const EVERYTHING = [
  "--create-src-snapshots",
  "--replicate",
  "--prune-src-snapshots",
  "--prune-src-bookmarks",
  "--prune-dst-snapshots",
  "--monitor-src-snapshots",
  "--monitor-dst-snapshots",
];

for (const mode of ["in this process", "in processes of their own"]) {
  Deno.test(`a fleet does everything from one job file, its subjobs ${mode}`, async () => {
    await using it = await fleet();
    const more = mode === "in this process" ? [] : ["--spawn-process-per-job"];
    const { status, out, log } = await jobrunner([...it.words, ...more, "--workers=2", ...EVERYTHING], it.sims);
    assertEquals(status, 0, log + out);
    assertMatch(
      log,
      /^\[I\] Ready to run 14 subjobs using 2\/2 src hosts: \['web1', 'web2'\], 1\/1 dst hosts: \['nas'\]$/m,
    );
    assertMatch(log, /^\[I\] Final Progress: all:14, started:14\/14=100%, completed:14\/14=100%, failed:0\/14=0%, /m);
    assertMatch(log, /^\[I\] Succeeded\. Bye!$/m);
    assertEquals(out.match(/Success\. Goodbye!/g)?.length, 14);
    for (const host of ["web1", "web2"]) {
      const created = await it.snapshots(host, "tank/data");
      assertEquals(created.toSorted(), ["prod_onsite_TIME_daily", "prod_onsite_TIME_hourly"]);
      assertEquals(await it.snapshots("nas", `back/${host}/data`), created);
    }
    const own = `${it.folder}/bzfs-logs`;
    const records = await new Deno.Command("sh", { args: ["-c", `cat ${own}/*/bzfs_jobrunner,2*.log`] }).output();
    assertEquals(plainRecords(records.stdout), log);
    const logs = await Array.fromAsync(Deno.readDir(`${it.folder}/bzfs-logs`));
    assert(logs.length > 0);
  });

  Deno.test(`a host that is down does not keep others from their work, subjobs ${mode}`, async () => {
    await using it = await fleet(JOB_FILE.replace("[web1, web2]", "[web1, gone, web2]"));
    const more = mode === "in this process" ? [] : ["--spawn-process-per-job"];
    const { status, log } = await jobrunner([...it.words, ...more, "--create-src-snapshots", "--replicate"], it.sims);
    assertEquals(status, 3, log);
    assertMatch(log, /^\[E\] ERROR: Worker job failed with exit code 3 in .* -- gone:tank\/data dummy$/m);
    assertMatch(
      log,
      /^\[I\] Final Progress: all:6, started:5\/6=83\.3%, completed:5\/6=83\.3%, failed:1\/6=16\.7%.* skipped:1\/6=16\.7%$/m,
    );
    assertEquals((await it.snapshots("nas", "back/web2/data")).length, 2);
    const [, table = ""] = log.split(/^\[E\] ERROR: Subjobs that are not well:\n/m);
    assertEquals(table.trim().split("\n").slice(0, 2).map((line) => line.trim().split(/ {2,}/).slice(0, 3)), [
      ["gone", "create-src-snapshots", "3"],
      ["gone -> nas", "replicate", "-"],
    ]);
  });

  Deno.test(`what is long is told in full once: a host without a name, a copy that has diverged, subjobs ${mode}`, async () => {
    await using it = await fleet(JOB_FILE.replace("[web1, web2]", "[gone, web1]"));
    const more = mode === "in this process" ? [] : ["--spawn-process-per-job"];
    const env = { ...it.sims.env, bzfs_reuse_ssh_connection: "true" };
    const words = [...it.words, ...more, "--create-src-snapshots", "--replicate"];
    const first = await jobrunner(words, { env });
    const reason = "ssh: Could not resolve hostname gone: Name or service not known";
    assertMatch(first.log, new RegExp(`^\\s*gone +create-src-snapshots +3 +${reason}$`, "m"));
    const said = `${first.out}\n${first.log}`;
    assertMatch(said, new RegExp(`ERROR: ${reason}\\. Cannot ssh into remote host via 'ssh `));
    assertEquals(said.match(/Cannot ssh into remote host/g)?.length, 1, said);

    const args = ["nas", "zfs snapshot back/web1/data@mine"];
    const made = await new Deno.Command("ssh", { args, env }).output();
    assert(made.success, new TextDecoder().decode(made.stderr));
    const second = await jobrunner([...it.words, ...more, "--src-host=web1", "--replicate"], { env });
    assertEquals(second.status, 3);
    const brief = "Conflict: back/web1/data has diverged: bzfs help diverged";
    assertMatch(second.log, new RegExp(`^\\s*web1 -> nas +replicate +3 +${brief}$`, "m"));
    const told = `${second.out}\n${second.log}`;
    assertEquals(told.match(/is more recent than most recent common snapshot/g)?.length, 1, told);
    assertMatch(told, /\(To keep both and go on, add --on-conflict=set-aside: see bzfs help diverged\. /);
  });
}

const PAIRS_WITH_PLANS = JOB_FILE.replace(
  "[{src: tank/data, dst: data}]",
  `
  - {src: tank/data, dst: data}
  - {src: tank/archive, dst: archive, src-snapshot-plan: {prod: {onsite: {daily: 6}}},
     dst-snapshot-plan: {prod: {onsite: {daily: 8}}}, monitor-snapshot-plan: {}}
  - {src: tank/made, dst: made, src-snapshot-plan: {}, dst-snapshot-plan: {prod: {onsite: {hourly: 5}}},
     monitor-snapshot-plan: {}}`,
);

for (const more of [[], ["--spawn-process-per-job"]]) {
  Deno.test(`pairs of datasets are created, replicated and pruned by their own plans ${more}`, async () => {
    const datasets = ["tank/data", "tank/archive", "tank/made"];
    await using it = await fleet(
      `${PAIRS_WITH_PLANS.replace("[web1, web2]", "[web1]")}\nlimits: {delete: unlimited}\n`,
      { datasets, days: 10 },
    );
    const { status, out, log } = await jobrunner([...it.words, ...more, ...EVERYTHING.slice(0, 5)], it.sims);
    assertEquals(status, 0, log + out);
    const counts = async (host: string, dataset: string): Promise<string> => {
      const periods = (await it.snapshots(host, dataset)).map((tag) => tag.replace(/.*_/, ""));
      const count = (period: string): number => periods.filter((one) => one === period).length;
      return `hourly ${count("hourly")}, daily ${count("daily")}`;
    };
    const sides = async (name: string): Promise<string[]> => [
      await counts("web1", `tank/${name}`),
      await counts("nas", `back/web1/${name}`),
    ];
    assertEquals(await sides("data"), ["hourly 3, daily 2", "hourly 3, daily 2"]);
    assertEquals(await sides("archive"), ["hourly 0, daily 6", "hourly 0, daily 8"]);
    assertEquals(await sides("made"), ["hourly 10, daily 10", "hourly 5, daily 0"]);
    const names = await logNames(it);
    assertEquals(new Set(names).size, names.length);
    assertEquals(names.length, 5 + 5 + 2 + 1);
  });
}

for (const more of [[], ["--spawn-process-per-job"]]) {
  Deno.test(`a plan that is cut is held back, said by --explain, and done when it is allowed ${more}`, async () => {
    const plan = (daily: number): string =>
      JOB_FILE.replace("[web1, web2]", "[web1]").replace("hourly: 3, daily: 2", `hourly: 20, daily: ${daily}`);
    await using it = await fleet(plan(20), { days: 20, foreign: ["before-upgrade"] });
    const path = `${it.folder}/fleet.yaml`;
    const run = (...words: string[]) => jobrunner([...it.words, ...more, ...words], it.sims);
    const steps = ["--prune-src-snapshots", "--prune-src-bookmarks"];
    const first = await run("--replicate", ...steps);
    assertEquals(first.status, 0, first.log + first.out);
    const before = await it.snapshots("web1", "tank/data");
    assertEquals(before.length, 41);
    await Deno.writeTextFile(path, plan(2));
    const told = await run("--explain", ...steps);
    assertMatch(
      told.out,
      /^ {2}prune-src-snapshots of web1: The plan was cut since it was carried out for tank\/data \(prod\/onsite\/daily 20 -> 2\): what it deletes will be held back if it is more than 30% and 10$/m,
    );
    assertMatch(told.out, /^ {2}Foreign snapshots are kept: those whose names do not match prod_onsite_\.\*$/m);
    const looked = await run("--explain", "--ask-hosts", ...steps, "--replicate");
    assertEquals(looked.status, 5, looked.log + looked.out);
    assertMatch(looked.out, /^Source web1$/m);
    assertMatch(looked.out, / tank\/data +HELD BACK +18 of 40: @prod_onsite_.* \(limit\)$/m);
    assertMatch(looked.out, / tank\/data +keep +@before-upgrade \(foreign\)$/m);
    assertMatch(looked.out, /^Plan: create 0, receive 0, destroy 0, held back 36\. Nothing has been done\.$/m);
    assertEquals(await it.snapshots("web1", "tank/data"), before);
    const cut = await run(...steps, "--quiet");
    assertEquals(cut.status, 5, cut.log + cut.out);
    assertMatch(cut.log, /^bzfs: held back: 18 of 40 snapshots of tank\/data, more than 30% and 10: prod_onsite_/m);
    assertMatch(cut.log, /held something back in .*: bzfs .*--delete-limit/);
    assertStringIncludes(cut.log, "skipped:0/");
    assertEquals(await it.snapshots("web1", "tank/data"), before);
    const allowed = await run(...steps, "--allow-deletions", "tank/data");
    assertEquals(allowed.status, 0, allowed.log + allowed.out);
    assertEquals((await it.snapshots("web1", "tank/data")).length, 23);
    assertEquals((await run("--ask-hosts", ...steps)).status, 2);
    const printed = await run("--print-schedule=cron", "--localhost=nas", "--allow-deletions=tank/data");
    assertEquals(printed.status, 2);
    assertMatch(printed.log, /argument --allow-deletions: is for one run/);
  });
}

/** Names of the log files of the subjobs and of the runner. */
async function logNames({ folder }: Fleet): Promise<string[]> {
  const script = `ls ${folder}/bzfs-logs/2*/`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((name) => name.endsWith(".log"));
}

Deno.test("a pair whose dataset is missing does not keep others with plans of their own from their work", async () => {
  await using it = await fleet(PAIRS_WITH_PLANS, { datasets: ["tank/data"], days: 3 });
  const { status, log } = await jobrunner([...it.words, "--missing-root=fail", ...EVERYTHING.slice(0, 5)], it.sims);
  assertEquals(status, 3, log);
  assertEquals((await it.snapshots("nas", "back/web1/data")).length, 5, log);
  const [, table = ""] = log.split(/^\[E\] ERROR: Subjobs that are not well:\n/m);
  assertMatch(table, /^ {4}web1 \(tank\/archive\) +create-src-snapshots +3 /m);
  assertMatch(table, /^ {4}web1 -> nas \(tank\/made\) +replicate +3 /m);
});

Deno.test("--explain and --print-schedule know the plans of pairs", async () => {
  await using it = await fleet(PAIRS_WITH_PLANS);
  const { status, out, log } = await jobrunner([...it.words, "--explain"], it.sims);
  assertEquals([status, log], [0, ""]);
  const [, source = ""] = out.split("\n\n");
  assertEquals(source.split("\n").slice(0, 9), [
    "Source web1, and the same for 1 more: web2",
    "  tank/data:",
    "    creates and keeps prod_onsite: 3 hourly (3h), 2 daily (2d)",
    "    keeps bookmarks of prod_onsite: 3 hourly (3h), 2 daily (2d)",
    "    alarms when the newest prod_onsite_hourly is older than 3 h (1 h period + 2 h), critical 4 h (1 h period + 3 h)",
    "  tank/archive:",
    "    creates and keeps prod_onsite: 6 daily (6d)",
    "    keeps bookmarks of prod_onsite: 6 daily (6d)",
    "  tank/made:",
  ]);
  assertStringIncludes(out, "\n  Not monitored: tank/archive: without");
  assertStringIncludes(out, "\n  tank/made: Destinations keep prod_onsite_hourly, which no source creates.");
  assertMatch(out, /in their order: 28, of which those of the hosts that stand for others: 14$/m);
  assertMatch(out, /^ {2}\d+\. prune-dst-snapshots of web1 at nas: tank\/archive$/m);
  const printed = await jobrunner([...it.words, "--print-schedule=cron", "--localhost=nas"], it.sims);
  assertMatch(printed.out, /--dst-host=nas --replicate --prune-dst-snapshots /);
  const staying = await jobrunner(
    [...it.words, "--print-schedule=cron", "--localhost=nas", "--daemon-lifetime=1days"],
    it.sims,
  );
  assertMatch(staying.out, /--workers=6\b/);
  const refused = await jobrunner([...it.words, "--explain", "--dst-snapshot-plan={}"], it.sims);
  assertEquals(refused.status, 2);
  assertMatch(refused.log, /argument --dst-snapshot-plan: the pairs of .*fleet\.yaml have plans of their own/);
});

Deno.test("--explain tells of fifty hosts in as many lines as of one", async () => {
  const hosts = Array.from({ length: 50 }, (_, index) => `h${index}`);
  const linesOf = async (sources: string, destinations: string, ...more: string[]): Promise<string[]> => {
    const file = JOB_FILE.replace("[web1, web2]", sources).replace("  - {name: nas, ", destinations);
    await using it = await fleet(file);
    const { status, out, log } = await jobrunner([...it.words, "--explain", ...more], it.sims);
    assertEquals([status, log], [0, ""]);
    return out.split("\n");
  };
  const nas = "  - {name: nas, ";
  const one = await linesOf("[h0]", nas);
  const many = await linesOf(`[${hosts}]`, nas);
  assertEquals(many.length, one.length);
  assertEquals(many[2], `Source h0, and the same for 49 more: ${hosts.slice(1).join(", ")}`);
  assert(many.includes("  receives h0:tank/data as nas:back/h0/data"));
  const here = await linesOf("[h0, here, h1]", nas, "--localhost=here");
  assertEquals(here.filter((line) => line.startsWith("Source")), [
    "Source h0, and the same for 1 more: h1",
    "Source here",
  ]);
  const copies = await linesOf(
    "[h0]",
    `${nas}root-dataset: back/^SRC_HOST}\n  - {name: b, removable: true, root-dataset: x/^SRC_HOST}\n  - {name: vault, `,
  );
  assertEquals(copies.filter((line) => line.startsWith("Destination")), [
    "Destination nas, and the same for 1 more: vault",
    "Destination b",
  ]);
});

Deno.test("--explain suspects force in a job file, and drives that may be away for too long", async () => {
  const file = `${JOB_FILE.replace("name: nas,", "name: nas, removable: true,")}  force: true\n`;
  const lost = "\n  Destination nas is removable, but after 2d sources have neither snapshot nor bookmark";
  await using guarded = await fleet(file);
  assertEquals((await jobrunner([...guarded.words, "--explain"], guarded.sims)).out.includes(lost), false);
  await using it = await fleet(`guard: off\n${file}`);
  const { out } = await jobrunner([...it.words, "--explain"], it.sims);
  assertStringIncludes(out, "\n  Every scheduled run has --force, which destroys");
  assertStringIncludes(out, lost);
  await using calm = await fleet();
  const once = await jobrunner([...calm.words, "--explain", "--force"], calm.sims);
  assertEquals(once.out.includes("Every scheduled run"), false);
});

/** Runs of which no subjob takes part. */
interface Refusal {
  readonly words: readonly string[];
  readonly status: number;
  readonly says: RegExp;
  readonly input?: string;
  readonly jobFile?: string;
  readonly mode?: number;
}

const POLICY = [
  "--job-id=j",
  "--dst-hosts={'nas': ['onsite']}",
  "--retain-dst-targets={'nas': ['onsite']}",
  "--dst-root-datasets={'nas': 'back/^SRC_HOST'}",
  "--dst-snapshot-plan={'prod': {'onsite': {'hourly': 1}}}",
];
const PAIR = ["--root-dataset-pairs", "tank/data", "data"];
const HOSTS = "--src-hosts=['web1']";

const refusals: Readonly<Record<string, Refusal>> = {
  "a misspelled option of bzfs": {
    words: [...POLICY, HOSTS, "--recursiv", "--replicate", ...PAIR],
    status: 2,
    says: /unrecognized arguments: --recursiv\n.*Did you mean --recursive\?/,
  },
  "a misspelled option of the runner": {
    words: [...POLICY, HOSTS, "--replicat", ...PAIR],
    status: 2,
    says: /unrecognized arguments: --replicat\n.*Did you mean --replicate\?/,
  },
  "an option that the runner manages": {
    words: [...POLICY, HOSTS, "--skip-replication", ...PAIR],
    status: 2,
    says: /Overriding protected argument '--skip-replication' is not allowed/,
  },
  "an argument file for subjobs": {
    words: [...POLICY, HOSTS, "--exclude-dataset=+/tmp/bzfs_argument_file", "--replicate", ...PAIR],
    status: 2,
    says: /Argument file inclusion is disabled/,
  },
  "no source hosts": {
    words: [...POLICY, "--replicate", ...PAIR],
    status: 3,
    says: /Missing --src-hosts and stdin is empty/,
  },
  "source hosts that are no list": {
    words: [...POLICY, "--replicate", ...PAIR],
    status: 3,
    says: /Invalid --src-hosts: expected a Python list literal/,
    input: "{'a': 1}",
  },
  "source hosts that cannot be read": {
    words: [...POLICY, "--replicate", ...PAIR],
    status: 3,
    says: /Invalid --src-hosts format: .*at position 2/,
    input: "[web1]",
  },
  "a broken plan": {
    words: [...POLICY, HOSTS, "--src-snapshot-plan={'a': {'b': {'daily': -1}}}", ...PAIR],
    status: 3,
    says: /--src-snapshot-plan a b daily must be a non-negative integer: -1/,
  },
  "a work period without end": {
    words: [...POLICY, HOSTS, "--work-period-seconds=inf", "--create-src-snapshots", ...PAIR],
    status: 3,
    says: /--work-period-seconds must be finite/,
  },
  "a time limit that is none": {
    words: [...POLICY, HOSTS, "--worker-timeout-seconds=1e999", "--create-src-snapshots", ...PAIR],
    status: 3,
    says: /--worker-timeout-seconds must be finite/,
  },
  "an unknown source host": {
    words: [...POLICY, HOSTS, "--src-host=web9", ...PAIR],
    status: 3,
    says: /--src-host must be a subset of --src-hosts\. diff: \['web9'\]/,
  },
  "sources that write to the same place": {
    words: [...POLICY, "--src-hosts=['web1', 'web2']", "--dst-root-datasets={'nas': ''}", "--replicate", ...PAIR],
    status: 3,
    says: /Cowardly refusing to proceed as multiple source hosts must not be configured to write to the same/,
  },
  "a job file that anybody may write": {
    words: ["--config=FILE", "--replicate"],
    status: 2,
    says: /Cannot read job file .*: it has permissions 666 aka rw-rw-rw-/,
    mode: 0o666,
  },
  "a job file that is not there": {
    words: ["--config=/nowhere.yaml", "--replicate"],
    status: 2,
    says: /Cannot read job file \/nowhere\.yaml: .*No such file/,
  },
  "a job file with an unknown key": {
    words: ["--config=FILE", "--replicate"],
    status: 2,
    says: /fleet\.yaml, line 9: bzfs\.retrie is not known\n.*Did you mean retries\?/,
    jobFile: JOB_FILE.replace("retries", "retrie"),
  },
  "a schedule for a host that the fleet does not know": {
    words: ["--config=FILE", "--print-schedule=cron", "--localhost=other"],
    status: 2,
    says: /Host other has nothing to do in this fleet/,
  },
  "a schedule whose bastion is another host": {
    words: ["--config=FILE", "--print-schedule=cron", "--localhost=nas"],
    status: 2,
    says:
      /This host, nas, runs nothing by this file: schedule: \{mode: bastion, bastion: nas1\} lets nas1 run all \(Correct bastion/,
    jobFile: `${JOB_FILE}schedule: {mode: bastion, bastion: nas1}\n`,
  },
  "an explanation and a schedule": {
    words: ["--config=FILE", "--print-schedule=cron", "--explain", "--localhost=nas"],
    status: 2,
    says: /argument --explain: not allowed with argument --print-schedule/,
  },
  "a schedule with words that would begin a line of their own": {
    words: ["--config=FILE", "--print-schedule=cron", "--localhost=nas", "--job-id=x\n* * * * * root true"],
    status: 2,
    says: /A schedule cannot hold control characters: '[^\n]*\\n/,
  },
  "a schedule with a title that a terminal would obey": {
    words: ["--config=FILE", "--print-schedule=systemd", "--localhost=nas", "--job-id=x\x1b[2J"],
    status: 2,
    says: /A schedule cannot hold control characters: '[^\n]*\\x1b/,
  },
  ...Object.fromEntries([
    ["--ping=ftp://x/y", "URL"],
    ["--ping=https://x/a b", "URL"],
    ["--ping=https://x/[1-9]", "URL"],
    ["--ping=https://", "URL"],
    ["--ping=https://x/\n* * * * * root true", "URL"],
    ["--status-timer=prometheus", "absolute path"],
    ["--status-timer=-", "absolute path"],
    ["--hook-success=notify", "absolute path"],
    ["--hook-failure=/opt/../etc/notify", "absolute path"],
    ["--hook-failure=/opt/", "absolute path"],
  ].map(([word, what]) => [`${JSON.stringify(word)} in a schedule`, {
    words: ["--config=FILE", "--print-schedule=cron", "--localhost=nas", word!],
    status: 2,
    says: new RegExp(`argument ${word!.split("=")[0]}: must be [^\n]*${what}`),
  }])),
  "a hook with a line end": {
    words: ["--config=FILE", "--print-schedule=cron", "--localhost=nas", "--hook-failure=/x\n* * * * * root true"],
    status: 2,
    says: /A schedule cannot hold control characters: '[^\n]*\\n/,
  },
  "a hook without a schedule": {
    words: ["--config=FILE", "--hook-failure=/opt/notify"],
    status: 2,
    says: /argument --hook-failure: needs --print-schedule/,
  },
  "a ping of tasks that stay": {
    words: [
      "--config=FILE",
      "--print-schedule=cron",
      "--localhost=nas",
      "--ping=https://x/y",
      "--daemon-lifetime=1days",
    ],
    status: 2,
    says: /Nothing follows a task that stays, and all of this host do .*--status-timer nagios/,
  },
  ...Object.fromEntries(["/opt/it's down", "/opt/a\\b", '/opt/"a"'].map((path) => [`systemd would not start ${path}`, {
    words: ["--config=FILE", "--print-schedule=systemd", "--localhost=nas", `--hook-failure=${path}`],
    status: 2,
    says: /systemd starts no program whose path has quotes or backslashes: /,
  }])),
  "a ping of one of several tasks, which would go on while others fail": {
    words: ["--config=FILE", "--print-schedule=cron", "--localhost=nas", "--ping=https://x/y"],
    status: 2,
    says:
      /argument --ping: this host has 2 tasks, and the ping of one would go on while others fail .*--status-timer nagios/,
  },
  "a destination to forget that there is not": {
    words: ["--config=FILE", "--forget-destination=vault"],
    status: 2,
    says: /--forget-destination: there is no such destination: 'vault' \(Those of the job file are: nas/,
  },
  "a destination to forget beside something to do": {
    words: ["--config=FILE", "--forget-destination=nas", "--replicate"],
    status: 2,
    says: /--forget-destination: not allowed with --replicate/,
  },
  "a destination to forget without job file": {
    words: [...POLICY, HOSTS, "--forget-destination=nas", ...PAIR],
    status: 2,
    says: /--forget-destination: needs --config/,
  },
  "a schedule without job file": {
    words: [...POLICY, HOSTS, "--print-schedule=cron", ...PAIR],
    status: 2,
    says: /--print-schedule: needs --config/,
  },
};

for (const [name, { words, status, says, input, jobFile, mode }] of Object.entries(refusals)) {
  Deno.test(`bzfs_jobrunner refuses ${name}`, async () => {
    await using it = await fleet(jobFile);
    if (mode !== undefined) await Deno.chmod(`${it.folder}/fleet.yaml`, mode);
    const before = (await it.sims.read("nas")).fingerprint();
    const file = `${it.folder}/fleet.yaml`;
    const result = await jobrunner(words.map((word) => word.replace("FILE", file)), {
      ...it.sims,
      ...(input === undefined ? {} : { input }),
    });
    assertMatch(result.log, says);
    assertEquals(result.status, status);
    assertEquals(result.out, "");
    assertEquals((await it.sims.read("nas")).fingerprint(), before);
  });
}

Deno.test("a destination that is given up, and gone, takes its guards along, and no others", async () => {
  await using it = await fleet(JOB_FILE.replace("back/^SRC_HOST", "back/old/^SRC_HOST"));
  const guards = async (): Promise<string[]> =>
    (await it.sims.read("web1")).poolOf("tank/data")!.find("tank/data")!.bookmarks.map(({ tag }) => tag)
      .filter((tag) => tag.startsWith(".GUARDBZFS."));
  const become = async (root: string): Promise<void> => {
    const gone = JOB_FILE.replace("dst-hosts:\n", `dst-hosts:\n  - {name: gone, root-dataset: ${root}}\n`);
    await Deno.writeTextFile(`${it.folder}/fleet.yaml`, gone, { mode: 0o600 });
  };
  await jobrunner([...it.words, "--create-src-snapshots", "--replicate"], it.sims);
  const [lost] = await guards();
  await become("back/old/^SRC_HOST");
  await jobrunner([...it.words, "--replicate", "--dst-host=nas"], it.sims);
  assertEquals((await guards()).length, 2);
  const shown = await jobrunner([...it.words, "--forget-destination=gone"], it.sims);
  assertEquals(shown.status, 0, shown.log + shown.out);
  for (const text of [`tank/data#${lost}`, "Dry A full send would take about", "Nothing has been done. Add --yes"]) {
    assertStringIncludes(shown.out, text);
  }
  assertEquals((await guards()).length, 2);
  // Where another destination has datasets of the same names, the pool must be known.
  await become("back/^SRC_HOST");
  const doubtful = await jobrunner([...it.words, "--forget-destination=gone", "--yes"], it.sims);
  assertEquals([doubtful.status, (await guards()).length], [3, 2], doubtful.log + doubtful.out);
  await become("back/old/^SRC_HOST");
  const done = await jobrunner([...it.words, "--forget-destination=gone", "--yes"], it.sims);
  assertEquals(done.status, 0, done.log + done.out);
  const left = await guards();
  assertEquals([left.length, left.includes(lost!)], [1, false]);
});

Deno.test("a job file gives its subjobs ten periods of the plan before they call an earlier run a failure", async () => {
  await using it = await fleet();
  const limits = async (...words: string[]): Promise<string[]> => {
    const { out, log, status } = await jobrunner(
      [...it.words, "--explain", "-v", "--create-src-snapshots", ...words],
      it.sims,
    );
    assertEquals(status, 0, log);
    return [...new Set(out.match(/--busy-limit=\S+/g) ?? [])];
  };
  assertEquals(await limits(), ["--busy-limit=600minutes"]);
  assertEquals(await limits("--busy-limit=90minutes"), ["--busy-limit=90minutes"]);
  await Deno.writeTextFile(`${it.folder}/fleet.yaml`, `${JOB_FILE}busy-limit: 0 seconds\n`, { mode: 0o600 });
  assertEquals(await limits(), ["--busy-limit=0"]);
  const refused = await jobrunner([...it.words, "--busy-limit=soon", "--create-src-snapshots"], it.sims);
  assertEquals(refused.status, 3);
  assertMatch(refused.log, /Invalid duration format: soon within --busy-limit/);
});

Deno.test("a printed schedule ends what takes too long, and longer than any run may take", async () => {
  await using it = await fleet();
  const limit = async (...words: string[]): Promise<string | undefined> => {
    const nas = ["--print-schedule=systemd", "--localhost=nas"];
    const { out, log } = await jobrunner([...it.words, ...nas, ...words], it.sims);
    return /^RuntimeMaxSec=(.*)$/m.exec(out)?.[1] ?? log;
  };
  const day = 86_400;
  assertEquals(await limit(), `${7 * day}s`);
  assertEquals(await limit("--busy-limit=10 days"), `${20 * day}s`);
  assertEquals(await limit("--daemon-lifetime=2 days"), `${9 * day}s`);
  assertEquals(await limit("--busy-limit=0 seconds"), "infinity");
});

Deno.test("--print-schedule: the task of the status pings, hooks follow each, and bzfs status is one of them", async () => {
  await using it = await fleet();
  const nas = [...it.words, "--localhost=nas", "--print-schedule=cron"];
  const extras = [
    "--ping=https://hc.example/a%20b?c='d'&e=$f",
    "--hook-failure=/opt/it's down",
    "--status-timer=nagios",
  ];
  const { out, status, log } = await jobrunner([...nas, ...extras], it.sims);
  assertEquals(status, 0, log);
  const lines = out.split("\n").filter((line) => line.includes(" out=$("));
  assertEquals(lines.map((line) => line.includes(" curl ")), [...lines.slice(1).map(() => false), true]);
  assert(lines.every((line) => line.includes(`; '/opt/it'"'"'s down' ;; esac`)), out);
  assertStringIncludes(
    lines.at(-1)!,
    `; case $? in 0) curl -fsS -m 10 --retry 3 -o /dev/null 'https://hc.example/a\\%20b?c='"'"'d'"'"'&e=$f' ;; 4)`,
  );
  assertMatch(lines.at(-1)!, /bzfs status --config=\S+ --localhost=nas .*--nagios 2>&1\)/);
  for (const word of ["--ping", "--hook", "--status-timer"]) assert(!out.includes(word), word);
  const staying = await jobrunner([...nas, ...extras, "--daemon-lifetime=1days"], it.sims);
  const kept = staying.out.split("\n").filter((line) => line.includes(" out=$("));
  assertEquals(kept.map((line) => line.includes(" curl ")), [...kept.slice(1).map(() => false), true]);
  assertMatch(kept.at(-1)!, /^\*\/5 \* \* \* \* root /);
  const metrics = [...it.words, "--localhost=nas", "--status-timer=/var/lib/metrics/bzfs.prom", "--ping=https://x/y"];
  const [cron, units] = [
    await jobrunner([...metrics, "--print-schedule=cron"], it.sims),
    await jobrunner([...metrics, "--print-schedule=systemd"], it.sims),
  ];
  assertMatch(
    cron.out,
    / --prometheus=\/var\/lib\/metrics\/bzfs\.prom 2>&1\); case \$\? in 0\) curl [^;]* ;; 1\|2\|4\) ;; \*\) echo "\$out" ;; esac\n/,
  );
  const unit = units.out.split(/^# \/etc\/systemd\/system\//m).find((text) => /^\S+-status\.service\n/.test(text))!;
  assertMatch(unit, /^ExecStart=\S+ status .* --prometheus=\/var\/lib\/metrics\/bzfs\.prom$/m);
  assertMatch(unit, /^SuccessExitStatus=1 2 4$/m);
  assertMatch(unit, /^ReadWritePaths=\/var\/lib\/metrics$/m);
  const plain = await jobrunner(nas, it.sims);
  assert(plain.out.includes('|| [ $? = 4 ] || echo "$out"') && !/status|case/.test(plain.out), plain.out);
});

Deno.test("bzfs_jobrunner warns if there is no action", async () => {
  await using it = await fleet();
  const { status, log } = await jobrunner(it.words, it.sims);
  assertEquals(status, 0);
  assertMatch(log, /^\[W\] No action is given, .*: add for example --create-src-snapshots --replicate$/m);
});

Deno.test("bzfs_jobrunner --explain without actions is about those of the schedule, and logs nothing", async () => {
  await using own = await fleet();
  const { status, out, log } = await jobrunner([...own.words, "--explain"], own.sims);
  assertEquals([status, log], [0, ""]);
  assertStringIncludes(out, `Subjobs of ${EVERYTHING.map((action) => action.slice(2)).join(", ")}, in their order: 14`);
  await using relay = await fleet(`src-snapshots: external\n${JOB_FILE}`);
  const explained = await jobrunner([...relay.words, "--explain"], relay.sims);
  assertStringIncludes(explained.out, "  has from elsewhere prod_onsite: 3 hourly");
  assertStringIncludes(explained.out, "Subjobs of replicate, prune-src-bookmarks, prune-dst-snapshots, ");
  for (const action of ["create-src-snapshots", "prune-src-snapshots"]) {
    const refused = await jobrunner([...relay.words, `--${action}`], relay.sims);
    assertEquals(refused.status, 3);
    assertStringIncludes(refused.log, `--${action} contradicts the job file, which says src-snapshots: external`);
  }
  await using wrong = await fleet(`src-snapshots: extern\n${JOB_FILE}`);
  const misspelled = await jobrunner([...wrong.words, "--explain"], wrong.sims);
  assertEquals(misspelled.status, 2);
  assertStringIncludes(misspelled.log, "line 1: src-snapshots must be own or external");
});

Deno.test("bzfs_jobrunner --explain says what this host runs, and shows commands and names as a reader needs them", async () => {
  const file = `${JOB_FILE}schedule: {mode: bastion, bastion: nas}\n`;
  await using it = await fleet(file);
  const explain = async (...words: string[]): Promise<string> => {
    const { status, out, log } = await jobrunner([...it.words, "--explain", ...words], it.sims);
    assertEquals([status, log], [0, ""]);
    return out;
  };
  const here = await explain("--localhost=nas");
  assertMatch(here, /^This host is nas\. It runs everything \(schedule: bastion nas\)\.\n\nSource web1/);
  assert(here.includes("  sends web1:tank/data to nas:back/web1/data\n") && !here.includes("-:"), here);
  assert(!here.includes(" --busy-limit=") && here.includes("\n  With -v also their commands.\n"), here);
  assertMatch(await explain("--localhost=nas", "-v"), /^ {5}bzfs .* --busy-limit=/m);
  assert(!(await explain("--localhost=nas", "--src-host=web1")).includes("This host is"));
  assertMatch(
    await explain("--localhost=vm"),
    /^Suspicious\n {2}This host is called vm, which the job file does not name: add --localhost=NAME\.$/m,
  );
});

Deno.test("bzfs_jobrunner --explain tells what looks suspicious, and what bzfs will refuse", async () => {
  const limits = JOB_FILE.replace("warning: 2 hours", "warning: 2 minutes");
  await using it = await fleet(`${limits}  exclude-dataset-regex: "("\n`);
  const before = (await it.sims.read("nas")).fingerprint();
  const { status, out, log } = await jobrunner([...it.words, "--explain", "--replicate"], it.sims);
  assertEquals(status, 0, log);
  const [, suspicious] = /^Suspicious\n([^]*?)\n\n/m.exec(out) ?? [];
  assertEquals(suspicious?.split("\n").map((line) => line.trim()), [
    "Destination nas receives snapshots, but this run does not prune them: some other run has to.",
    "Monitoring of prod_onsite_hourly: the limit for warning is shorter than the time between two runs, 5m.",
    "bzfs will refuse replicate of web1 at nas and 1 more: missing ), unterminated subpattern within regex '('",
  ]);
  assertEquals((await it.sims.read("nas")).fingerprint(), before);
});

Deno.test("bzfs_jobrunner reads its source hosts from standard input", async () => {
  await using it = await fleet();
  const words = [...POLICY, "--jobrunner-dryrun", "--replicate", ...PAIR];
  const { status, log } = await jobrunner(words, { ...it.sims, input: "['web2',\n 'web1']\n" });
  assertEquals(status, 0);
  assertStringIncludes(log, "Dry Ready to run 2 subjobs using 2/2 src hosts: ['web2', 'web1']");
});

Deno.test("options leave out a local pool that is not there, also in a dry run", async () => {
  await using it = await fleet();
  const words = [...POLICY, HOSTS, "--monitor-snapshot-plan={'prod': {'onsite': {'hourly': {'critical': '3 hours'}}}}"];
  const here = words.map((word) => word.replaceAll("'nas'", "'localhost'"));
  const { status, log } = await jobrunner([...here, "--jobrunner-dryrun", ...EVERYTHING, ...PAIR], it.sims);
  assertEquals(status, 0, log);
  const skipped = log.match(
    /^\[W\] Skipping dst dataset for which local dst pool does not exist: -:back\/web1\/data$/gm,
  );
  assertEquals(skipped?.length, 3);
  assertMatch(log, /Dry Ready to run 4 subjobs/);
});

for (const more of [[], ["--spawn-process-per-job"]]) {
  Deno.test(`of several roots of a job file a missing one is a failure, the others go on ${more}`, async () => {
    const pairs = "[{src: tank/data, dst: data}, {src: tank/gone, dst: gone}, {src: lost/x, dst: lost}]";
    await using it = await fleet(JOB_FILE.replace("[{src: tank/data, dst: data}]", pairs));
    const actions = EVERYTHING.filter((action) => !action.startsWith("--monitor"));
    const { status, out, log } = await jobrunner([...it.words, ...actions, ...more], it.sims);
    assertEquals(status, 3, log);
    for (const host of ["web1", "web2"]) {
      const expected = ["prod_onsite_TIME_hourly", "prod_onsite_TIME_daily"];
      const copies = await it.snapshots("nas", `back/${host}/data`);
      assertEquals(expected.every((tag) => copies.includes(tag)), true, log);
    }
    assertMatch(out + log, /Source dataset does not exist: web1:tank\/gone/);
    assertMatch(out + log, /Pool lost is not imported on web1/);
    assertStringIncludes(log, "skipped:0/");
    const alone = await jobrunner([...it.words, "--missing-root=fail", ...actions, ...more], it.sims);
    assertEquals(alone.status, 3);
    assertMatch(alone.log, /Final Progress: .*skipped:8\/10/);
  });
}

const ABSENT = JOB_FILE.replace("name: nas", "name: localhost");

Deno.test("a job file takes a pool that is not there for a failure, and its monitoring for critical", async () => {
  await using it = await fleet(ABSENT);
  const replicated = await jobrunner([...it.words, "--create-src-snapshots", "--replicate"], it.sims);
  assertEquals(replicated.status, 3, replicated.log);
  assertEquals((await it.snapshots("web2", "tank/data")).length, 2);
  for (const more of [[], ["--spawn-process-per-job"]]) {
    const monitoring = ["--quiet", "--monitor-src-snapshots", "--monitor-dst-snapshots", ...more];
    const { status, out, log } = await jobrunner([...it.words, ...monitoring], it.sims);
    assertEquals(status, 2, log);
    const [first] = out.split("\n");
    assertMatch(
      first!,
      /^CRITICAL - localhost \(web1\): Pool .*; localhost \(web2\): Pool .* \| datasets=2 ok=4 warning=0 critical=0 failed=2$/,
    );
  }
});

Deno.test("a pool that a job file calls removable may be absent, and monitoring tells when it was seen", async () => {
  const removable = JOB_FILE.replace("name: nas, ", "name: localhost, removable: true, ").replace(
    "[web1, web2]",
    "[web1]",
  );
  await using it = await fleet(removable);
  const more = ["--quiet", "--create-src-snapshots", "--replicate", "--prune-dst-snapshots", "--monitor-dst-snapshots"];
  const { status, out, log } = await jobrunner([...it.words, ...more], it.sims);
  assertEquals(status, 0, log);
  assertEquals(
    out.split("\n")[0],
    "OK - 0 datasets monitored; -:back/web1/data is not here, never seen | datasets=0 ok=0 warning=0 critical=0 failed=0",
  );
  const seen = `${it.folder}/bzfs-logs/.cache/seen-back`;
  await Deno.writeTextFile(seen, "");
  await Deno.utime(seen, 1_700_000_000, 1_700_000_000);
  const again = await jobrunner([...it.words, ...more.slice(-1), "--quiet"], it.sims);
  assertMatch(
    again.out,
    /^OK - 0 datasets monitored; -:back\/web1\/data is not here, last seen 2023-11-14T22:13:20\.000Z \| /,
  );
});

Deno.test("a fleet that is monitored has one first line for all hosts, the worst first", async () => {
  await using it = await fleet();
  const monitoring = ["--quiet", "--monitor-src-snapshots", "--monitor-dst-snapshots"];
  await jobrunner([...it.words, "--create-src-snapshots", "--src-host=web1", "--replicate"], it.sims);
  const partly = await jobrunner([...it.words, ...monitoring], it.sims);
  const lines = partly.out.split("\n");
  assertEquals(partly.status, 2, partly.log);
  assertMatch(
    lines[0]!,
    /^CRITICAL - nas \(web2\): Destination dataset does not exist: \S+; web2: --monitor_snapshots: No snapshot .* failed=1$/,
  );
  assertEquals(lines.filter((line) => line.startsWith("OK - ")).length, 2);
  await jobrunner([...it.words, "--create-src-snapshots", "--replicate"], it.sims);
  const well = await jobrunner([...it.words, ...monitoring], it.sims);
  assertEquals([well.status, well.out.split("\n")[0]], [
    0,
    "OK - 4 datasets monitored | datasets=4 ok=8 warning=0 critical=0 failed=0",
  ]);
  const single = await jobrunner([...it.words, ...monitoring.slice(0, 2), "--src-host=web1"], it.sims);
  assertMatch(single.out, /^OK - 1 dataset monitored \| /);
});

for (const more of [[], ["--spawn-process-per-job"]]) {
  const how = more.length === 0 ? "in this process" : "in a process of its own";

  Deno.test(`a subjob ${how} that takes too long is ended`, async () => {
    await using it = await fleet(JOB_FILE.replace("[web1, web2]", "[web1]"));
    const env = await hangingZfs(it);
    const words = [...it.words, ...more, "--worker-timeout-seconds=3", "--create-src-snapshots"];
    const { status, log } = await jobrunner(words, { env });
    assertEquals(status, more.length === 0 ? 3 : 241, log);
    assertMatch(log, /^\[E\] ERROR: Worker job failed with exit code (?:3|241) in /m);
    if (more.length > 0) assertMatch(log, /^\[E\] ERROR: Terminating worker job as it failed to complete within 3s: /m);
    assertEquals(await hanging(it), "");
  });

  Deno.test(`SIGTERM ends a subjob ${how}, starts no other and leaves no process`, async () => {
    await using it = await fleet();
    const env = await hangingZfs(it);
    const words = [...it.words, ...more, "--workers=1", "--create-src-snapshots"];
    const { status, log } = await jobrunner(words, {
      env,
      meanwhile: (child) => endOnceHanging(child, it, "SIGTERM"),
    });
    assertEquals(status, 241, log);
    assertMatch(
      log,
      /Final Progress: all:2, started:1\/2=50%, completed:1\/2=50%, failed:1\/2=50%, .* skipped:1\/2=50%/,
    );
    assert(!log.includes("Run the same command again"), log);
    assertEquals(await hanging(it), "");
  });
}

Deno.test("SIGINT during replication says once that the same command goes on", async () => {
  await using it = await fleet();
  const env = await hangingZfs(it);
  const { status, out, log } = await jobrunner([...it.words, "--workers=2", "--replicate"], {
    env,
    meanwhile: (child) => endOnceHanging(child, it, "SIGINT"),
  });
  assertEquals(status, 254, log);
  assertMatch(log, /^\[W\] Interrupted\. Run the same command again: it resumes where it can\.$/m);
  assertEquals(`${out}\n${log}`.match(/Run the same command again/g)?.length, 1);
});

/** Sends a signal as soon as a command hangs, or after half a minute. */
async function endOnceHanging(child: Deno.ChildProcess, it: Fleet, signal: Deno.Signal): Promise<void> {
  for (let tries = 0; tries < 300 && await hanging(it) === ""; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill(signal);
}

/** Makes every `zfs list` of the hosts hang, and returns the environment for that. */
async function hangingZfs(it: Fleet): Promise<Readonly<Record<string, string>>> {
  const folder = `${it.folder}/hanging`;
  await Deno.mkdir(folder);
  const script = `#!/bin/sh\ncase "$*" in list*) exec sleep 600.${
    hangingId(it)
  };; esac\nexec ${it.sims.bin}/zfs "$@"\n`;
  await Deno.writeTextFile(`${folder}/zfs`, script, { mode: 0o755 });
  return { ...it.sims.env, PATH: `${folder}:${it.sims.env["PATH"]}` };
}

/** Digits that tell the processes of one test from all others. */
function hangingId(it: Fleet): string {
  return [...it.folder.slice(-8)].map((letter) => letter.charCodeAt(0) % 10).join("") + Deno.pid;
}

/** Processes of {@linkcode hangingZfs} that are there. */
async function hanging(it: Fleet): Promise<string> {
  const { stdout } = await new Deno.Command("ps", { args: ["-Ao", "pid,args"] }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  return lines.filter((line) => line.includes(`sleep 600.${hangingId(it)}`)).join("\n");
}
