/**
 * Programs that print without end, whatever they are asked: they are ended, the run ends with status 3 and a message that
 * names host and command, the result is written, and no process is left.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { scene } from "../support/output_scene.ts";

interface Case {
  /** Which commands do so: a pattern of `case` for the words of `zfs`. */
  readonly asked: string;
  /** What they do then, for a shell. */
  readonly answer: string;
  /** Words of the run. */
  readonly words?: string;
  /** What the run says; the place of `HOST` is the host's. */
  readonly says: string;
}

const EXCESS = "was ended, since it printed";

const CASES: Readonly<Record<string, Case>> = {
  "digits as a version": {
    asked: "--version",
    answer: "tr '\\0' 1 < /dev/zero",
    says: `Command 'zfs --version' on HOST ${EXCESS} more than 64 KiB.`,
  },
  "3 MB of digits as a version": {
    asked: "--version",
    answer: "head -c 3000000 /dev/zero | tr '\\0' 1",
    says: `Command 'zfs --version' on HOST ${EXCESS} more than 64 KiB.`,
  },
  "rows of a listing": {
    asked: '"list -t filesystem,volume "*',
    answer: "yes tank/src",
    says: `on HOST ${EXCESS} more than 1000000 bytes (bzfs_max_listing_size).`,
  },
  "one row of a listing": {
    asked: '"list -t filesystem,volume "*',
    answer: "tr '\\0' / < /dev/zero",
    says: `on HOST ${EXCESS} a line of more than 64 KiB.`,
  },
  "messages beside a listing": {
    asked: '"list -t filesystem,volume "*',
    answer: "yes >&2",
    says: `on HOST ${EXCESS} more than 1000000 bytes (bzfs_max_listing_size).`,
  },
  "messages beside a stream": {
    asked: '"send "*',
    answer: 'case "$*" in *" -n "*) printf "size\\t1\\n";; *) yes >&2;; esac',
    words: "tank/src back/new",
    says: `${EXCESS} more than 1000000 bytes (bzfs_max_listing_size).`,
  },
  "what is destroyed": {
    asked: '"destroy "*',
    answer: "yes will destroy",
    words: "-v --skip-replication --delete-dst-snapshots=snapshots dummy back/dst",
    says: `Command 'zfs destroy -v back/dst@1' on localhost ${EXCESS} more than 1 MiB.`,
  },
};

for (const [what, { asked, answer, words, says }] of Object.entries(CASES)) {
  for (const host of words === undefined ? ["localhost", "nas"] : ["localhost"]) {
    Deno.test(`a program at ${host} that prints without end is ended: ${what}`, async () => {
      await using it = await scene();
      await it.sh(`zfs create back/dst; zfs snapshot back/dst@1; cp \${BZFS_SIM_STATE} \${BZFS_SIM_STATE%/*}/nas.json`);
      it.beforeZfs(`case "$BZFS_SIM_STATE $*" in *"${host}.json "${asked}) echo $$ > $D/pid; ${answer}; exit;; esac`);
      const operands = host === "localhost" ? "tank/src back/dst" : `${host}:tank/src back/dst`;
      const run = await it.sh(`$BZFS --retries=0 --result-file=$D/result ${words ?? operands}`, {
        bzfs_max_listing_size: "1000000",
      });
      assertEquals(run.status, 3, run.out + run.err);
      assertStringIncludes(run.out, says.replace("HOST", host));
      assertEquals([it.result().exitStatus, it.result().error?.message.includes(EXCESS)], [3, true]);
      const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-g", it.read("pid").trim()] }).output();
      assertMatch(new TextDecoder().decode(stdout), /^(?:Z\S*\s*)*$/);
    });
  }
}
