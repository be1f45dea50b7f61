/**
 * Encrypted datasets: sent raw they need no key at either end and stay readable with the source's key; what ZFS refuses
 * is reported with its words and changes nothing.
 */
import { assert, assertEquals } from "@std/assert";
import { contentsOf, initiator, PATIENCE_MS, recordsOf, snapshotsOf, stateOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const [from, to] = [`${tank}/secret`, `${back}/secret`];

Deno.test("an encrypted tree goes raw, in full and incrementally, also when its key is not loaded", async () => {
  await src.write("/tmp/key", "12345678");
  await src.sh(
    `zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key ${from}
    zfs create ${from}/child
    echo one > /${from}/child/file; zfs snapshot -r ${from}@1`,
    { timeoutMs: PATIENCE_MS },
  );
  const first = await bzfs(["-r", from, to]);
  assertEquals(first.status, 0, first.log);
  await src.sh(
    `echo two >> /${from}/child/file; zfs snapshot -r ${from}@2; zfs snapshot -r ${from}@3
    zfs unmount ${from}/child; zfs unmount ${from}; zfs unload-key ${from}`,
    { timeoutMs: PATIENCE_MS },
  );
  const second = await bzfs(["-r", from, to]);
  assertEquals(second.status, 0, second.log);
  assertEquals(recordsOf(second, /Incremental send -I: /).length, 2, second.log);
  assertEquals(await snapshotsOf(src, to), await snapshotsOf(src, from));
  assertEquals(await src.sh(`zfs get -H -r -t filesystem -o value keystatus ${to}`), "unavailable\nunavailable");
  // Sent one by one, each dataset of a copy is the root of its own encryption.
  await src.sh(`zfs load-key ${from}; for copy in ${to} ${to}/child; do zfs load-key -L file:///tmp/key $copy; done`);
  assertEquals(await contentsOf(src, to), await contentsOf(src, from));
});

Deno.test("without the key nothing but raw can be sent, and the run says so", async () => {
  await src.sh(`zfs unload-key ${from}`);
  const before = await stateOf(src, back);
  const run = await bzfs(["--retries=0", "--zfs-send-program-opts=--compressed", from, `${back}/plain`]);
  assertEquals(run.status, 3, run.log);
  assert(
    run.messages.some((message) => message.includes(`${from}@1`) && /dataset key must be loaded/.test(message)),
    run.log,
  );
  assertEquals(await stateOf(src, back), before);
  await src.sh(`zfs load-key ${from}`);
});

Deno.test("a copy that is not encrypted takes no raw increments, and keeps what it has", async () => {
  const copy = `${back}/mixed`;
  const plain = await bzfs(["--zfs-send-program-opts=--compressed", from, copy]);
  assertEquals(plain.status, 0, plain.log);
  assertEquals(await src.sh(`zfs get -H -o value encryption ${copy}`), "off");
  await src.sh(`zfs snapshot ${from}@4`);
  const before = await stateOf(src, copy);
  const raw = await bzfs(["--retries=0", from, copy]);
  assertEquals(raw.status, 3, raw.log);
  assert(/cannot perform raw receive on top of existing unencrypted dataset/.test(raw.log), raw.log);
  assertEquals(await stateOf(src, copy), before);
  const again = await bzfs(["--zfs-send-program-opts=--compressed", from, copy]);
  assertEquals(again.status, 0, again.log);
});

Deno.test("what is not encrypted goes below an encrypted destination, in full and incrementally, beside what goes raw", async () => {
  const [mixed, safe] = [`${tank}/mixed`, `${back}/safe`];
  await src.sh(
    `zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key ${safe}
    zfs create ${mixed}; zfs create -o recordsize=1M ${mixed}/plain
    zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key ${mixed}/secret
    head -c 2000000 /dev/urandom > /${mixed}/plain/file; echo small > /${mixed}/plain/small
    zfs snapshot -r ${mixed}@1`,
    { timeoutMs: PATIENCE_MS },
  );
  for (const tag of ["1", "2"]) {
    if (tag === "2") await src.sh(`echo more >> /${mixed}/plain/file; zfs snapshot -r ${mixed}@2`);
    const run = await bzfs(["-r", "--retries=0", mixed, `${safe}/copy`]);
    assertEquals(run.status, 0, run.log);
    assertEquals(recordsOf(run, /takes no embedded blocks/).length, 2, run.log);
  }
  assertEquals(await snapshotsOf(src, `${safe}/copy`), await snapshotsOf(src, mixed));
  const roots = await src.sh(`zfs get -H -r -t filesystem -o value encryptionroot ${safe}/copy`);
  assertEquals(roots.split("\n"), [safe, safe, `${safe}/copy/secret`]);
});
