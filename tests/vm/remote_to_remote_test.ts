/**
 * `--r2r=pull`: the data goes from host to host, or stays on the one that both are; never through the initiator.
 * Pushing is one of the modes of tests/support/modes.ts.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bzfs, contentsOf, inGuests, recordsOf, snapshotsOf } from "../support/replicas.ts";
import { hosts } from "../support/vm.ts";

const { src, dst } = await hosts("src", "dst");
const from = "tank/a b";

inGuests("set up", async () => {
  await Promise.all([
    src.createPool("tank").then(() =>
      src.sh(
        `zfs create '${from}'; head -c 1500k /dev/urandom > '/${from}/file'; zfs snapshot '${from}@1'; zfs snapshot '${from}@2'`,
      )
    ),
    dst.createPool("vault"),
  ]);
});

inGuests("--r2r=pull runs the pipeline on dst, which talks to src", async () => {
  const copy = "vault/by pull";
  const run = await bzfs(src, ["-v", "--r2r=pull", `src:${from}`, `dst:${copy}`]);
  assertEquals(run.status, 0, run.log);
  assertEquals(await snapshotsOf(dst, copy), await snapshotsOf(src, from));
  assertEquals(await contentsOf(dst, copy), await contentsOf(src, from));
  const lines = recordsOf(run, /^Executing: .*zfs send .*zfs receive/);
  assertEquals(lines.length, 2, run.log);
  for (const line of lines) assertMatch(line, / dst 'sh -c .*ssh .* src .* \| .*zfs receive /);
  assert(!/ pv /.test(run.log), run.log);
});

inGuests("with both ends on one remote host, the pipeline stays there", async () => {
  const copy = "vault/by pull again";
  const run = await bzfs(src, ["-v", "--r2r=pull", "dst:vault/by pull", `dst:${copy}`]);
  assertEquals(run.status, 0, run.log);
  const lines = recordsOf(run, /^Executing: .*zfs send .*zfs receive/);
  assert(lines.length > 0 && lines.every((line) => line.split("ssh ").length === 2), run.log);
  assertEquals(await snapshotsOf(dst, copy), await snapshotsOf(src, from));
});
