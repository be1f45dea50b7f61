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
const usage: Readonly<Record<string, Case>> = {
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

/** Found when there is a log: on stdout. */
const refused: Readonly<Record<string, Case>> = {
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
    status: 255,
    says: ["Cannot ssh into remote host via", "127.0.0.1", "Fix ssh configuration first"],
  },
};

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
