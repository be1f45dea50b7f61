/**
 * What hangs is ended, and nothing hangs in silence: runs of the program with a `zfs` that never answers, leaves its
 * output open or stops in the middle of a stream, and runs that find an earlier one at work.
 */
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { scene } from "../support/output_scene.ts";

/** Quick retries of a run that gives up soon. */
const WORDS = "--retries=1 --retry-max-sleep-secs=0 -r tank/src back/dst";

Deno.test("a query that never answers is ended, named and tried again", async () => {
  await using it = await scene();
  // The first listing of datasets hangs, and says nothing; the next one answers.
  it.beforeZfs('case "$*" in "list -t filesystem,volume"*) mkdir $D/hung 2>/dev/null && exec sleep 60 ;; esac');
  const run = await it.sh(`$BZFS --query-timeout=5seconds ${WORDS}`);
  assertEquals(run.status, 0, run.out);
  assertMatch(run.out, /\[I\] Retrying \[1\/1\] in 0ns/);
  // One that hangs for ever fails the run.
  it.beforeZfs('case "$*" in "list -t filesystem,volume"*) exec sleep 60 ;; esac');
  const failed = await it.sh(`$BZFS --query-timeout=5seconds --retries=0 -r tank/src back/dst`);
  assertEquals(failed.status, 3);
  assertMatch(
    failed.out,
    /Cause: Command 'zfs list -t filesystem,volume \S.*' on localhost has printed nothing for 5 s, so it was ended$/m,
  );
});

Deno.test("a query whose output is held open is no answer, a change is done", async () => {
  await using it = await scene();
  const daemon = (words: string): string => `case "$*" in "${words}"*) sleep 60 2>/dev/null & ;; esac`;
  it.beforeZfs(daemon("list -t filesystem,volume"));
  const startedAt = performance.now();
  const run = await it.sh(`$BZFS --retries=0 -r tank/src back/dst`);
  assertEquals(run.status, 3);
  assertMatch(
    run.out,
    /Cause: Command 'zfs list .*' on localhost has ended, but another process holds its output open/,
  );
  assert(performance.now() - startedAt < 15_000);
  it.beforeZfs(daemon("create "));
  assertEquals((await it.sh(`$BZFS ${WORDS.replace("dst", "a/b")}`)).status, 0);
});

Deno.test("a stream that stands still is ended and sent again", async () => {
  await using it = await scene();
  const halt = "head -c 100 /dev/zero; exec sleep 60";
  it.beforeZfs(
    `if [ "$1" = send ]; then case "$*" in *-n*) ;; *) mkdir "$D/stood$RUN" 2>/dev/null && { ${halt}; } ;; esac; fi`,
  );
  await Promise.all(["", "--pipeline=streams", "--pv-program=-"].map(async (meter, index) => {
    const words = `--stall-timeout=5seconds ${meter} ${WORDS.replace("src back/dst", `src/a back/dst${index}`)}`;
    const run = await it.sh(`$BZFS ${words}`, { RUN: `${index}` });
    assertEquals(run.status, 0, run.out);
    assertMatch(run.out, /\[I\] Retrying zfs send\/receive \[1\/1\] in 0ns/);
    assertEquals((await it.sims.read("localhost")).poolOf("back")!.find(`back/dst${index}`)!.snapshots.length, 2);
  }));
  const failed = await it.sh(`$BZFS --stall-timeout=2seconds --retries=0 tank/src back/x`, { RUN: "x" });
  assertEquals(failed.status, 3);
  assertMatch(
    failed.out,
    /Cause: The stream from 'zfs send .*' on localhost to 'zfs receive .*' on localhost stood still for 2 s, so it was ended$/m,
  );
});

Deno.test("a run that finds the same job at work says since when, and calls it a failure after a while", async () => {
  await using it = await scene();
  it.beforeZfs('case "$*" in list*) until test -e $D/go; do sleep 0.05; done ;; esac');
  const first = it.sh(`echo $$ > $D/pid; exec $BZFS ${WORDS}`);
  const locks = `${it.folder}/bzfs-logs/.locks`;
  while (!await Deno.stat(locks).then(() => [...Deno.readDirSync(locks)].length > 0, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const pid = it.read("pid").trim();
  const [busy, quiet, overdue] = await Promise.all([
    it.sh(`$BZFS ${WORDS}`),
    it.sh(`$BZFS --quiet ${WORDS} || [ $? = 4 ]`),
    it.sh(`$BZFS --quiet --busy-limit=1seconds ${WORDS} || [ $? = 4 ]`),
  ]);
  assertEquals([busy.status, busy.err], [4, ""]);
  const text = "Exiting as same previous periodic job is still running without completion yet per \\S+\\.lock";
  const facts = `since [0-9]+ (?:s|ms), process ${pid}`;
  assertMatch(
    busy.out,
    new RegExp(`\\[W\\] Exiting bzfs with status code 4\\. Cause: ${text} \\(It is at work ${facts}\\)$`, "m"),
  );
  assertEquals(quiet, { status: 0, out: "", err: "" });
  assertEquals(overdue.status, 1);
  const cause = `The same job has been at work for longer than 1 s, ${facts}, per \\S+\\.lock \\(See in its log .*\\)`;
  assertMatch(overdue.err, new RegExp(`^bzfs: ${cause}\\n$`));
  assertMatch(overdue.out, new RegExp(`\\[E\\] ERROR: Exiting bzfs with status code 3\\. Cause: ${cause}`));
  await Deno.writeTextFile(`${it.folder}/go`, "");
  assertEquals((await first).status, 0);
});
