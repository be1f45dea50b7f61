/** `--r2r`: the data goes from host to host, or stays on the one that both are; never through the initiator. */
import { assert, assertEquals } from "@std/assert";
import { bzfs, contentsOf, inGuests, recordsOf, snapshotsOf } from "../support/replicas.ts";
import { hosts } from "../support/vm.ts";

const { src, dst } = await hosts("src", "dst");
const from = "tank/a b";

inGuests("set up", async () => {
  await Promise.all([
    src.createPool("tank").then(() =>
      src.sh(`zfs create '${from}'; head -c 1500k /dev/urandom > '/${from}/file'; zfs snapshot '${from}@1'`)
    ),
    dst.createPool("vault"),
  ]);
});

for (const [mode, outer, nested] of [["push", "src", "dst"], ["pull", "dst", "src"]] as const) {
  inGuests(`--r2r=${mode} runs the pipeline on ${outer}, which talks to ${nested}`, async () => {
    const copy = `vault/by ${mode}`;
    const words = ["-v", `--r2r=${mode}`, `src:${from}`, `dst:${copy}`];
    if (mode === "push") await replicated(words, copy);
    await src.sh(`echo ${mode} > '/${from}/${mode}'; zfs snapshot '${from}@${mode}'`);
    const log = await replicated(words, copy);
    assert(new RegExp(` ${outer} 'sh -c .*ssh .* ${nested} `).test(log), log);
    assert(!/ pv /.test(log), log);
  });
}

inGuests("with both ends on one remote host, the pipeline stays there", async () => {
  const copy = "vault/by pull again";
  const run = await bzfs(src, ["-v", "--r2r=pull", "dst:vault/by pull", `dst:${copy}`]);
  assertEquals(run.status, 0, run.log);
  const lines = recordsOf(run, /^Executing: .*zfs send .*zfs receive/);
  assert(lines.length > 0 && lines.every((line) => line.split("ssh ").length === 2), run.log);
  assertEquals(await snapshotsOf(dst, copy), await snapshotsOf(src, from));
});

/** Runs, checks the copy, and returns the line of the transfer. */
async function replicated(words: readonly string[], copy: string): Promise<string> {
  const run = await bzfs(src, words);
  assertEquals(run.status, 0, run.log);
  assertEquals(await snapshotsOf(dst, copy), await snapshotsOf(src, from));
  assertEquals(await contentsOf(dst, copy), await contentsOf(src, from));
  const [line = ""] = recordsOf(run, /^Executing: .*zfs send .*zfs receive/);
  return line;
}
