/**
 * Everything that a process tells: log, terminal, syslog, events and results, against simulated hosts and with outputs
 * that cannot take it.
 */
import { foldFleet, foldRun } from "../support/fold.ts";
import type { FleetResult } from "../../lib/report/fleet/result.ts";
import type { FleetEvent, RunEvent, Stamped } from "../../lib/report/events.ts";
import { type RunResult } from "../../lib/report/result.ts";
import { RESULT_SCHEMA } from "../../scripts/report_schemas.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { checked, lines, type Run, scene } from "../support/output_scene.ts";

/** The log with what differs from run to run taken out, and blanks of padding. */
function plain(log: string): string[] {
  return log.trimEnd().replaceAll(/^.*\r/gm, "").split("\n").map((line) =>
    line.trimEnd().replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, "").replaceAll(/\b[\d.]+(?:ms|s|m)\b/g, "TIME")
      .replace(/\/\S+\/bzfs-logs\/[-\d]+\/zrun_\S+\.log/, "LOG")
  );
}

Deno.test("log, events, result and zfs tell the same about a replication", async () => {
  await using it = await scene();
  const run = await it.sh("$BZFS --result-file=$D/result --event-log=$D/events -r tank/src back/dst");
  assertEquals([run.status, run.err], [0, ""]);
  assertEquals(it.result(), JSON.parse(JSON.stringify(foldRun(it.events()))));
  const result = it.result();
  const back = (await it.sims.read("localhost")).poolOf("back")!;
  for (const dataset of result.pairs[0]!.datasets.filter(({ side }) => side === "src")) {
    const copy = dataset.destination === undefined ? undefined : back.find(dataset.destination);
    assertEquals(dataset.sent?.map(({ guid }) => guid), copy?.snapshots.map(({ guid }) => guid));
  }
  const { snapshotsSent, streams } = result.totals;
  assertStringIncludes(run.out, `Replicated ${snapshotsSent} out of 3 snapshots`);
  assertStringIncludes(run.out, `zfs sent ${snapshotsSent} snapshots in`);
  assertEquals(run.out.match(/ send(?: -i)?: /g)?.length, streams);
  assertEquals(Deno.readTextFileSync(result.log).trimEnd().split("\n").length, run.out.trimEnd().split("\n").length);
  const [at, seconds] = [Date.parse(result.endedAt!) - Date.parse(result.startedAt), result.seconds!];
  assert(Math.abs(at / 1000 - seconds) < 0.1);
});

Deno.test("the log of a run is the sequence of the specification; files hold neither padding nor colours", async () => {
  await using it = await scene();
  const first = await it.sh("$BZFS -r --threads=1 tank/src back/dst", {
    bzfs_isatty: "true",
    bzfs_terminal_columns: "20",
  });
  const second = await it.sh("$BZFS -r -v -v tank/src back/dst nowhere/x back/x", {
    FORCE_COLOR: "1",
    CLICOLOR_FORCE: "1",
  });
  assertEquals(
    plain(first.out).filter((line) => line !== "").map((line) =>
      line.replace(/zfs sent [\d.]+ K?i?B .*/, "zfs sent BYTES")
    ),
    [
      "[I] Log file is: LOG",
      `[I] CLI arguments:                bzfs --log-dir=${it.folder}/bzfs-logs -r --threads=1 tank/src back/dst [uid: ${Deno.uid()}, euid: ${Deno.uid()}]`,
      "[I] Starting replication task:    tank/src -r --> back/dst ... [3 datasets]",
      "[I] 1/3 Full send:                tank/src@1 --> back/dst (624B) ...",
      "[I] 2/3 Full send:                tank/src/a@1 --> back/dst/a (624B) ...",
      "[I] 2/3 Incremental send -i:      tank/src/a@1 .. @2 --> back/dst/a (624B/0B/624B) (1/0/1 snapshots) ...",
      "[W] Skipping source dataset because it includes no snapshot: tank/src/b",
      "[W] Also skipping descendant datasets as dst dataset does not exist for tank/src/b",
      "[I] Replication done:             tank/src -r --> back/dst ... [Replicated 3 out of 3 snapshots within 3 datasets; took TIME]",
      "[I] zfs sent 3 snapshots in TIME. zfs sent BYTES",
      "[I] Log file was: LOG",
      "[I] Success. Goodbye!",
    ],
  );
  const infos = plain(second.out).filter((line) => /^\[[IWE]\]/.test(line)).map((line) => line.replace(/ {2,}/, " "));
  assertEquals(infos.slice(2, 8), [
    "[I] Starting task: tank/src -r --> back/dst ...",
    "[I] Starting replication task: tank/src -r --> back/dst ... [3 datasets]",
    "[I] 1/3 Already up-to-date: back/dst",
    "[I] 2/3 Already up-to-date: back/dst/a",
    "[W] Skipping source dataset because it includes no snapshot: tank/src/b",
    "[W] Also skipping descendant datasets as dst dataset does not exist for tank/src/b",
  ]);
  assertEquals(
    infos.slice(-5).map((line) => line.replace(/ in TIME.*/, "")),
    [
      "[E] ERROR: #1: Done with task: nowhere/x -r --> back/x",
      "[I] Tolerated 1 error. Error Summary:",
      "[I] zfs sent 0 snapshots",
      "[E] ERROR: Exiting bzfs with status code 3. Cause: Pool nowhere is not imported on localhost (zpool import), or " +
      "does not exist; it is that of the src dataset: nowhere/x",
      "[I] Log file was: LOG",
    ].slice(-5),
  );
  assertMatch(second.out, /^\S+ \S+ \[D\] Executing: +\S*zfs /m);
  assertMatch(second.out, /^\S+ \S+ \[T\] Executed \[success\] \[\d+ms\]: +zfs /m);
  assertMatch(second.out, /Tolerated 1 error\. Error Summary: \n {4}1\/1: Pool nowhere is not imported/);
  for (const run of [first, second]) {
    const file = Deno.readTextFileSync(/Log file is: (\S+)/.exec(run.out)![1]!);
    assert(!/[\x1b\r]| {2,}$/m.test(file.replaceAll(/^.*\r/gm, "")), file);
    assert(!run.out.includes("\x1b"));
  }
});

Deno.test("a failure is told once with --quiet", async () => {
  await using it = await scene();
  const { out } = await it.sh("$BZFS -r --quiet tank/src back/dst nowhere/x back/x");
  assertEquals(out.match(/Pool nowhere is not imported/g)?.length, 1, out);
});

Deno.test("log and result tell the status that the process ends with", async () => {
  await using it = await scene();
  const ends = ["exit 1", "exit 2", "exit 4", "exit 5", "exit 141", "exit 255", "kill -TERM $$", "kill -PIPE $$"];
  const cases = [...ends.map((end) => ["list", end]), ["send", "exit 1"], ["send", "exit 141"]];
  for (const [verb, end] of cases) {
    it.beforeZfs(`case "zfs $*" in "zfs ${verb} "*) ${end};; esac`);
    const run = await it.sh("$BZFS --retries=0 --result-file=$D/result -r tank/src back/dst");
    const told = /Exiting bzfs with status code (-?\d+)\. /.exec(run.out)?.[1];
    assertEquals([verb, end, told, it.result().exitStatus], [verb, end, `${run.status}`, run.status]);
  }
});

Deno.test("a host that cannot be reached is status 3, and UNKNOWN for monitoring systems", async () => {
  await using it = await scene();
  for (const reuse of ["true", "false"]) {
    // A port on which nobody listens, and a host that has no address.
    for (const to of ["--ssh-dst-port=1 tank/src root@127.0.0.1:back/dst", "root@bzfs.invalid:tank/src back/dst"]) {
      const plan = "{'a': {'b': {'hourly': {'latest': {'warning': '1 hours'}}}}}";
      const words = `--retries=0 --ssh-src-config-file=none --ssh-dst-config-file=none`;
      const env = { bzfs_reuse_ssh_connection: reuse, HOME: it.folder };
      const run = await it.sh(`$BZFS ${words} -r ${to}`, env);
      assertEquals([run.status, /with status code (\d+)/.exec(run.out)?.[1]], [3, "3"]);
      if (reuse === "true") assertMatch(run.out, / via 'ssh .* -a .*-oRemoteCommand=none .*-F none /);
      const monitored = await it.sh(
        `$BZFS ${words} -r --quiet --skip-replication --monitor-snapshots="${plan}" ${to}`,
        env,
      );
      assertEquals(monitored.status, 3);
      assertMatch(monitored.out, /^UNKNOWN - /);
    }
  }
});

Deno.test("with - the document or the events have standard output for themselves, and the log goes to stderr", async () => {
  await using it = await scene();
  const document = await it.sh("$BZFS --result-file=- -r tank/src back/dst");
  assertEquals((checked(JSON.parse(document.out), RESULT_SCHEMA) as RunResult).totals.streams, 3);
  assertMatch(document.err, /\[I\] Log file is: [^]*\[I\] Success\. Goodbye!\s*$/);
  const events = await it.sh("$BZFS --event-log - --quiet -r tank/src back/dst");
  assertEquals((lines(events.out) as Stamped<RunEvent>[]).filter(({ event }) => event === "up-to-date").length, 2);
  assertEquals(events.err, "");
});

Deno.test("outputs that cannot be written end a run before it looks at any pool", async () => {
  await using it = await scene();
  const cases: Readonly<Record<string, RegExp>> = {
    "--result-file=/dev/stdout":
      /--result-file: Cannot write '\/dev\/stdout': it is a device \(Use - for standard output/,
    "--event-log=/dev/fd/1": /--event-log: Cannot write '\/dev\/fd\/1': it is a device \(Use - for standard output/,
    "--result-file=$D/no/such": /Cannot write '\S+\/no\/such': No such file or directory/,
    "--event-log=$D": /Cannot write '\S+': it is a folder/,
    "--result-file=- --event-log=-": /--result-file and --event-log must not be the same/,
  };
  for (const [words, says] of Object.entries(cases)) {
    const run = await it.sh(`$BZFS -v -v ${words} -r tank/src back/dst`);
    assertEquals(run.status, 3, words);
    assertMatch(run.out + run.err, says);
    assert(!/Execut(?:ed|ing)/.test(run.out + run.err), run.out);
  }
  assertEquals((await it.sims.read("localhost")).poolOf("back")!.datasets.length, 1);
});

Deno.test("a disk that fills up loses neither the run nor its exit status", async () => {
  await using it = await scene();
  const size = 4 << 20;
  await Deno.writeTextFile(`${it.folder}/events`, `${" ".repeat(size - 1)}\n`, { mode: 0o600 });
  const limited = `trap '' XFSZ; ulimit -f ${size / 512};`;
  const run = await it.sh(`${limited} $BZFS --event-log=$D/events --result-file=$D/result -r tank/src back/dst`);
  assertEquals(run.status, 3, run.out);
  assertEquals(run.out.match(/ERROR: Cannot write '\S+\/events': /g)?.length, 1);
  assertEquals([it.result().exitStatus, it.result().totals.streams], [3, 3]);
  const worse = await it.sh(`${limited} $BZFS --event-log=$D/events -r nowhere/x back/dst --monitor-snapshots={}`);
  assertEquals(worse.status, 3);
});

Deno.test("a reader that goes away does not end a run", async () => {
  await using it = await scene();
  const run = await it.sh("{ $BZFS -v -v --event-log=- -r tank/src back/dst 2>$D/err; echo $? >$D/status; } | true");
  assertEquals([run.status, it.read("status")], [0, "0\n"]);
  const log = /Log file is: (\S+)/.exec(it.read("err"))![1]!;
  assertMatch(Deno.readTextFileSync(log), /Success\. Goodbye!\n$/);
  await it.sh("{ $BZFS -v -v -r tank/src back/dst 2>&1; echo $? >$D/status; } | true");
  assertEquals(it.read("status"), "0\n");
});

Deno.test("a small pipe that somebody made non-blocking gets every line once, however late it is read", async () => {
  await using it = await scene();
  // F_SETPIPE_SZ = 1031; a shell's own programs may share their standard output with others who do the same.
  await Deno.writeTextFile(
    `${it.folder}/unblocked`,
    `use Fcntl; fcntl(STDOUT, 1031, 4096) or die; fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK) or die;
     exec { $ARGV[0] } @ARGV;`,
  );
  const late = async (words: string): Promise<Run> => {
    const run = "{ perl $D/unblocked $BZFS " + words + "; echo $? > $D/status; }";
    return await it.sh(`${run} | { sleep 2; cat; }; exit $(cat $D/status)`);
  };
  await it.sh("for i in $(seq 12); do zfs create tank/src/child-$i; zfs snapshot tank/src/child-$i@1; done");
  const logged = await late("-v -v -v -r --threads=1 tank/src back/dst");
  assertEquals(logged.status, 0, logged.err);
  const file = Deno.readTextFileSync(/Log file is: (\S+)/.exec(logged.out)![1]!).replaceAll(/^.*\r/gm, "");
  assert(file.length > 20_000);
  assertEquals(logged.out.split("\n").map((line) => line.trimEnd()), file.split("\n").map((line) => line.trimEnd()));
  await it.sh("for i in $(seq 12); do zfs snapshot tank/src/child-$i@2; done");
  const events = await late("--quiet --event-log=- --result-file=$D/result -r tank/src back/dst");
  const told = lines(events.out) as Stamped<RunEvent>[];
  assertEquals([events.status, JSON.parse(JSON.stringify(foldRun(told)))], [0, it.result()]);
  await it.sh("for i in $(seq 12); do zfs snapshot tank/src/child-$i@3; done");
  const document = await late("--quiet --result-file=- -r tank/src back/dst");
  assert(document.out.length > 4096);
  assertEquals((checked(JSON.parse(document.out), RESULT_SCHEMA) as RunResult).totals.streams, 12);
});

Deno.test("events and result tell every finding of a monitoring run, those that are well too", async () => {
  await using it = await scene();
  const plan = `"{'z': {'': {'daily': {'latest': {'warning': '9000 days', 'critical': '10000 days'}}}}}"`;
  await it.sh("zfs snapshot tank/src@z_2024-01-01_00:00:00_daily; zfs snapshot tank/src/a@z_2024-01-01_00:00:00_daily");
  const run = await it.sh(
    `$BZFS --result-file=$D/result --event-log=$D/events --skip-replication --monitor-snapshots=${plan} ` +
      "tank/src back",
  );
  assertEquals(run.status, 2, run.out); // the destination has no such snapshot
  assertEquals(it.result(), JSON.parse(JSON.stringify(foldRun(it.events()))));
  const findings = it.result().pairs[0]!.datasets.map(({ side, dataset, monitored }) =>
    [side, dataset, ...monitored!.map(({ severity, kind, message }) => `${severity} ${kind} ${message}`)].join(" ")
  );
  assertMatch(
    findings.sort().join("\n"), // both sides are monitored at once
    /^dst back critical latest No snapshot exists for back@z_<timestamp>_daily\nsrc tank\/src ok latest OK\. Latest snapshot for tank\/src@z_<timestamp>_daily is \S+ old: @z_2024-01-01_00:00:00_daily$/,
  );
});

Deno.test("what is secret or hostile is hidden in results, or stays text", async () => {
  await using it = await scene();
  await it.sh(`zfs set 'org.x:key=hush "<script>"' tank/src/a`);
  const words = [
    "--zfs-recv-program-opts='-u -o org.x:other=hush2'",
    "--zfs-recv-o-include-regex='.*'",
    "--zfs-recv-o-sources=local",
  ];
  const run = await it.sh(
    `$BZFS -v ${words.join(" ")} --result-file=$D/result --event-log=$D/events -r tank/src back/dst`,
  );
  assertEquals(run.status, 0, run.out);
  assertStringIncludes(run.out, "hush");
  assert(!/hush/.test(it.read("result") + it.read("events")));
  assert(it.result().arguments.includes("--zfs-recv-program-opts=-u -o org.x:other=<redacted>"));
  const hostile = `tank/<script>"'`;
  const refused = await it.sh(`$BZFS --result-file=$D/result "$H" back/dst`, { H: `${hostile}\n` });
  assertEquals(refused.status, 3);
  assertEquals([it.result().pairs[0]!.source, it.result().exitStatus], [`${hostile}\n`, 3]);
});

Deno.test("a run that is interrupted tells how far it came", async () => {
  await using it = await scene();
  it.beforeZfs("exec sleep 60");
  const run = await it.sh("$BZFS --result-file=$D/result tank/src back/dst & sleep 4; kill -TERM $!; wait $!");
  assertEquals(run.status, 241, run.out);
  const { exitStatus, error } = it.result();
  assertEquals([exitStatus, error?.type], [241, "Cancelled"]);
});

Deno.test("records reach syslog by their level, and a level that cannot be had is told", async () => {
  await using it = await scene();
  const server = Deno.listenDatagram({ transport: "unixpacket", path: `${it.folder}/syslog` });
  const received: string[] = [];
  const reading = (async (): Promise<void> => {
    for await (const [bytes] of server) received.push(new TextDecoder().decode(bytes));
  })();
  const run = await it.sh(
    "$BZFS --log-syslog-address=$D/syslog --log-syslog-level=DEBUG --log-syslog-prefix=' %me ' nowhere/x back/dst",
  );
  server.close();
  await reading.catch(() => {});
  assertEquals(run.status, 3, run.err);
  assertStringIncludes(
    run.out,
    "[W] No messages with priority lower than INFO will be sent to syslog because syslog log level DEBUG is lower than " +
      "overall log level INFO.",
  );
  assertMatch(received[0]!, /^<12>me \[W\] No messages with priority/);
  assert(received.some((text) => /^<14>me \[I\] CLI arguments: /.test(text)));
  assert(received.some((text) => /^<11>me \[E\] ERROR: Exiting bzfs with status code 3\. /.test(text)));
  assertEquals(received.join("\n").split("\n").length, run.out.trimEnd().split("\n").length);
  const long = `${it.folder}/${"x".repeat(100)}-bzfs-logs`;
  const refused = await it.sh(`$BZFS --log-dir=${long} --log-syslog-address=$D/syslog tank/src back/dst`);
  assertEquals(refused.status, 3);
  assertMatch(refused.err, /ERROR: \[bzfs\] Log init: Path is too long for a socket/);
});

Deno.test("the journal of systemd gets the severity of each line, and nothing else does", async () => {
  await using it = await scene();
  const stream = "JOURNAL_STREAM=$(stat -c %d:%i $D/journal)";
  const runner = "jobrunner --src-hosts=[] --dst-hosts={} --dst-root-datasets={} --retain-dst-targets={} --job-id=j " +
    "--src-snapshot-plan={} --src-bookmark-plan={} --dst-snapshot-plan={} --monitor-snapshot-plan={} " +
    "--log-dir=$D/bzfs-logs --root-dataset-pairs a a";
  await it.sh(
    `touch $D/journal; ${stream} $BZFS nowhere/x back/dst >> $D/journal 2> $D/err
    ${stream} $BZFS nowhere/x back/dst > $D/file
    ${stream} bzfs ${runner} 2>> $D/journal`,
  );
  const lines = it.read("journal").trimEnd().split("\n");
  assert(lines.some((line) => /^<6>\S+ \S+ \[I\] CLI arguments: /.test(line)));
  assert(lines.some((line) => /^<3>\S+ \S+ \[E\] ERROR: Exiting bzfs with status code 3\. /.test(line)));
  assert(lines.some((line) => /^<6>\S+ \S+ \[I\] \[bzfs_jobrunner\] CLI arguments/.test(line)));
  assertEquals(lines.filter((line) => !/^<[2-7]>/.test(line)), []);
  assertEquals(it.read("file").split("\n").filter((line) => line.startsWith("<")), []);
});

Deno.test("the log file tells what was done, also with --quiet; nothing of it is shown", async () => {
  await using it = await scene();
  const { out } = await it.sh("$BZFS --quiet -r tank/src back/dst; cat $D/bzfs-logs/*/*.log > $D/log");
  assertEquals(out, "");
  for (const text of ["[I] CLI arguments: ", "[I] Log file was: "]) assertStringIncludes(it.read("log"), text);
  assert(!it.read("log").includes("[D]"));
});

for (const mode of ["in this process", "in processes of their own"]) {
  Deno.test(`the job runner writes one document with an entry for each subjob, run ${mode}`, async () => {
    await using it = await scene();
    const policy = [
      "--src-host=localhost --dst-host=localhost --localhost=localhost --job-id=j --src-hosts=\"['localhost']\"",
      `--dst-hosts="{'localhost': ['onsite']}" --retain-dst-targets="{'localhost': ['onsite']}"`,
      `--dst-root-datasets="{'localhost': 'back'}" --src-snapshot-plan="{'prod': {'onsite': {'daily': 1}}}"`,
      `--dst-snapshot-plan="{'prod': {'onsite': {'daily': 1}}}" --workers=1 --recursive --retries=0`,
      mode === "in this process" ? "" : "--spawn-process-per-job",
      "--create-src-snapshots --replicate --root-dataset-pairs tank/src dst",
    ];
    const runner = "${BZFS% --log-dir*} jobrunner --log-dir=$D/bzfs-logs --event-log=$D/events";
    const good = await it.sh(`${runner} --result-file=- ${policy.join(" ")}`);
    const result = checked(JSON.parse(good.out), RESULT_SCHEMA) as FleetResult;
    assertEquals([good.status, result.exitStatus], [0, 0], good.err);
    assertMatch(good.err, /^\S+ \S+ \[I\] Log file is: /m);
    const events = lines(it.read("events")) as Stamped<FleetEvent>[];
    assertEquals(result, JSON.parse(JSON.stringify(foldFleet(events))));
    assertEquals(new Set(events.map(({ run }) => run)).size, 1);
    assertEquals(result.subjobs.map(({ outcome, run }) => [outcome, run?.totals.created, run?.totals.streams]), [
      ["succeeded", 3, 0],
      ["succeeded", 3, 3],
    ]);
    const limits = "{'daily': {'warning': '1 days', 'critical': '2 days'}}";
    const monitor = `--monitor-src-snapshots --monitor-snapshot-plan="{'prod': {'onsite': ${limits}}}"`;
    const words = policy.join(" ").replace("--create-src-snapshots --replicate", monitor);
    await it.sh(`${runner} --result-file=$D/monitored ${words}`);
    const monitored = checked(JSON.parse(it.read("monitored")), RESULT_SCHEMA) as FleetResult;
    assertEquals(
      monitored.subjobs.flatMap(({ run }) =>
        run?.pairs[0]?.datasets.map((one) => [one.dataset, one.monitored?.length])
      ),
      [["tank/src", 2], ["tank/src/a", 2], ["tank/src/b", 2]],
    );
    const bad = await it.sh(`${runner} --result-file=$D/result ${policy.join(" ")} gone/x gone`);
    const { exitStatus, subjobs } = checked(JSON.parse(it.read("result")), RESULT_SCHEMA) as FleetResult;
    assertEquals(
      [bad.status, exitStatus, subjobs.map(({ outcome }) => outcome)],
      [3, 3, ["failed", "skipped"]],
      bad.err,
    );
    assertEquals(subjobs[0]!.run!.pairs[1]!.error!.type, "RefusedError");
    if (mode === "in this process") return;
    const without = await it.sh(`TMPDIR=$D/none ${runner} --result-file=$D/result ${policy.join(" ")}`);
    const failed = checked(JSON.parse(it.read("result")), RESULT_SCHEMA) as FleetResult;
    assertEquals(
      [without.status, failed.exitStatus, failed.subjobs.map(({ outcome }) => outcome)],
      [3, 3, ["failed", "skipped"]],
      without.err,
    );
    assertMatch(without.err, /ERROR: .*Cannot make a temporary folder: .*\(Set TMPDIR/);
  });
}
