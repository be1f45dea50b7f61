/** What the executable answers to operands and hosts that cannot be worked with, before any ZFS is asked. */
import { assert, assertEquals } from "@std/assert";
import { capture } from "../../scripts/process.ts";
import { withTempFolder } from "../support/temp.ts";

const executable = `${import.meta.dirname}/../../dist/bzfs`;

const hasZfs = (await capture(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v zfs"])).code === 0;

interface Case {
  readonly words: readonly string[];
  readonly status: number;
  /** Parts of one line: the value that is wrong, and what to do. */
  readonly says: readonly string[];
}

/** Found before there is a log: usage and error on stderr. */
const usage: Record<string, Case> = {
  "an unknown option": {
    words: ["--recursiv", "t/a", "t/b"],
    status: 2,
    says: ["arguments: --recursiv\n", "--recursive?"],
  },
  "a missing destination": { words: ["t/a"], status: 2, says: ["must have a corresponding DST_DATASET: ['t/a']"] },
  "missing operands": { words: ["-r"], status: 2, says: ["are required: SRC_DATASET DST_DATASET"] },
  "a value that is none": {
    words: ["t/a", "t/b", "--retries=x"],
    status: 2,
    says: ["--retries: invalid int value: 'x'"],
  },
};

for (
  const [plan, problem] of Object.entries({
    "{}": "Cowardly refusing to delete all snapshots on the destination as the plan is empty: {}",
    "{'p': {'on': {}}}": "Cowardly refusing to delete all snapshots on the destination as the plan is empty: {'p'",
    "{'p'": 'Invalid plan: expected "}" at position 5: {',
    "['p']": "A plan maps organisations to targets to periods to amounts, but this is none: ['p']",
    "{'p': {'on': {'daily': -1}}}": "Period amount must be a non-negative integer: -1",
    "{'p': {'on': {'daily': 1.5}}}": "Period amount must be a non-negative integer: 1.5",
  })
) {
  const words = ["dummy", "t/b", "--delete-dst-snapshots", `--delete-dst-snapshots-except-plan=${plan}`];
  usage[`the retention plan ${plan}`] = { words, status: 2, says: ["--delete-dst-snapshots-except-plan: ", problem] };
}

for (
  const [anchor, range] of Object.entries({
    "--monthly_monthday=32": "[1, 31]",
    "--yearly_month=13": "[1, 12]",
    "--yearly_year=0": "[1, 9999]",
    "--weekly_weekday=7": "[0, 6]",
    "--daily_hour=24": "[0, 23]",
    "--hourly_minute=60": "[0, 59]",
    "--secondly_millisecond=1000": "[0, 999]",
  })
) {
  usage[`the anchor ${anchor}`] = {
    words: ["t/a", "dummy", "--create-src-snapshots", anchor],
    status: 2,
    says: [`${anchor.split("=")[0]}: valid range: ${range}`],
  };
}

for (const rank of ["latest", "latest -1", "latest 101%", "first 3", "latest 0..oldest 3", ""]) {
  usage[`the rank '${rank}'`] = {
    words: ["dummy", "t/b", "--delete-dst-snapshots", "--include-snapshot-times-and-ranks", "0..0", rank],
    status: 2,
    says: [`Invalid rank format: '${rank}'`, "A rank looks like 'latest 5'"],
  };
}

for (const range of ["yesterday", "2024-13-01..*", "3 fortnights ago..*", "0..-1"]) {
  usage[`the time range '${range}'`] = {
    words: ["dummy", "t/b", "--delete-dst-snapshots", "--include-snapshot-times-and-ranks", range],
    status: 2,
    says: ["argument --include-snapshot-times-and-ranks: Invalid ", `'${range.replace(/\.\..$|^0\.\./, "")}'`],
  };
}

/** Found when there is a log: on stdout. */
const refused: Record<string, Case> = {
  "the same dataset twice": {
    words: ["t/a", "t/a"],
    status: 3,
    says: ["must not be the same! src: t/a, dst: t/a", "written as host:dataset"],
  },
  "trees that overlap": {
    words: ["-r", "t/a", "t/a/b"],
    status: 3,
    says: ["must not overlap! src: t/a, dst: t/a/b", "written as host:dataset"],
  },
  "a host name with a blank": {
    words: ["t/a", "ho st:t/b"],
    status: 3,
    says: ["Invalid host name: 'ho st' for: 'ho st:t/b'", "[[user@]host:]dataset"],
  },
  "a user name that is an option": {
    words: ["--", "-oProxyCommand=x@h:t/a", "t/b"],
    status: 3,
    says: ["Invalid user name: '-oProxyCommand=x'", "[[user@]host:]dataset"],
  },
  "a local name that reads like a host": {
    words: ["t/a:b", "t/b"],
    status: 3,
    says: ["Invalid host name: 't/a'", "-:name"],
  },
  "a name with a percent sign": {
    words: ["t/a", "t/b%c"],
    status: 3,
    says: ["Invalid ZFS dataset name: 't/b%c'", "ZFS allows letters"],
  },
  "a name with an empty part": { words: ["t//a", "t/b"], status: 3, says: ["Invalid ZFS dataset name: 't//a'"] },
  "zfs that is missing here": {
    words: ["t/a", "t/b"],
    status: 3,
    says: ["zfs CLI is not available on src host: localhost", "Install"],
  },
  "a host that refuses ssh": {
    words: ["127.0.0.1:t/a", "t/b", "--ssh-src-port=1", "--retries=0", "--ssh-cipher="],
    status: 3,
    says: ["Cannot ssh into remote host via", "127.0.0.1", "Fix ssh configuration first"],
  },
};

for (
  const [plan, problem] of Object.entries({
    "{'p'": '--create-src-snapshots-plan: expected "}" at position 5',
    "['p']": "--create-src-snapshots-plan: expected a dictionary, but got ['p']",
    "{'p': {'on': {'daily': -1}}}": "--create-src-snapshots-plan: Period amount must be a non-negative integer: -1",
    "{'p': {'on': {'7hourly': 1}}}": "Period duration should be a divisor of 86400 seconds without remainder: 7hourly",
    "{'p': {'on': {'5monthly': 1}}}": "Period duration should be a divisor of 12 months: 5monthly",
    [`{'p': {'on': {'${"9".repeat(400)}yearly': 1}}}`]: "Invalid period: 999",
  })
) {
  const words = ["t/a", "dummy", "--skip-replication", "--create-src-snapshots", `--create-src-snapshots-plan=${plan}`];
  refused[`the creation plan ${plan.slice(0, 40)}`] = { words, status: 3, says: [problem] };
}

for (
  const [config, problem] of Object.entries({
    "{'newest': {}}": "'newest' must be 'latest' or 'oldest' within {'newest': {}}",
    "{'latest': 3}": "expected a dictionary, but got 3",
    "{'latest': {'warn': '3 days'}}": "'warn' must be 'warning', 'critical' or 'cycles' within {'warn': '3 days'}",
    "{'latest': {'warning': '3 moons'}}": "Invalid duration format: 3 moons within {'warning': '3 moons'}",
    "{'latest': {'warning': '3 days', 'cycles': 'x'}}": "'cycles' must be an integer: 'x'",
    "{'oldest': {'oldest_skip_holds': 1}}": "'oldest_skip_holds' must be a bool within {'oldest_skip_holds': 1}",
  })
) {
  const words = ["t/a", "t/b", "--skip-replication", `--monitor-snapshots={'p': {'on': {'daily': ${config}}}}`];
  refused[`the monitoring plan ${config}`] = { words, status: 3, says: [problem] };
}

for (const frequency of ["dayly", "7minutely", "", `${"9".repeat(400)}daily`]) {
  refused[`the frequency '${frequency.slice(0, 20)}'`] = {
    words: ["t/a", "t/b", "--daemon-lifetime=1 days", `--daemon-frequency=${frequency}`],
    status: 3,
    says: [frequency === "7minutely" ? "86400 seconds without remainder" : "Invalid "],
  };
}

for (const [what, { words, status, says }] of Object.entries(usage)) {
  Deno.test(`a usage error: ${what}`, () =>
    withTempFolder(async (folder) => {
      const { code, stdout, stderr } = await capture([executable, `--log-dir=${folder}/bzfs-logs`, ...words]);
      assertEquals({ code, stdout }, { code: status, stdout: "" }, stderr);
      for (const part of says) assert(stderr.includes(part), stderr);
      assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    }));
}

for (const [what, { words, status, says }] of Object.entries(refused)) {
  const ignore = what === "zfs that is missing here" && hasZfs;
  Deno.test({
    name: `a refusal: ${what}`,
    ignore,
    fn: () =>
      withTempFolder(async (folder) => {
        const { code, stdout, stderr } = await capture([executable, `--log-dir=${folder}/bzfs-logs`, ...words]);
        assertEquals({ code, stderr }, { code: status, stderr: "" }, stdout);
        assert(stdout.split("\n").some((line) => says.every((part) => line.includes(part))), stdout);
        assert(!stdout.includes("Goodbye"));
      }),
  });
}
