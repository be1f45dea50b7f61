/**
 * The texts that scripts look for in the log (docs/spec/logging-progress.md §10 and §11), as the executable writes
 * them against simulated hosts.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Scene, scene } from "../support/output_scene.ts";

const executable = `'${import.meta.dirname}/../../dist/bzfs' bzfs`;

/** The log file of a run, found as scripts find it. */
function logOf(out: string): string {
  return Deno.readTextFileSync(/Log file was: (\S+)/.exec(out)![1]!);
}

/** Records of INFO and above, without their time; blanks of alignment, times and paths are made one. */
function infosIn(log: string): string[] {
  return log.replaceAll(/^.*\r/gm, "").split("\n").filter((line) => /^\S+ \S+ \[[IWE]\]/.test(line)).map((line) =>
    line.slice(20).replaceAll(/ {2,}/g, " ").replaceAll(/\b[\d.]+(?:ms|s|m)\b/g, "TIME").replaceAll(
      / \/\S+\//g,
      " PATH/",
    )
      .replaceAll(/zrun_\S+\.(log|cmp)/g, "RUN.$1").trimEnd()
  );
}

/** Lets the first command that has these words fail; somebody else makes every bookmark in the very moment. */
function failOnce({ beforeZfs, sims }: Scene, words: string): void {
  const rival = `if [ "$1" = bookmark ]; then '${sims.bin}/zfs' "$@"; fi`;
  beforeZfs(
    `${rival}; case " $* " in *"${words}"*) if mkdir "$D/failed" 2>/dev/null; then echo busy >&2; exit 1; fi ;; esac`,
  );
}

Deno.test("a run with all its parts logs the sequence of the specification", async () => {
  await using it = await scene(executable);
  const plan = "{'prod':{'onsite':{'daily':1}}}";
  const monitor = "{'prod':{'onsite':{'daily':{'latest':{'critical':'90 days'}}}}}";
  const run = await it.sh(
    `$BZFS -v -r --create-src-snapshots --create-src-snapshots-plan="${plan}" --delete-dst-datasets ` +
      `--delete-dst-snapshots --delete-empty-dst-datasets --compare-snapshot-lists --monitor-snapshots="${monitor}" ` +
      "-- tank/src/a back/x tank/src/b back/y",
  );
  assertEquals(run.status, 0, run.out + run.err);
  const task = "tank/src/a -r --> back/x ...";
  const infos = infosIn(logOf(run.out)).map((line) => line.replace(/prod_\S+_daily/, "NAME"));
  const end = infos.findIndex((line) => line.startsWith("[I] Starting task: tank/src/b"));
  assertMatch(infos[1]!, /^\[I\] CLI arguments: \S+ .* \[uid: \d+, euid: \d+\]$/);
  assertEquals([infos[0], ...infos.slice(2, end)], [
    "[I] Log file is: PATH/RUN.log",
    `[I] Starting task: ${task}`,
    "[I] --create-src-snapshots: tank/src/a -r ...",
    "[I] Next scheduled snapshot times ...",
    "[I] --create-src-snapshots: Creating 1 snapshots within 1 datasets ...",
    `[I] Starting replication task: ${task} [1 datasets]`,
    "[I] 1/1 Full send: tank/src/a@1 --> back/x (624B) ...",
    "[I] 1/1 Incremental send -I: tank/src/a@1 .. @NAME --> back/x (1.22KiB/0B/1.22KiB) (2/0/2 snapshots) ...",
    `[I] Replication done: ${task} [Replicated 3 out of 3 snapshots within 1 datasets; took TIME]`,
    `[I] Listing dst datasets: ${task}`,
    `[I] --delete-dst-datasets: ${task}`,
    `[I] --delete-dst-snapshots: ${task} [1 datasets]`,
    `[I] --delete-dst-snapshots: ${task} [Deleted 0 out of 3 snapshots within 1 datasets; took TIME]`,
    `[I] --delete-empty-dst-datasets: ${task}`,
    `[I] --compare-snapshot-lists: ${task}`,
    "[I] Comparing ~ of tank/src/a vs. back/x",
    "[I] Final TSV output file comparing tank/src/a vs. back/x is: PATH/tank~src~a%back~x.tsv",
    `[I] --monitor-snapshots: ${task}`,
    `[I] --monitor-snapshots done: ${task} [2 datasets; took TIME]`,
  ]);
  assertEquals(infos.slice(-2), ["[I] Log file was: PATH/RUN.log", "[I] Success. Goodbye!"]);
  assertMatch(
    infos.at(-3)!,
    /^\[I\] zfs sent 1 snapshots in TIME\. zfs sent [\d.]+ (?:B|KiB) \[[\d.]+ (?:B|KiB)\/s\]\.$/,
  );
  assertMatch(run.out, /\[D\] --monitor_snapshots: OK\. Latest snapshot for tank\/src\/a@prod_onsite_/);
  const tsv = /Final TSV output file comparing \S+ vs\. \S+ is: (\S+)/.exec(run.out)![1]!;
  assertEquals(tsv.replace(/\.cmp\/[^/]+\.tsv$/, ".log"), /Log file was: (\S+)/.exec(run.out)![1]);
  assert(Deno.statSync(tsv).isFile);
});

Deno.test("what is tried again is named", async () => {
  const cases: readonly (readonly [words: string, operands: string, says: string])[] = [
    [" create -p ", "tank/src back/x/y", "Retrying zfs create [1/1] in "],
    [" receive_resume_token ", "tank/src back/x", "Retrying zfs get receive_resume_token [1/1] in "],
    [" -t bookmark ", "--promote-bookmarks tank/src back/x", "Retrying zfs list -t bookmark [1/1] in "],
  ];
  await using it = await scene(executable);
  await it.sh("zfs create back/x");
  for (const [words, operands, says] of cases) {
    failOnce(it, words);
    const run = await it.sh(`$BZFS --force --retries=1 --retry-min-sleep-secs=0 ${operands}`);
    assertEquals(run.status, 0, run.out);
    assert(logOf(run.out).includes(says), run.out);
    await it.sh("rmdir $D/failed; zfs destroy -r back/x; zfs create back/x");
  }
});

Deno.test("the receive that was interrupted is told, and a dry run says that it cannot clear it", async () => {
  await using it = await scene(executable);
  await it.sh("zfs snapshot tank/src/b@1");
  const words = "--retries=0 tank/src/b back/b";
  it.beforeZfs(`if [ "$1" = receive ]; then head -c 20000 | '${it.sims.bin}/zfs' "$@"; exit; fi`);
  await it.sh(`$BZFS ${words}`);
  it.beforeZfs("");
  await it.sh("zfs destroy tank/src/b@1; zfs snapshot tank/src/b@2");
  const before = await it.sh("zfs get -H -o value receive_resume_token back/b");
  assert(before.out.length > 10, before.out + before.err);
  const dry = await it.sh(`$BZFS --dryrun=send ${words}`);
  const cleared = /^\S+ \S+ \[W\] (Dry )?Aborting an interrupted zfs receive -s, deleting partially received state: /gm;
  assertEquals([...logOf(dry.out).matchAll(cleared)].map(([, isDry]) => isDry), ["Dry "], dry.out);
  const real = await it.sh(`$BZFS ${words.replace("retries=0", "retries=1")}`);
  assertEquals([...logOf(real.out).matchAll(cleared)].map(([, isDry]) => isDry), [undefined], real.out);
  assertEquals(real.status, 0, real.out);
});

Deno.test("the pipeline that a run would execute stands in one line", async () => {
  await using it = await scene(executable);
  for (const [option, label, dry] of [["--dryrun=send", "Would execute: ", "Dry "], ["", "Executing: ", ""]] as const) {
    const run = await it.sh(`$BZFS -v ${option} tank/src back/dst`);
    const lines = logOf(run.out).split("\n").filter((line) => /zfs send .*zfs receive /.test(line));
    assertEquals(lines.map((line) => line.includes(`[D] ${label}`)), [true], run.out);
    assert(run.out.includes(`[I] ${dry}zfs sent 1 snapshots in `), run.out);
  }
});
