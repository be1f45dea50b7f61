/**
 * What can go wrong at a destination or on the way: the run says what ZFS or ssh said, its status tells of the failure,
 * and nothing but the one copy is touched. Conflicts, tokens, encryption and absent things are in files of their own.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  bzfs,
  contentsOf,
  inGuests,
  initiator,
  PATIENCE_MS,
  recordsOf,
  type Run,
  snapshotsOf,
  stateOf,
} from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { src, dst } = bed.hosts;
const across = await initiator(bed, { src: "src", dst: "dst" });
const POOLS = ["vault", "small"];

inGuests("set up", async () => {
  await Promise.all([
    src.createPool("tank").then(() =>
      src.sh(
        `zfs create tank/s; zfs create tank/s/thin; zfs create tank/s/wide; head -c 4M /dev/urandom > /tank/s/wide/file
        zfs snapshot -r tank/s@1`,
        { timeoutMs: PATIENCE_MS },
      )
    ),
    dst.createPool("vault"),
    dst.createPool("small", { sizeMiB: 64 }),
  ]);
  await dst.write("/tmp/key", "12345678");
  await dst.sh(`zfs create vault/bystander; zfs snapshot vault/bystander@1`);
});

interface Misfortune {
  /** What brings it about, at the destination. */
  readonly script: string;
  readonly words: readonly string[];
  readonly says: RegExp;
  /** What ends it. */
  readonly relief: string;
}

const LONG = "x".repeat(120);

/** Each befalls the copy of `tank/s/wide` alone. */
const misfortunes: Readonly<Record<string, Misfortune>> = {
  "a pool without space": {
    script: `zfs create -o refreservation=$(($(zfs get -Hp -o value available small) - 2000000)) small/hog`,
    words: ["tank/s", "small/s"],
    says: /cannot receive new filesystem stream: out of space/,
    relief: "zfs destroy small/hog",
  },
  "a quota that is reached": {
    script: "zfs create vault/q; zfs set quota=2M vault/q",
    words: ["tank/s", "vault/q/s"],
    says: /destination vault\/q\/s\/wide space quota exceeded/,
    relief: "zfs set quota=none vault/q",
  },
  "another process that receives into the copy": {
    script: `zfs create vault/b; zfs create vault/b/s
      nohup sh -c 'sleep 600 | zfs receive vault/b/s/wide' > /dev/null 2>&1 < /dev/null &`,
    words: ["tank/s", "vault/b/s"],
    says:
      /Cannot continue now: Destination is already busy with zfs \S+ operation from another process: vault\/b\/s\/wide/,
    relief: "pkill -x sleep; while pgrep -x zfs; do sleep 0.2; done",
  },
};

for (const [what, { script, words, says, relief }] of Object.entries(misfortunes)) {
  inGuests(`${what} keeps one dataset from arriving, is told, and is made up for later`, async () => {
    await dst.sh(script);
    const before = await others();
    const run = await across(["-r", "-v", "--retries=0", ...words]);
    assertEquals(run.status, 3, run.log);
    assertMatch(run.log, says);
    assertEquals(recordsOf(run, /Tolerated 1 error/).length, 1, run.log);
    assertEquals(await others(), before);
    const copy = words[1]!;
    assertEquals((await snapshotsOf(dst, copy)).map((line) => line.split("\t")[0]), ["@1", "/thin@1"]);
    await dst.sh(relief);
    const next = await across(["-r", ...words]);
    assertEquals(next.status, 0, next.log);
    assertEquals(await snapshotsOf(dst, copy), await snapshotsOf(src, "tank/s"));
  });
}

/** What no run here may change at the destination. */
async function others(): Promise<readonly string[]> {
  const lines = await Promise.all(POOLS.map((pool) => stateOf(dst, pool)));
  return lines.join("\n").split("\n").filter((line) => !/^(?:\w+\/)+s[/@\t]/.test(line));
}

inGuests("what cannot be received at all is refused with the words of ZFS, and nothing is changed", async () => {
  await dst.sh(
    `zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key vault/locked
    zfs unmount vault/locked; zfs unload-key vault/locked
    zfs create vault/${LONG}; zfs create vault/${LONG}/${LONG}`,
  );
  const before = await stateOf(dst, "vault");
  const locked = await across(["--retries=0", "--zfs-send-program-opts=--compressed", "tank/s", "vault/locked/s"]);
  assertRefused(locked, /key must be loaded/);
  const long = await across(["--retries=0", "tank/s", `vault/${LONG}/${LONG}/too-long`]);
  assertRefused(long, /too long/);
  assertEquals(await stateOf(dst, "vault"), before);
});

inGuests("a login shell that is not of POSIX is refused before anything is quoted for it", async () => {
  await dst.sh("ln -s /bin/bash /usr/bin/fish; usermod --shell /usr/bin/fish bzfsuser");
  const before = await stateOf(dst, "vault");
  const run = await across(["--retries=0", "--ssh-dst-user=bzfsuser", "tank/s", "vault/x"]);
  assertRefused(run, /Cowardly refusing to proceed because bzfs requires POSIX shell quoting/);
  assertEquals(await stateOf(dst, "vault"), before);
});

inGuests("helpers that one side lacks are done without", async () => {
  await Promise.all([src.sh("mv /usr/bin/mbuffer /root"), dst.sh("mv /usr/bin/zstd /root")]);
  const run = await across(["-v", "tank/s/wide", "vault/helpers"]);
  await Promise.all([src.sh("mv /root/mbuffer /usr/bin"), dst.sh("mv /root/zstd /usr/bin")]);
  assertEquals(run.status, 0, run.log);
  const [line = ""] = recordsOf(run, /^Executing: .*zfs send .*zfs receive/);
  assert(!/zstd/.test(line), line);
  assertMatch(line, / 'zfs send [^"]*wide@1' \|.* 'sh -c "mbuffer [^|]* \| zfs receive /);
  assertEquals(await contentsOf(dst, "vault/helpers"), await contentsOf(src, "tank/s/wide"));
});

inGuests("an ssh that closes in the middle of a stream is told, and the next run goes on from there", async () => {
  await dst.sh(
    `nohup sh -c '
      until receiver=$(pgrep -f "zfs [r]eceive .*vault/closed") && [ "$(zfs get -Hp -o value used vault/closed)" -gt 500000 ]
      do sleep 0.2; done
      process=$(echo $receiver | cut -d" " -f1)
      until [ "$(ps -o comm= $process | cut -c1-4)" = sshd ]; do process=$(ps -o ppid= $process | tr -d " "); done
      kill -9 $process
    ' > /dev/null 2>&1 < /dev/null &`,
  );
  const before = await others();
  const words = ["-v", "tank/s/wide", "dst:vault/closed"];
  const slow = ["--bwlimit=250k", "--mbuffer-program=-", "--compression-program=-"];
  const run = await bzfs(src, [...slow, "--retries=0", ...words]);
  assertEquals(run.status, 3, run.log);
  // ssh itself says nothing of a connection that others have made for it.
  assertMatch(
    run.log,
    /^ {4}1\/1: Command 'ssh .* returned non-zero exit status 255\. .*\(stage connect on localhost, 3 of 4\)$/m,
  );
  assertEquals(recordsOf(run, /Goodbye/), []);
  const next = await bzfs(src, words);
  assertEquals(next.status, 0, next.log);
  assertEquals(recordsOf(next, /^Executing: .*zfs send .*-t 1-.*zfs receive/).length, 1, next.log);
  assertEquals((await others()).filter((line) => !line.startsWith("vault/closed")), before);
  assertEquals(await contentsOf(dst, "vault/closed"), await contentsOf(src, "tank/s/wide"));
});

function assertRefused(run: Run, says: RegExp): void {
  assertEquals(run.status, 3, run.log);
  assertMatch(run.log, says);
  assertEquals(recordsOf(run, /Goodbye/), []);
}
