/**
 * One tree with awkward names, replicated in all five modes (two of them outside of `deno task soak:vm`) at the same time:
 * first in full, then its changes, then with nothing to do.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertSuccess, inAllModes, type Mode, sampleOfModes } from "../support/modes.ts";
import {
  bookmarksOf,
  changesOf,
  contentsOf,
  inGuests,
  PATIENCE_MS,
  recordsOf,
  type Run,
  snapshotsOf,
  stateOf,
} from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { hosts: { src, dst } } = bed;
const root = "tank/my data:1.x-y";
const modes = await sampleOfModes(bed);
const copies: Readonly<Record<Mode["name"], string>> = {
  "local": "back/copy",
  "push": "vault/push/to.here",
  "pull": "vault/pull-1:x y",
  "pull-push": "vault/through",
  "r2r": "vault/r2r 1:x-y",
};

async function allModes(check: (mode: Mode, run: Run) => void): Promise<void> {
  const words = ["--recursive", "-v", "--retries=0", "--threads=2"];
  await inAllModes(modes, (mode) => mode.run(words, root, copies[mode.name]), (mode, run) => {
    assertSuccess(run);
    check(mode, run);
  });
}

async function assertCopies(): Promise<void> {
  const [snapshots, contents] = [await snapshotsOf(src, root), await contentsOf(src, root)];
  for (const { name, at } of modes) {
    assertEquals(await snapshotsOf(at, copies[name]), snapshots, name);
    assertEquals(await contentsOf(at, copies[name]), contents, name);
  }
}

async function changes(): Promise<readonly number[]> {
  return [await changesOf(src, "tank"), await changesOf(src, "back"), await changesOf(dst, "vault")];
}

let bystanders = "";
let source = "";

inGuests("set up: a tree of four levels with names that need quoting, and bystanders", async () => {
  await Promise.all([
    src.sh(
      `truncate -s 512M /tmp/tank.pool /tmp/back.pool
        zpool create tank /tmp/tank.pool
        zpool create back /tmp/back.pool
        root=${JSON.stringify(root)}
        for child in '' /a /a-b /a/c '/a/c/d e:f.g-h'; do
          zfs create "$root$child"
          head -c 100k /dev/urandom > "/$root$child/one file"
        done
        zfs create -o org.test:note='left  alone' tank/bystander
        zfs create -V 8M "$root/a/vol 1"
        volume=$(zvol-device "\${root// /+}/a/vol+1")
        head -c 1500k /dev/urandom > "$volume"
        sync
        zfs snapshot -r "$root@s1"
        zfs snapshot -r "$root@s 2:x.y-z"
        zfs snapshot tank/bystander@s1`,
      { timeoutMs: PATIENCE_MS },
    ),
    dst.createPool("vault").then(() => dst.sh("zfs create vault/bystander; zfs snapshot vault/bystander@s1")),
  ]);
  source = await stateOf(src, "tank");
  bystanders = await stateOf(dst, "vault/bystander");
});

inGuests("the first run sends each dataset in full, then what lies between its snapshots", async () => {
  await allModes(({ name }, run) => {
    assertEquals(recordsOf(run, /^\d\/6 Full send: .*@s1 --> /).length, 6);
    assertEquals(recordsOf(run, /^\d\/6 Incremental send -i: .*@s1 \.\. @s 2:x\.y-z --> /).length, 6);
    assertEquals(
      recordsOf(run, /^Replication done: .* \[Replicated 12 out of 12 snapshots within 6 datasets;/).length,
      1,
    );
    const volume = recordsOf(run, /^Executing: .*zfs send (?!.* -i ).*vol 1@s1.*zfs receive /);
    assertEquals(volume.length, 1);
    // Only what goes over a network is compressed and buffered, and only if it is large.
    if (name === "local") assert(!/zstd|mbuffer/.test(run.log));
    else assertMatch(volume[0]!, /zstd -c .*mbuffer .*zstd -dc/);
    // The data goes from host to host, and through nobody who could look at it.
    if (name === "r2r") assertMatch(volume[0]!, /^Executing: ssh [^|]* src 'sh -c .*ssh .* dst /);
  });
  await assertCopies();
  assertEquals(await bookmarksOf(src, `${root}/a/c/d e:f.g-h`), ["s1_GUID", "s 2:x.y-z_GUID"]);
  assertEquals(await stateOf(src, "tank"), source, "the source changed");
  assertEquals(await stateOf(dst, "vault/bystander"), bystanders, "a bystander changed");
});

inGuests("the second run sends only what has changed", async () => {
  await src.sh(
    `root=${JSON.stringify(root)}
      cd "/$root"
      rm a-b/*; echo more > a/more; head -c 300k /dev/urandom > 'a/c/d e:f.g-h/next'
      head -c 700k /dev/urandom > "$(zvol-device "\${root// /+}/a/vol+1")"
      sync
      zfs snapshot -r "$root@s3"
      zfs create "$root/a/c/new"
      echo new > a/c/new/file
      zfs snapshot -r "$root@s4"`,
    { timeoutMs: PATIENCE_MS },
  );
  source = await stateOf(src, "tank");
  await allModes((_, run) => {
    assertEquals(recordsOf(run, /^\d\/7 Full send: .*a\/c\/new@s4 --> /).length, 1);
    assertEquals(recordsOf(run, /Full send/).length, 1);
    assertEquals(recordsOf(run, /^\d\/7 Incremental send -I: .*@s 2:x\.y-z \.\. @s4 --> /).length, 6);
  });
  await assertCopies();
  assertEquals(await stateOf(src, "tank"), source, "the source changed");
  assertEquals(await stateOf(dst, "vault/bystander"), bystanders, "a bystander changed");
});

inGuests("a run with nothing to do changes nothing at all", async () => {
  const before = await changes();
  await allModes((_, run) => {
    assertEquals(recordsOf(run, /^\d\/7 Already up-to-date: /).length, 7);
    assertEquals(recordsOf(run, /zfs receive/), []);
  });
  assertEquals(await changes(), before);
});
