/**
 * Streams that stand still, on real ZFS: the resume token of a receive that goes on changes with what arrives, so that
 * it tells a slow stream from one that has come to a halt; the next run resumes the latter.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bzfs, contentsOf, PATIENCE_MS, recordsOf, snapshotsOf } from "../support/replicas.ts";
import { IS_SOAK, testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const tank = await src.createPool("tank");
const back = await src.createPool("back");

/** Long enough for a few transaction groups, of which each shows what has arrived. */
const STALL_SECONDS = 30;

/** Words that take the folder with a `zfs` of the test as the first one on the PATH. */
const WRAPPED = { env: { PATH: "/tmp/wrapped:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" } };

/** Puts a `zfs` on the PATH whose streams go through this command. */
async function wrapStreams(filter: string): Promise<void> {
  await src.sh(`mkdir -p /tmp/wrapped
    cat > /tmp/wrapped/zfs <<END
#!/bin/sh
case "\\$*" in *-n*) ;; send*) $(command -v zfs) "\\$@" | { ${filter}; }; exit ;; esac
exec $(command -v zfs) "\\$@"
END
    chmod +x /tmp/wrapped/zfs`);
}

Deno.test("a slow stream without a meter is no stream that stands still", async () => {
  await src.sh(
    `zfs create ${tank}/s; head -c 6M /dev/urandom > /${tank}/s/1; zfs snapshot ${tank}/s@1
    head -c 6M /dev/urandom > /${tank}/s/2; zfs snapshot ${tank}/s@2`,
    { timeoutMs: PATIENCE_MS },
  );
  await wrapStreams("pv -q -L 150k");
  const startedAt = performance.now();
  const words = ["-v", "-v", "--pv-program=-", `--stall-timeout=${STALL_SECONDS}seconds`, "--retries=0"];
  const run = await bzfs(src, [...words, `${tank}/s`, `${back}/s`], WRAPPED);
  assertEquals(run.status, 0, run.log);
  assert(performance.now() - startedAt > 2.5 * STALL_SECONDS * 1000, "not slow enough to prove anything");
  const asked = recordsOf(run, /^Executing: zfs get .* receive_resume_token/).length;
  assert(asked > 10, `asked for the token ${asked} times\n${run.log}`);
  assertEquals(await snapshotsOf(src, `${back}/s`), await snapshotsOf(src, `${tank}/s`));
});

/** With a meter only in `deno task soak:vm`: tests/cli/hanging_test.ts has both, without ZFS. */
const METERS = [["no meter", "--pv-program=-"], ["pv", "--pv-program=pv"]] as const;

for (const [name, meter] of IS_SOAK ? METERS : METERS.slice(0, 1)) {
  Deno.test(`a stream that stands still is ended, and the next run resumes it: ${name}`, async () => {
    const copy = `${back}/${meter === "--pv-program=-" ? "unmetered" : "metered"}`;
    await wrapStreams("head -c 3000000; sleep 3599");
    const words = ["-v", meter, `--stall-timeout=${STALL_SECONDS}seconds`, "--retries=0", `${tank}/s`];
    const halted = await bzfs(src, [...words, copy], WRAPPED);
    assertEquals(halted.status, 3, halted.log);
    const text =
      `The stream from '(?:sudo -n )?zfs send .*' on localhost to '.*zfs receive .*' on localhost stood still`;
    assertMatch(halted.log, new RegExp(`Cause: ${text} for ${STALL_SECONDS} s, so it was ended$`, "m"));
    assertEquals(await src.sh("pgrep -af '^([^ ]*/)?(zfs|pv|sleep 3599) ?' || true"), "");
    const next = await bzfs(src, [...words, copy]);
    assertEquals(next.status, 0, next.log);
    assertEquals(recordsOf(next, /^Executing: .*zfs send .*-t 1-.*zfs receive/).length, 1, next.log);
    assertEquals(await contentsOf(src, copy), await contentsOf(src, `${tank}/s`));
  });
}
