/**
 * Outputs in trouble: disks that are full, results that vanish, peers that talk nonsense or without end, processes that
 * are killed. No crash, no lost exit status, and what is told is true.
 */
import type { FleetEvent, Stamped } from "../../lib/report/events.ts";
import type { FleetResult } from "../../lib/report/fleet/result.ts";
import type { RunResult } from "../../lib/report/result.ts";
import { RESULT_SCHEMA } from "../../scripts/report_schemas.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { checked, FROM_SOURCE, lines, scene } from "../support/output_scene.ts";

/** For a shell: whoever it starts cannot write to any file, as on a full disk; `zfs` lifts that again for itself. */
const FULL_DISK = "trap '' XFSZ; ulimit -S -f 0;";
const LIFTED = "ulimit -S -f unlimited";

Deno.test("a full disk of the log ends no run, and nobody makes up what was sent", async () => {
  await using it = await scene();
  it.beforeZfs(LIFTED);
  for (const options of ["", "--pipeline=streams"]) {
    const copy = `back/dst${options.length}`;
    const run = await it.sh(`${FULL_DISK} $BZFS -v --event-log=- ${options} -r tank/src ${copy}`);
    assertEquals(run.status, 0, run.err);
    assertMatch(run.err, /^\S+ \S+ \[E\] ERROR: Cannot write the log file \S+\.log: /m);
    assertEquals(run.err.match(/Cannot write the log file/g)?.length, 1);
    const sent = (lines(run.out) as Stamped<FleetEvent>[]).filter(({ event }) => event === "sent");
    assertEquals(sent.map((event) => "bytes" in event), [false, false, false]);
    assertEquals((await it.sims.read("localhost")).poolOf("back")!.find(`${copy}/a`)!.snapshots.length, 2);
  }
});

Deno.test("with --quiet --monitor-snapshots the first line is the finding, also if the log cannot be written", async () => {
  await using it = await scene();
  it.beforeZfs(LIFTED);
  const run = await it.sh(`${FULL_DISK} $BZFS --quiet --skip-replication --monitor-snapshots={} tank/src back`);
  assertMatch(run.out, /^OK\b.*\n/, run.err);
});

Deno.test("a full disk of the log ends no run of the job runner", async () => {
  await using it = await scene();
  it.beforeZfs(LIFTED);
  const run = await it.sh(
    `${FULL_DISK} ` + "${BZFS% --log-dir*} jobrunner --log-dir=$D/bzfs-logs --job-id=j --localhost=here --recursive " +
      `--src-hosts="['here']" --dst-hosts="{'here': ['onsite']}" --retain-dst-targets="{'here': ['onsite']}" ` +
      `--dst-root-datasets="{'here': 'back'}" --src-snapshot-plan="{'p': {'onsite': {'daily': 1}}}" ` +
      "--create-src-snapshots --root-dataset-pairs tank/src dst",
  );
  assertEquals(run.status, 0, run.err);
  assertEquals(run.err.match(/\[bzfs_jobrunner\] Cannot write the log file \S+bzfs_jobrunner,\S+\.log: /g)?.length, 1);
  assertEquals((await it.sims.read("localhost")).poolOf("tank")!.find("tank/src")!.snapshots.length, 2);
});

Deno.test("a log folder that cannot be made ends a run with status 3 and one line", async () => {
  await using it = await scene();
  await Deno.writeTextFile(`${it.folder}/file`, "");
  const run = await it.sh("${BZFS% --log-dir*} --log-dir=$D/file/bzfs-logs -r tank/src back/dst");
  assertEquals([run.status, run.out], [3, ""]);
  assertMatch(run.err, /^\S+ \S+ \[E\] ERROR: \[bzfs\] Log init: Not a directory[^\n]*\n$/);
});

Deno.test("event log and result tell the status that the process ends with, whichever of them cannot be written", async () => {
  await using it = await scene();
  const words = "--skip-replication tank/src back";
  const first = await it.sh(`mkdir $D/gone; $BZFS --event-log=$D/events ${words}`);
  assertEquals(first.status, 0, first.out);
  const last = it.read("events").trimEnd().lastIndexOf("\n") + 1;
  it.beforeZfs("rm -rf $D/gone");
  const lost = await it.sh(
    "rm $D/events; $BZFS --event-log=$D/events --result-file=$D/gone/result -r tank/src back/dst",
  );
  assertEquals([lost.status, it.events().at(-1)], [3, { ...it.events().at(-1)!, event: "run-ended", exitStatus: 3 }]);
  assertMatch(lost.out, /\[E\] ERROR: Cannot write '\S+\/gone\/result': No such file or directory/);
  // All of the events fit on the disk but the last.
  const blocks = Math.ceil((last + 50) / 512) + 100;
  const filler = 512 * blocks - last - 50;
  await Deno.writeTextFile(`${it.folder}/events`, `${" ".repeat(filler - 1)}\n`, { mode: 0o600 });
  const full = await it.sh(
    `trap '' XFSZ; ulimit -S -f ${blocks}; $BZFS --event-log=$D/events --result-file=$D/result ${words}`,
  );
  assertEquals(full.status, 3, full.out);
  assertStringIncludes(it.read("events"), '"pair-ended"');
  assertEquals(it.result().exitStatus, 3);
});

Deno.test("result and event log are never the same file, whatever it is called", async () => {
  await using it = await scene();
  await Deno.symlink(it.folder, `${it.folder}/link`);
  for (const other of ["$D/./x", "$D/link/x", "$D/y/../x"]) {
    const run = await it.sh(`$BZFS --event-log=$D/x --result-file=${other} -r tank/src back/dst`);
    assertEquals(run.status, 3, other);
    assertStringIncludes(run.out, "--result-file and --event-log must not be the same");
  }
});

Deno.test("a peer whose stderr is binary, or has no end, is told and cut", async () => {
  await using it = await scene();
  it.beforeZfs(`if [ "$1" = receive ]; then head -c 9000000 /dev/urandom >&2; exit 1; fi`);
  const binary = await it.sh("$BZFS --retries=0 --result-file=$D/result tank/src back/dst");
  assertEquals([binary.status, it.result().exitStatus], [3, 3]);
  assert(binary.out.length < 500_000 && it.read("result").length < 20_000);
  it.beforeZfs(`if [ "$1" = receive ]; then exec cat /dev/zero >&2; fi`);
  const endless = await it.sh("$BZFS --retries=0 --timeout=3seconds --result-file=$D/result tank/src back/dst", {
    bzfs_max_listing_size: String(1e15),
  });
  assertEquals([endless.status, it.result().exitStatus, it.result().error?.type], [3, 3, "TimeoutError"]);
});

Deno.test("a subjob whose process is killed is told, and its events were known before", async () => {
  await using it = await scene();
  it.beforeZfs(`
    if grep -q '"event":"subjob-started"' "$D/events"; then
      for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        if grep -q '"event":"run-started"' "$D/events"; then touch "$D/seen"; break; fi
        sleep 0.5
      done
      kill -s KILL $PPID
      exit 1
    fi`);
  const run = await it.sh(
    "${BZFS% --log-dir*} jobrunner --log-dir=$D/bzfs-logs --spawn-process-per-job --workers=1 --recursive --job-id=j " +
      "--event-log=$D/events --result-file=$D/result --src-host=localhost --dst-host=localhost --localhost=localhost " +
      `--src-hosts="['localhost']" --dst-hosts="{'localhost': ['onsite']}" --src-snapshot-plan="{}" ` +
      `--dst-snapshot-plan="{'prod': {'onsite': {'daily': 1}}}" --retain-dst-targets="{'localhost': ['onsite']}" ` +
      `--dst-root-datasets="{'localhost': 'back'}" --replicate --root-dataset-pairs tank/src dst`,
    { D: it.folder },
  );
  assertEquals(run.status, 247, run.err);
  assertEquals(lines(it.read("events")).length > 3, true);
  const result = checked(JSON.parse(it.read("result")), RESULT_SCHEMA) as FleetResult;
  const [subjob] = result.subjobs;
  assertEquals([result.exitStatus, subjob?.outcome, subjob?.exitStatus, subjob?.run?.exitStatus], [
    247,
    "failed",
    -9,
    undefined,
  ]);
  assert((await Deno.stat(`${it.folder}/seen`)).isFile);
});

for (const defect of ["a promise that nobody awaits", "an error in a timer"]) {
  for (const program of ["bzfs", "job runner"]) {
    Deno.test(`${defect} ends a run of the ${program} in order: log, result, no children, status 3`, async () => {
      await using it = await scene(
        FROM_SOURCE.replace("/main.ts", "/tests/support/defect.ts"),
      );
      it.beforeZfs(
        `case "$*" in "list "*tank/src*) ${
          program === "bzfs" ? "" : 'trap "" TERM;'
        } echo $$ > $D/pid; exec sleep 1000;; esac`,
      );
      const words = program === "bzfs"
        ? `$BZFS -r tank/src back/dst`
        : `bzfs jobrunner --job-id=x --src-hosts="['here']" --dst-hosts="{'here': ['a']}" --localhost=here ` +
          `--retain-dst-targets="{'here': ['a']}" --dst-root-datasets="{'here': ''}" --replicate --log-dir=$D/bzfs-logs ` +
          `--dst-snapshot-plan="{'prod': {'a': {'hourly': 1}}}" --root-dataset-pairs tank/src back/dst`;
      const run = await it.sh(`${words} --retries=0 --result-file=$D/result`, {
        DEFECT: defect,
        DEFECT_WHEN: `${it.folder}/pid`,
      });
      const said = program === "bzfs" ? run.out : run.out + run.err;
      assertEquals(run.status, 3, run.out + run.err);
      assertMatch(said, /Exiting bzfs with status code 3\. Cause: Failed where nobody waits for it: a defect$/m);
      assertMatch(said, /UnawaitedFailure: TypeError: a defect\n *at .*defect\.ts/);
      const result = JSON.parse(it.read("result")) as RunResult | FleetResult;
      assertEquals([result.exitStatus, result.error?.message], [3, "Failed where nobody waits for it: a defect"]);
      const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", it.read("pid").trim()] }).output();
      assertMatch(new TextDecoder().decode(stdout), /^(?:Z.*)?\s*$/);
    });
  }
}
