/**
 * What is wrong with operands and hosts and shows only when hosts are asked: one line names it and says what to do, and
 * nothing is created. What shows before that is in tests/binary/bad_input_test.ts.
 */
import { assert, assertEquals } from "@std/assert";
import { changesOf, inGuests, initiator, type Run } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { src, dst } = bed.hosts;
const bzfs = await initiator(bed, { src: "src", dst: "dst" });

inGuests("set up", async () => {
  await Promise.all([
    src.createPool("tank").then(() => src.sh("zfs create tank/s; zfs snapshot tank/s@1")),
    dst.createPool("vault"),
  ]);
});

interface Case {
  readonly words: readonly string[];
  readonly says: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  "an absent source dataset": {
    words: ["tank/absent", "vault/x"],
    says: ["Replication: Source dataset does not exist: tank/absent"],
  },
  "an absent source pool": {
    words: ["absent/s", "vault/x"],
    says: ["Pool absent is not imported on root@src (zpool import), or does not exist"],
  },
  "an absent destination pool": {
    words: ["tank/s", "absent/x"],
    says: ["Pool absent is not imported on root@dst (zpool import), or does not exist"],
  },
  "a source name that ZFS does not allow": { words: ["tank/sü", "vault/x"], says: ["tank/sü"] },
  "a destination name that ZFS does not allow": { words: ["tank/s", "vault/xü"], says: ["vault/xü"] },
  "a host name that does not resolve": {
    words: ["--ssh-dst-host=nowhere.invalid", "tank/s", "vault/x"],
    says: [
      "ssh exit code 255: ssh: Could not resolve hostname nowhere.invalid",
      "Check that 'ssh root@nowhere.invalid true'",
    ],
  },
  "a user who may not log in": {
    words: ["--ssh-dst-user=nobody", "tank/s", "vault/x"],
    says: ["ssh exit code 255: nobody@", "Check that 'ssh nobody@dst true' works without a password"],
  },
};

for (const [what, { words, says }] of Object.entries(cases)) {
  inGuests(`a refusal: ${what}`, async () => {
    const before = await changes();
    const run = await bzfs(["--retries=0", ...words]);
    assertRefused(run, says);
    assertEquals(await changes(), before);
  });
}

for (const host of [src, dst]) {
  inGuests(`a refusal: ${host.name} has no zfs`, async () => {
    const before = await changes();
    await host.sh("mv $(command -v zfs) /tmp/hidden-zfs");
    const run = await bzfs(["--retries=0", "tank/s", "vault/x"])
      .finally(() => host.sh("mv /tmp/hidden-zfs /usr/sbin/zfs"));
    assertRefused(run, [`zfs CLI is not available on ${host.name} host`, "Install OpenZFS there"]);
    assertEquals(await changes(), before);
  });
}

function assertRefused(run: Run, says: readonly string[]): void {
  assertEquals(run.status, 3, run.log);
  assert(run.messages.some((message) => says.every((part) => message.includes(part))), run.log);
  assert(!run.log.includes("Goodbye"), run.log);
}

async function changes(): Promise<readonly number[]> {
  return [await changesOf(src, "tank"), await changesOf(dst, "vault")];
}
