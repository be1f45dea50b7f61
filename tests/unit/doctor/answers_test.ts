/** How answers of hosts are read: whole, cut, forged, with noise. */
import { systemCommand } from "../../../lib/zfs/doctor/questions.ts";
import {
  faultOf,
  readDataset,
  readGrants,
  readMissing,
  readPartials,
  readPool,
  readSystem,
  readVersions,
} from "../../../lib/zfs/doctor/answers.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const NOW = { sentMs: 1_000_000, receivedMs: 1_000_200 };

Deno.test("a real shell answers the script in full, whatever its start-up files print in front", async () => {
  const argv = systemCommand(["sh", "no-such-program"], "no-such-sudo");
  const { stdout, code } = await new Deno.Command(argv[0]!, { args: argv.slice(1) }).output();
  assertEquals(code, 0);
  const text = `Welcome to\n*** nas ***\n${new TextDecoder().decode(stdout)}`;
  const now = Date.now();
  const { noise, system } = readSystem(text, { sentMs: now, receivedMs: now });
  assertEquals(noise, "Welcome to\n*** nas ***");
  assertEquals([system?.programs.has("sh"), system?.programs.has("no-such-program")], [true, false]);
  assertEquals([system?.uid, system?.mayElevate], [Deno.uid() ?? -1, false]);
  assert(Math.abs(system!.clock!.aheadMs) < 60_000);
  assert(system!.os !== "" && system!.user !== "" && system!.path !== "");
});

Deno.test("an answer that is cut tells nothing", () => {
  for (const text of ["", "bzfs-doctor:uid 0\n", "Welcome!\n"]) assertEquals(readSystem(text, NOW).system, undefined);
  assertEquals(readSystem("Welcome!\n", NOW).noise, "Welcome!");
});

Deno.test("names that would become words of a command are plain, or unknown", () => {
  const { system } = readSystem(
    ["user x;reboot", "os $(id)", "has zfs /x`id`", "elsewhere /tmp/zfs", "time soon", "uid -", "end "]
      .map((line) => `bzfs-doctor:${line}\n`).join(""),
    NOW,
  );
  assertEquals([system?.user, system?.os, system?.programs.get("zfs")], ["", "", "zfs"]);
  assertEquals([system?.zfsElsewhere, system?.clock, system?.uid], [undefined, undefined, -1]);
});

Deno.test("the clock is compared with the middle of question and answer", () => {
  const { system } = readSystem("bzfs-doctor:time 1000\nbzfs-doctor:end \n", NOW);
  assertEquals(system?.clock, { aheadMs: 400, uncertaintyMs: 600 });
});

Deno.test("versions of program and module", () => {
  assertEquals(readVersions("zfs-2.3.2-2\nzfs-kmod-2.3.1-1\n"), { zfsVersion: "2.3.2-2", moduleVersion: "2.3.1-1" });
  assertEquals(readVersions("zfs-2.1.11-1\nzfs-kmod-v2.1.9-FreeBSD_gx\n").moduleVersion, "2.1.9-FreeBSD_gx");
  assertEquals(readVersions("what?"), { zfsVersion: "", moduleVersion: "" });
});

Deno.test("scrubs and errors of zpool status", () => {
  const read = (stdout: string): unknown => {
    const properties = { status: 0, stdout: "guid\t1\n", stderr: "" };
    const { scrubbed, errors } = readPool(properties, { status: 0, stdout, stderr: "" });
    return [scrubbed, errors];
  };
  const done = "scan: scrub repaired 0B in 00:01:02 with 0 errors on Sun Nov  8 00:24:05 2026";
  assertEquals(read(`  ${done}\nerrors: No known data errors\n`), [Date.UTC(2026, 10, 8, 0, 24, 5), undefined]);
  assertEquals(read("  scan: none requested\nerrors: 2 data errors\n"), ["never", "2 data errors"]);
  assertEquals(read("errors: No known data errors\n"), ["never", undefined]);
  assertEquals(read("  scan: scrub in progress since Sun Nov  8 00:24:05 2026\n"), ["running", undefined]);
  assertEquals(read("  scan: resilvered 1K in 00:00:01 with 0 errors on Sun Nov  8 00:24:05 2026\n"), [
    undefined,
    undefined,
  ]);
  assertEquals(read("  scan: scrub canceled some day\n"), [undefined, undefined]);
  assertEquals(read(""), [undefined, undefined]);
});

Deno.test("a row of a dataset, a mountpoint with tabs, and rows that are none", () => {
  const row = "p/d\t100\t5\t4\t3\t0\t7\ton\tyes\ton\t-\t-\t1-abc\t/a\tb";
  const facts = readDataset(row)!;
  assertEquals([facts.mountpoint, facts.isPartial, facts.ownBytes, facts.refquota], ["/a\tb", true, 7n, 7n]);
  assertEquals([readDataset("p/d\t1"), readDataset("Welcome!")], [undefined, undefined]);
  assertEquals(readDataset(row.replace("100", "lots"))!.available, -1n);
});

Deno.test("what a listing says is not there, and why it failed", () => {
  const gone = { status: 1, stdout: "", stderr: "cannot open 'p/a': dataset does not exist\n" };
  assertEquals([...readMissing(["p/a", "p/b"], gone) ?? []], ["p/a" as never]);
  assertEquals(readMissing(["p/a"], { ...gone, stderr: "cannot open 'p/a': I/O error\n" }), undefined);
  assertEquals(
    readMissing(["p"], { status: 0, stdout: "", stderr: "cannot iterate filesystems: I/O error\n" }),
    undefined,
  );
  assertEquals(faultOf(["zfs", "list"], { status: 9, stdout: "", stderr: "" }), "zfs list: status 9");
  assertEquals(faultOf(["zfs", "list"], { status: 0, stdout: "", stderr: "a banner\n" }), undefined);
});

Deno.test("a partial receive is as old as its hidden clone", () => {
  assertEquals([...readPartials("p/a\t5\np/a/%recv\t9\np/b\t7\nnoise\n")], [["p/a", 9], ["p/b", 7]] as never);
  assertEquals([...readPartials("p/a/%recv\t9\np/a\t5\n")], [["p/a", 9]] as never);
});

Deno.test("zfs allow: what counts for a user at a dataset, by sets, groups and places", () => {
  const text = `---- Permissions on p/a ---------------------------------------------
Permission sets:
\t@all create,mount
Create time permissions:
\tdestroy
Local permissions:
\tuser u rollback
Local+Descendent permissions:
\tuser u send,@all
\tuser v hold
\tgroup g receive
\teveryone snapshot
---- Permissions on p -----------------------------------------------
Local permissions:
\tuser u rename
Descendent permissions:
\tuser u promote
`;
  const words = (dataset: string): string[] =>
    [...readGrants(text, dataset, { user: "u", groups: ["g"] })].filter((word) => !word.startsWith("@")).toSorted();
  assertEquals(words("p/a"), ["create", "mount", "promote", "receive", "rollback", "send", "snapshot"]);
  assertEquals(words("p/a/new"), ["create", "mount", "promote", "receive", "send", "snapshot"]);
});

for (const line of ["case $- in *i*) ;; *) return ;; esac", "PATH=$PATH:/usr/sbin"]) {
  Deno.test(`the remedy for .bashrc works in bash: ${line}`, async () => {
    const home = await Deno.makeTempDir({ prefix: "bzfs-home-" });
    try {
      await Deno.writeTextFile(`${home}/.bashrc`, "echo Welcome!\n");
      const run = async (script: string): Promise<string> => {
        const { stdout } = await new Deno.Command("bash", {
          args: ["-c", script],
          cwd: home,
          env: { PATH: "/usr/bin:/bin" },
        }).output();
        return new TextDecoder().decode(stdout);
      };
      assertEquals(await run(". ./.bashrc; echo $PATH"), "Welcome!\n/usr/bin:/bin\n");
      await run(`sed -i '1i ${line}' .bashrc`);
      const expected = line.startsWith("PATH") ? "Welcome!\n/usr/bin:/bin:/usr/sbin\n" : "/usr/bin:/bin\n";
      assertEquals(await run(". ./.bashrc; echo $PATH"), expected);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}
