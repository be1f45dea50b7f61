/** Job files: what they mean in options, and what is said of those that are wrong. */
import { jobFileOptions, openJobFile } from "../../../../lib/cli/job_file/job_file.ts";
import { BZFS_FIELDS, RUNNER_FIELDS } from "../../../../lib/cli/job_file/fields.ts";
import { parseJobrunnerArgv } from "../../../../lib/cli/jobrunner/arguments.ts";
import { JOBRUNNER_OPTIONS } from "../../../../lib/cli/options/jobrunner_options.ts";
import { occurrenceWords } from "../../../../lib/cli/parse/occurrence.ts";
import { periodsOf } from "../../../../lib/model/period_table.ts";
import { UsageError } from "../../../../lib/model/errors.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
import { JOB_CONTEXT } from "../../../support/jobs.ts";

const BASE = `root-dataset-pairs: [{both: tank/a}]
src-hosts: [web]
dst-hosts:
  - {name: nas, root-dataset: bak/^SRC_HOST}
src-snapshot-plan: {prod: {onsite: {hourly: 36}}}
`;

/** The options of a job file, as words of a command line. */
function words(text: string, name = "/etc/bzfs/fleet.yaml"): string[] {
  const { runner, bzfs } = jobFileOptions(openJobFile(name, new TextEncoder().encode(text)), name);
  return [...runner, ...bzfs].flatMap(occurrenceWords);
}

/** Words of the file beyond those of {@linkcode BASE}. */
function more(text: string): string[] {
  const base = words(BASE);
  return words(BASE + text).filter((word) => !base.includes(word));
}

Deno.test("jobFileOptions() fills in what a short file leaves out", () => {
  assertEquals(words(BASE), [
    "--root-dataset-pairs",
    "tank/a",
    "tank/a",
    "--job-id=fleet",
    "--src-hosts=['web']",
    "--dst-hosts={'nas': ['onsite']}",
    "--retain-dst-targets={'nas': ['onsite']}",
    "--dst-root-datasets={'nas': 'bak/^SRC_HOST'}",
    "--src-snapshot-plan={'prod': {'onsite': {'hourly': 36}}}",
    "--src-bookmark-plan={'prod': {'onsite': {'hourly': 36}}}",
    "--dst-snapshot-plan={'prod': {'onsite': {'hourly': 36}}}",
    "--monitor-snapshot-plan={}",
    "--existing-data=refuse",
    "--follow-renames=on",
    "--empty-selection=fail",
    "--missing-root=isolate",
    "--log-keep=30 days",
    "--guard=on",
    "--delete-limit=30% and 10",
    "--delete-datasets-limit=20% and 1",
    "--foreign-snapshots=keep",
    "--keep-newest=1",
    "--own-names=prod_onsite_.*",
    "--plan-memory=fleet",
  ]);
});

const fields: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  "a flag": ["jitter: true", ["--jitter"]],
  "a flag that is off": ["jitter: false", []],
  "what is on unless the file says no": ["bzfs: {follow-renames: false}", ["--follow-renames=off"]],
  "what is off, in the words of the option": ["bzfs: {follow-renames: off}", ["--follow-renames=off"]],
  "what is on, said once more": ["bzfs: {follow-renames: true}", ["--follow-renames"]],
  "a flag as YAML also writes it": ["jitter: True", ["--jitter"]],
  "a flag that is off, as YAML also writes it": ["bzfs: {dryrun: FALSE}", []],
  "what is kept for ever": [
    "dst-snapshot-plan: {prod: {onsite: {yearly: forever}}}",
    ["--dst-snapshot-plan={'prod': {'onsite': {'yearly': 1000000000}}}"],
  ],
  "a number": ["ssh-src-port: 2222", ["--ssh-src-port=2222"]],
  "a percentage": ["workers: 50%", ["--workers=50%"]],
  "an option of bzfs that the file says as a whole": ["guard: minutely", ["--guard=minutely"]],
  "a flag of bzfs": ["bzfs: {recursive: true}", ["--recursive"]],
  "a count": ["bzfs: {verbose: 2}", ["--verbose", "--verbose"]],
  "an optional value": ["bzfs: {dryrun: recv}", ["--dryrun=recv"]],
  "an optional value that is left out": ["bzfs: {dryrun: true}", ["--dryrun"]],
  "a list whose occurrences add up": [
    "bzfs: {exclude-dataset-regex: ['a.*', '-b']}",
    ["--exclude-dataset-regex=a.*", "--exclude-dataset-regex=-b"],
  ],
  "a list of one occurrence": ["bzfs: {preserve-properties: [x, y z]}", ["--preserve-properties", "x", "y z"]],
  "one value in place of a list": ["bzfs: {preserve-properties: x}", ["--preserve-properties=x"]],
  "a text that looks like an option": ["bzfs: {zfs-recv-program-opts: -u}", ["--zfs-recv-program-opts=-u"]],
  "a number of 64 bits": ["ssh-src-user: 13978261837261837261", ["--ssh-src-user=13978261837261837261"]],
  "limits on destruction": [
    "limits: {delete: unlimited, delete-datasets: 5, foreign: delete, floor: 0}",
    ["--delete-limit=unlimited", "--delete-datasets-limit=5", "--foreign-snapshots=delete", "--keep-newest=0"],
  ],
  "a limit that is a share": ["limits: {delete: 5% and 2}", ["--delete-limit=5% and 2"]],
  "an age of what was set aside": ["limits: {aside: 90 days}", ["--delete-aside-after=90 days"]],
  "no age of what was set aside": ["limits: {aside: never}", ["--delete-aside-after=never"]],
  "limits that say nothing": ["limits: {}", []],
  "a name": ["job-id: home", ["--job-id=home", "--plan-memory=home"]],
  "ages of the newest snapshot": [
    "monitor-snapshot-plan: {prod: {onsite: {daily: {age: {warning: 28 hours, critical: 32 hours}}}}}",
    [
      "--monitor-snapshot-plan={'prod': {'onsite': {'daily': {'warning': '14400000milliseconds', " +
      "'critical': '28800000milliseconds'}}}}",
    ],
  ],
  "limits": [
    "monitor-snapshot-plan: {prod: {onsite: {hourly: {warning: 1 hours, dst_snapshot_cycles: 3, oldest_skip_holds: true}}}}",
    [
      "--monitor-snapshot-plan={'prod': {'onsite': {'hourly': {'warning': '1 hours', 'dst_snapshot_cycles': 3, " +
      "'oldest_skip_holds': True}}}}",
    ],
  ],
};

for (const [name, [text, wanted]] of Object.entries(fields)) {
  Deno.test(`jobFileOptions() understands ${name}`, () => assertEquals(more(text), wanted));
}

const faults: Readonly<Record<string, readonly [string, string, string?]>> = {
  "a limit on destruction that is none": [
    `${BASE}limits: {delete: many}`,
    "must be a limit such as 30% and 10, a number, or unlimited",
  ],
  "foreign snapshots that are neither kept nor deleted": [`${BASE}limits: {foreign: move}`, "must be keep or delete"],
  "a floor that is no number": [`${BASE}limits: {floor: -1}`, "must be a whole number"],
  "an age that is no time": [`${BASE}limits: {aside: 90}`, "must be never, or a duration such as 90 days"],
  "a limit of another name": [`${BASE}limits: {deletes: 3}`, "is not known", "delete"],
  "an unknown key": [`${BASE}worker: 3`, "fleet.yaml, line 6: worker is not known", "workers"],
  "an unknown option of bzfs": [`${BASE}bzfs:\n  recursiv: true`, "line 7: bzfs.recursiv is not known", "recursive"],
  "an option that the runner manages": [`${BASE}bzfs: {timeout: 3}`, "bzfs.timeout is not known"],
  "an option of the runner below bzfs": [`${BASE}bzfs: {workers: 3}`, "bzfs.workers is not known"],
  "itself": [`${BASE}config: fleet.yaml`, "line 6: config is not known"],
  "a flag that is neither": [`${BASE}jitter: yes`, "jitter must be true or false: 'yes'"],
  "a number that is none": [
    `${BASE}ssh-src-port: x22`,
    "line 6: ssh-src-port is not what --ssh-src-port takes: invalid int",
  ],
  "a number out of range": [`${BASE}ssh-src-port: 70000`, "valid range: [1, 65535]: '70000'"],
  "an unknown choice": [`${BASE}bzfs: {skip-on-error: dat}`, "invalid choice: 'dat'"],
  "a list where one value belongs": [`${BASE}job-id: [a]`, "job-id must be a single value, but is a list"],
  "a host without name, told at its own line": [
    `# name\n${BASE.replace("name: nas, ", "")}`,
    "fleet.yaml, line 5: dst-hosts[0].name is missing",
  ],
  "a host without root": [BASE.replace(", root-dataset: bak/^SRC_HOST", ""), "dst-hosts[0].root-dataset is missing"],
  "a misspelled key of a host": [
    BASE.replace("name: nas", "nam: nas"),
    "line 4: dst-hosts[0].nam is not known",
    "name",
  ],
  "a host that occurs twice": [
    BASE.replace("src-snapshot", "  - {name: nas, root-dataset: x}\nsrc-snapshot"),
    "dst-hosts[1].name occurs twice: 'nas'",
  ],
  "an unknown target": [
    BASE.replace("name: nas", "name: nas, targets: [onsit]"),
    "dst-hosts[0].targets[0] is a target that no plan of snapshots knows: 'onsit'",
    "onsite",
  ],
  "an amount that is none": [BASE.replace("36", "-3"), "src-snapshot-plan.prod.onsite.hourly must be a whole number"],
  "a period that is misspelled": [
    BASE.replace("hourly", "hourl"),
    "src-snapshot-plan.prod.onsite.hourl is no period",
    "hourly",
  ],
  "a word that is no period": [
    BASE.replace("hourly", "adhoc"),
    "line 5: src-snapshot-plan.prod.onsite.adhoc is no period: '36'",
  ],
  "a period that another program knows": [
    BASE.replace("hourly", "quarterly"),
    "src-snapshot-plan.prod.onsite.quarterly is no period",
    "3monthly",
  ],
  "several of a unit": [
    BASE.replace("hourly", "2hours"),
    "src-snapshot-plan.prod.onsite.2hours is no period",
    "2hourly",
  ],
  "a word that is no period where alarms are": [
    `${BASE}monitor-snapshot-plan: {prod: {onsite: {days: {warning: 1 hours}}}}`,
    "line 6: monitor-snapshot-plan.prod.onsite.days is no period",
    "daily",
  ],
  "a period that is said to be always due": [
    `${BASE}always-due: [adhoc, 2weekly]`,
    "line 6: always-due[1] is a period, so it is due when the calendar says so: '2weekly'",
  ],
  "datasets as the option takes them": [
    BASE.replace("[{both: tank/a}]", "[tank/a, bak/a]"),
    "line 1: root-dataset-pairs[0] must say source and destination: 'tank/a'",
  ],
  "a name for both sides beside another one": [
    BASE.replace("both: tank/a", "both: tank/a, dst: b"),
    "line 1: root-dataset-pairs[0].both stands for src and dst, so it must stand alone: 'tank/a'",
  ],
  "indentation by tabs": [
    BASE.replace("  - {name", "\t- {name"),
    "fleet.yaml, line 4: this is not valid YAML: a tab stands in the indentation, where only blanks may",
  ],
  "a tab that would make a value absent": ["bzfs:\n\trecursive: true\n", "line 2: this is not valid YAML: a tab"],
  "an organisation that ZFS refuses": [
    BASE.replace("{prod:", "{my/org:"),
    "line 5: src-snapshot-plan.my/org cannot be part of the name of a snapshot",
  ],
  "a target that ZFS refuses": [
    BASE.replace("{onsite:", "{'vor ört':"),
    "line 5: src-snapshot-plan.prod.vor ört cannot be part of the name of a snapshot",
  ],
  "a word for always that ZFS refuses": [`${BASE}always-due: ['@x']`, "line 6: always-due[0] cannot be the end"],
  "a host with a port": [
    BASE.replace("[web]", "['web:2222']"),
    "src-hosts[0] is the name of a host with a port: 'web:2222'",
  ],
  "a time format that never changes": [
    `${BASE}bzfs: {create-src-snapshots-timeformat: '100%%d'}`,
    "line 6: bzfs.create-src-snapshots-timeformat must hold a time",
  ],
  "a time format with a slash": [
    `${BASE}bzfs: {create-src-snapshots-timeformat: '%Y/%m'}`,
    "bzfs.create-src-snapshots-timeformat makes names that ZFS refuses",
  ],
  "a time format with a directive that there is not": [
    `${BASE}bzfs: {create-src-snapshots-timeformat: '%Y%q'}`,
    "makes names that ZFS refuses: '%Y%q'",
  ],
  "a time format with a line feed": [
    `${BASE}bzfs: {create-src-snapshots-timeformat: '%H%n%F'}`,
    "makes names that ZFS refuses: '%H%n%F'",
  ],
  "a time format that is the name of a zone": [
    `${BASE}bzfs: {create-src-snapshots-timeformat: '%Z'}`,
    "must hold a time, such as %Y-%m-%d_%H:%M:%S: '%Z'",
  ],
  "a time format that changes once a year": [
    `${BASE}bzfs: {create-src-snapshots-timeformat: '%Y'}`,
    "gives different snapshots the same name: '%Y'",
  ],
  "a time format that comes again every day": [
    `${BASE}bzfs: {create-src-snapshots-timeformat: '%H:%M'}`,
    "gives different snapshots the same name: '%H:%M'",
  ],
  "a time format that comes again after noon": [
    `${BASE}bzfs: {create-src-snapshots-timeformat: '%Y-%m-%d_%I:%M'}`,
    "gives different snapshots the same name",
  ],
  "a time format without hours, of a pair that is due every hour": [
    `${BASE.replace("hourly", "daily").replace("}]", ", src-snapshot-plan: {prod: {onsite: {hourly: 3}}}}]")}` +
    "bzfs: {create-src-snapshots-timeformat: '%Y-%m-%d'}",
    "gives different snapshots the same name: '%Y-%m-%d'",
  ],
  "an organisation with an underscore": [
    BASE.replace("{prod:", "{my_prod:"),
    "line 5: src-snapshot-plan.my_prod holds an underscore, which stands between organisation, target, time and period",
  ],
  "a target with an underscore": [
    `${BASE}monitor-snapshot-plan: {prod: {on_site: {daily: {warning: 1 hours}}}}`,
    "line 6: monitor-snapshot-plan.prod.on_site holds an underscore",
  ],
  "a user in front of a host": [BASE.replace("[web]", "[root@web]"), "src-hosts[0] is no name of a host: 'root@web'"],
  "a dataset behind a host": [
    BASE.replace("name: nas", "name: 'nas:tank'"),
    "dst-hosts[0].name is no name of a host: 'nas:tank'",
  ],
  "an address in brackets": [BASE.replace("[web]", "['[::1]']"), "src-hosts[0] is no name of a host: '[::1]'"],
  "an age that every snapshot reaches": [
    `${BASE}monitor-snapshot-plan: {prod: {onsite: {daily: {age: {warning: 24 hours}}}}}`,
    "daily.age.warning must be longer than the period, since the newest daily snapshot grows as old as that: '24 hours'",
  ],
  "an age beside a limit": [
    `${BASE}monitor-snapshot-plan: {prod: {onsite: {daily: {critical: 1 days, age: {warning: 28 hours}}}}}`,
    "daily.critical stands beside age, which says the same in another way: '1 days'",
  ],
  "a plan that is none": [BASE.replace("{prod: {onsite: {hourly: 36}}}", "5"), "src-snapshot-plan must be a mapping"],
  "a limit that is none": [
    `${BASE}monitor-snapshot-plan: {prod: {onsite: {hourly: {warning: 1 hour}}}}`,
    "monitor-snapshot-plan.prod.onsite.hourly.warning must be a duration such as 30 minutes: '1 hour'",
  ],
  "a dataset that looks like an option": [
    BASE.replace("tank/a", "-r"),
    "line 1: root-dataset-pairs[0].both is no name of a dataset: '-r'",
  ],
  "a dataset that no pool can have": [
    BASE.replace("[{both: tank/a}]", "\n  - {both: tank/b}\n  - {src: tank/a, dst: a//b}"),
    "line 3: root-dataset-pairs[1].dst is no name of a dataset: 'a//b'",
  ],
  "a text with a NUL": [
    BASE.replace("both: tank/a", 'both: "tank/\\0a"'),
    "line 1: root-dataset-pairs[0].both must not hold a NUL, which no word of a command can",
  ],
  "a name with a NUL": [BASE.replace("{prod:", '{"pr\\0od":'), "src-snapshot-plan must not hold a NUL"],
  "a root dataset that no pool can have": [
    BASE.replace("^SRC_HOST", "^SRC-HOST"),
    "line 4: dst-hosts[0].root-dataset is no name of a dataset: 'bak/^SRC-HOST'",
  ],
  "a source host that ssh could take for something else": [
    BASE.replace("[web]", "[web,\n  '-oProxyCommand=x']"),
    "line 3: src-hosts[1] is no name of a host: '-oProxyCommand=x'",
  ],
  "a destination host with a sign of the shell": [
    BASE.replace("name: nas", "name: a;b"),
    "line 4: dst-hosts[0].name is no name of a host: 'a;b'",
  ],
  "a source host that occurs twice": [
    BASE.replace("[web]", "[web, db, web]"),
    "line 2: src-hosts[2] occurs twice: 'web'",
  ],
  "no source hosts": [BASE.replace("[web]", "[]"), "line 2: src-hosts must not be empty"],
  "several sources that write to the same place": [
    BASE.replace("[web]", "[web, db]").replace("/^SRC_HOST", ""),
    "line 4: dst-hosts[0].root-dataset must contain ^SRC_HOST, as several sources would write to the same dataset: 'bak'",
  ],
  "a file without datasets": [
    BASE.replace("root-dataset-pairs: [{both: tank/a}]\n", ""),
    "root-dataset-pairs is missing",
  ],
  "a list": ["- a", "The file must be a mapping of names to values, but is a list"],
  "nothing": ["", "The file must be a mapping of names to values, but is empty"],
  "a key that occurs twice": [
    `${BASE}src-hosts: [x]`,
    "fleet.yaml, line 6: this is not valid YAML: src-hosts occurs twice",
  ],
  "no YAML": ["a: b: c", "fleet.yaml, line 1: this is not valid YAML: "],
  "an unknown key of a schedule": [`${BASE}schedule: {mod: pull}`, "line 6: schedule.mod is not known", "mode"],
  "a schedule of an unknown mode": [
    `${BASE}schedule:\n  mode: pul`,
    "line 7: schedule.mode must be one of pull, push, bastion: 'pul'",
    "pull",
  ],
  "an unknown key of a pair": [
    BASE.replace("both: tank/a", "both: tank/a, src-snapshots-plan: {}"),
    "line 1: root-dataset-pairs[0].src-snapshots-plan is not known",
    "src-snapshot-plan",
  ],
  "a period that is none in the plan of a pair": [
    BASE.replace("both: tank/a", "both: tank/a, dst-snapshot-plan: {prod: {onsite: {quarterly: 4}}}"),
    "line 1: root-dataset-pairs[0].dst-snapshot-plan.prod.onsite.quarterly is no period",
    "3monthly",
  ],
  "a pair without any plan of source snapshots": [
    BASE.replace(/src-snapshot-plan.*/, "").replace(
      "{both: tank/a}",
      "{both: tank/b, src-snapshot-plan: {}}, {both: tank/a}",
    ),
    "fleet.yaml: src-snapshot-plan is missing",
  ],
  "a pair with plans below another one": [
    BASE.replace("{both: tank/a}", "{both: tank}, {both: tank/a, src-snapshot-plan: {}}"),
    "line 1: root-dataset-pairs[1] overlaps with root-dataset-pairs[0], so that plans of both would create and delete there",
  ],
  "pairs with plans whose copies contain each other": [
    BASE.replace(
      "{both: tank/a}",
      "{src: tank/a, dst: x/y, monitor-snapshot-plan: {p: {t: {daily: {}}}}}, {src: b, dst: x}",
    ),
    "root-dataset-pairs[1] overlaps with root-dataset-pairs[0]",
  ],
  "a bastion that is not named": [`${BASE}schedule: {mode: bastion}`, "line 6: schedule.bastion is missing"],
};

for (const [name, [text, part, nearest]] of Object.entries(faults)) {
  Deno.test(`jobFileOptions() refuses ${name}`, () => {
    const error = assertThrows(() => words(text), UsageError);
    assertStringIncludes(error.message, part);
    if (nearest !== undefined) assertEquals(error.hint, `Did you mean ${nearest}?`);
  });
}

const places: Readonly<Record<string, readonly [string, string]>> = {
  "retain-dst-targets": ["retain-dst-targets: {}", "Write retain-targets: […] for each of dst-hosts."],
  "dst-root-datasets": ["dst-root-datasets: {}", "Write root-dataset: … for each of dst-hosts."],
  "bzfs.guard": ["bzfs: {guard: on}", "Write guard at the beginning of a line, not below bzfs."],
  "allow-deletions": [
    "bzfs: {allow-deletions: tank}",
    "Write --allow-deletions on the command line: it is for one run.",
  ],
  "delete-limit": ["bzfs: {delete-limit: unlimited}", "Write limits: {delete: …}."],
  "keep-newest": ["keep-newest: 3", "Write limits: {floor: …}."],
  "own-names": ["bzfs: {own-names: x}", "The names of all plans of the file are own; others are foreign."],
  "recursive": ["recursive: true", "It is an option of bzfs: write it below bzfs."],
  "dryrun": ["dryrun: true", "It is an option of bzfs: write it below bzfs."],
  "replicate": ["replicate: true", "Write --replicate on the command line."],
  "src-host": ["src-host: x", "Write --src-host on the command line."],
  "workers": ["bzfs: {workers: 3}", "Write workers at the beginning of a line, not below bzfs."],
  "recursive for a pair": [
    "root-dataset-pairs: [{both: a, recursive: true}]",
    "It is an option of bzfs: write it below bzfs.",
  ],
  "workers for a pair": [
    "root-dataset-pairs: [{both: a, workers: 3}]",
    "Write workers at the beginning of a line, for all pairs.",
  ],
  "skip-replication": ["skip-replication: true", "The job runner says that to bzfs itself, by what the file says."],
};

for (const [name, [text, hint]] of Object.entries(places)) {
  Deno.test(`jobFileOptions() says where ${name} belongs`, () => {
    const file = text.startsWith("root-") ? BASE.replace(/.*/, text) : BASE + text;
    const error = assertThrows(() => words(file), UsageError);
    assertEquals([error.hint, /\S+ is not known here$/.test(error.message)], [hint, true]);
  });
}

/** Groups of pairs of a job file, as their datasets and the periods of their plans. */
function groupsOf(text: string): string[] | undefined {
  return jobFileOptions(openJobFile("f", new TextEncoder().encode(text)), "f").groups?.map((group) => {
    const plans = [group.srcSnapshots, group.srcBookmarks, group.dstSnapshots, group.alerts];
    const periods = plans.map((plan) => periodsOf<unknown>(plan).map(({ period }) => period).join("+"));
    return [group.pairs.map(({ src, dst }) => `${src}>${dst}`).join(" "), ...periods].join(" ");
  });
}

Deno.test("jobFileOptions() gives pairs their own plans, otherwise those of the file, and groups equal ones in order", () => {
  assertEquals(groupsOf(BASE), undefined);
  const pairs = (...more: string[]): string =>
    BASE.replace(
      "{both: tank/a}",
      ["{both: a}", "{src: b, dst: x", "{both: c}", "{both: d", "{both: e"]
        .map((pair, index) => `${pair}${pair.endsWith("}") ? "" : `, ${more[index % 2]}}`}`).join(", "),
    );
  const own = "src-snapshot-plan: {prod: {onsite: {daily: 7, weekly: 4}}}";
  const same = "src-snapshot-plan: {prod: {onsite: {weekly: 4, daily: 7}}}";
  assertEquals(groupsOf(pairs(same, own)), [
    "a>a c>c hourly hourly hourly ",
    "b>x d>d e>e daily+weekly daily+weekly daily+weekly ",
  ]);
  const rest = "src-bookmark-plan: {prod: {onsite: {yearly: 1}}}\ndst-snapshot-plan: {prod: {onsite: {monthly: 1}}}\n";
  assertEquals(groupsOf(pairs(own, own) + rest), [
    "a>a c>c hourly yearly monthly ",
    "b>x d>d e>e daily+weekly yearly monthly ",
  ]);
  const alarm = "monitor-snapshot-plan: {prod: {onsite: {hourly: {critical: 1 hours}}}}";
  assertEquals(
    groupsOf(`${pairs("dst-snapshot-plan: {prod: {far: {daily: 1}}}", "monitor-snapshot-plan: {}")}${alarm}`),
    [
      "a>a c>c hourly hourly hourly hourly",
      "b>x d>d hourly hourly hourly ",
      "e>e hourly hourly daily hourly",
    ],
  );
});

Deno.test("jobFileOptions() needs no plan of the file where each pair has one, and knows the targets of all of them", () => {
  const text = BASE.replace(/src-snapshot-plan.*\n/, "").replace(
    "[{both: tank/a}]",
    "\n- {both: a, src-snapshot-plan: {p: {on: {daily: 1}}}}\n- {both: b, src-snapshot-plan: {p: {off: {weekly: 1}}}}",
  );
  assertEquals(groupsOf(text)?.length, 2);
  assert(words(text).includes("--dst-hosts={'nas': ['on', 'off']}"));
});

Deno.test("options do not take the place of plans that pairs have", () => {
  const text = BASE.replace("both: tank/a", "both: tank/a, src-snapshot-plan: {prod: {onsite: {daily: 7}}}");
  const files = { read: () => new TextEncoder().encode(text) };
  const parse = (...more: string[]): unknown => parseJobrunnerArgv(["--config=f", ...more], { ...JOB_CONTEXT, files });
  parse("--workers=3");
  for (const option of ["--src-snapshot-plan={}", "--dst-snapshot-plan={}", "--root-dataset-pairs"]) {
    const error = assertThrows(() => parse(option, ...(option.includes("=") ? [] : ["a", "b"])), UsageError);
    assertStringIncludes(error.message, `argument ${option.split("=")[0]}: the pairs of f have plans of their own`);
  }
});

Deno.test("jobFileOptions() takes words that are no periods where they are marked", () => {
  const text = `${BASE.replace("hourly", "adhoc")}always-due: adhoc\n`;
  assert(words(text).includes("--src-snapshot-plan={'prod': {'onsite': {'adhoc': 36}}}"));
  const { hint } = assertThrows(() => words(BASE.replace("hourly", "adhoc")), UsageError);
  assertStringIncludes(hint ?? "", "always-due: [adhoc]");
});

const hints: Readonly<Record<string, readonly [string, string]>> = {
  "users": [BASE.replace("[web]", "[root@web]"), "Users are fields of their own: ssh-src-user, ssh-dst-user."],
  "addresses": [BASE.replace("[web]", "['[::1]']"), "An address has no brackets here."],
  "datasets of hosts": [
    BASE.replace("[web]", "['web:tank']"),
    "Datasets are fields of their own: root-dataset-pairs, and root-dataset of dst-hosts.",
  ],
  "retention for ever": [BASE.replace("36", "unlimited"), "Write forever to keep all."],
  "organisations": [
    BASE.replace("prod:", "my_prod:"),
    "Write my-prod. Only where src-snapshots is external may others have made such names.",
  ],
};

for (const [name, [text, wanted]] of Object.entries(hints)) {
  Deno.test(`jobFileOptions() says how to write ${name}`, () => {
    assertEquals(assertThrows(() => words(text), UsageError).hint, wanted);
  });
}

Deno.test("jobFileOptions() takes times that tell snapshots apart, and names that others have made", () => {
  for (
    const format of ["%Y-%m-%d_%H:%M:%S", "%s", "%Y%m%dT%H%M", "%c", "%Y-%j-%H", "%Y-%m-%d_%H:%M:%S.%F", "%FT%T%z"]
  ) {
    words(`${BASE}bzfs: {create-src-snapshots-timeformat: '${format}'}`);
  }
  words(`${BASE.replace("hourly", "daily")}bzfs: {create-src-snapshots-timeformat: '%Y-%m-%d'}`);
  words(`${BASE.replace("prod:", "my_prod:")}src-snapshots: external`);
  words(BASE.replace("[web]", "['fe80::1', web_1]"));
});

Deno.test("jobFileOptions() says how the datasets of a flat list are written", () => {
  const flat = BASE.replace("[{both: tank/a}]", "[tank/a, bak/a]");
  const { hint } = assertThrows(() => words(flat), UsageError);
  assertEquals(
    hint,
    "Write {src: tank/a, dst: bak/a}, or {both: tank/a} for a name that is the same on both sides.",
  );
});

Deno.test("jobFileOptions() says once what is wrong", () => {
  const { message } = assertThrows(() => words(`${BASE}bzfs: {retries: true}`), UsageError);
  const place = "/etc/bzfs/fleet.yaml, line 6: bzfs.retries";
  assertEquals(message, `${place} is not what --retries takes: invalid int value: 'true'`);
});

Deno.test("openJobFile() names the byte that is not UTF-8", () => {
  const bytes = new Uint8Array([97, 58, 32, 0xff, 10]);
  assertStringIncludes(
    assertThrows(() => openJobFile("f", bytes), UsageError).message,
    "Job file is not UTF-8 at byte 3: f",
  );
});

Deno.test("parseJobrunnerArgv() lets the command line override the job file", () => {
  const files = { read: () => new TextEncoder().encode(`${BASE}workers: 3\nbzfs: {recursive: true}`) };
  const argv = ["--config=f.yaml", "--workers=7", "--job-id=other", "-v", "--root-dataset-pairs", "tank/b", "b"];
  const outcome = parseJobrunnerArgv(argv, { ...JOB_CONTEXT, files });
  assert(outcome.kind === "arguments");
  assertEquals(outcome.arguments.amount("--workers"), { amount: 7, percent: false });
  assertEquals(outcome.arguments.text("--job-id"), "other");
  assertEquals(outcome.arguments.list("--root-dataset-pairs"), ["tank/b", "b"]);
  assertEquals(outcome.forwarded, [
    "--existing-data=refuse",
    "--follow-renames=on",
    "--empty-selection=fail",
    "--missing-root=isolate",
    "--log-keep=30 days",
    "--guard=on",
    "--delete-limit=30% and 10",
    "--delete-datasets-limit=20% and 1",
    "--foreign-snapshots=keep",
    "--keep-newest=1",
    "--own-names=prod_onsite_.*",
    "--plan-memory=f",
    "--recursive",
    "-v",
  ]);
});

Deno.test("every option of the policy is a field of job files, or has its place in one", () => {
  const elsewhere = ["--src-host", "--dst-host", "--localhost", "--retain-dst-targets", "--dst-root-datasets"];
  const missing = JOBRUNNER_OPTIONS.filter((option) =>
    option.section === "Policy" || option.section === "Hosts and ssh"
  )
    .map((option) => option.name)
    .filter((name) => !RUNNER_FIELDS.has(name.slice(2)) && !elsewhere.includes(name));
  assertEquals(missing, [
    "--root-dataset-pairs",
    "--src-hosts",
    "--dst-hosts",
    "--src-snapshot-plan",
    "--src-bookmark-plan",
    "--dst-snapshot-plan",
    "--monitor-snapshot-plan",
  ]);
  assert(BZFS_FIELDS.has("recursive") && BZFS_FIELDS.has("daemon-lifetime") && !BZFS_FIELDS.has("timeout"));
});
