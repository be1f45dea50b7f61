/**
 * One story in all five modes (two of them outside of `deno task soak:vm`), side by side: a first run with filters, properties, a volume and an encrypted dataset;
 * a cut transfer; a source that has only bookmarks left; destinations that went their own way. Root replicates, then a
 * delegated user, then one who elevates. What the steps mean in detail is in the files about each.
 */
import { assert, assertEquals } from "@std/assert";
import { assertSuccess, inAllModes, type Mode, type ModeRunOptions, sampleOfModes } from "../support/modes.ts";
import {
  contentsOf,
  inGuests,
  PATIENCE_MS,
  quote,
  recordsOf,
  type Run,
  snapshotsOf,
  stateOf,
  tagsOf,
} from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src", "dst");
const { hosts: { src, dst } } = bed;
const modes = await sampleOfModes(bed);
const root = "tank/s";
/** What changes after the first run; the rest is for the force options. */
const SOME = ["", "/volume", "/secret", "/late"];
const AWKWARD = 'it\'s "q"\tb\nc $HOME `id` \\ ü';

const copyOf = ({ name, pool }: Mode): string => `${pool}/${name}/d`;

/** Runs the same in all modes, on the tree or on one below it. */
async function everywhere(
  words: readonly string[],
  check: (run: Run, mode: Mode, copy: string) => void | Promise<void>,
  { below = "", ...options }: ModeRunOptions & { readonly below?: string } = {},
): Promise<void> {
  const all = [
    "--recursive",
    "-v",
    "--retries=2",
    "--retry-max-sleep-secs=0",
    "--exclude-snapshot-regex=junk",
    ...words,
  ];
  await inAllModes(
    modes,
    (mode) => mode.run(all, `${root}${below}`, `${copyOf(mode)}${below}`, options),
    (mode, run) => check(run, mode, `${copyOf(mode)}${below}`),
  );
}

/** Plays a script for each copy, with `$copy` set to its name. */
async function atEachCopy(script: string): Promise<void> {
  const scripts = (host: typeof src): string =>
    modes.filter(({ at }) => at === host).map((mode) => `copy=${copyOf(mode)}\n${script}`).join("\n");
  await Promise.all([src, dst].map((host) => host.sh(scripts(host), { timeoutMs: PATIENCE_MS })));
}

inGuests("set up", async () => {
  await Promise.all([src, dst].map(async (host) => {
    await host.write("/tmp/key", "12345678");
    await host.sh("chmod 666 /dev/zfs /tmp/key"); // as udev does with the first; guests have none
  }));
  await Promise.all([src.createPool("tank"), src.createPool("back"), dst.createPool("vault")]);
  await src.sh(
    `zfs create -o compression=gzip-3 -o org.test:note=${quote(AWKWARD)} ${root}
    for name in left-out tmp f f/clones f/once1 f/once2 f/unrelated; do zfs create ${root}/$name; done
    zfs create -V 8M -o org.test:note=v ${root}/volume
    zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key ${root}/secret
    for name in . secret; do head -c 700k /dev/urandom > /${root}/$name/1; done
    head -c 900k /dev/urandom > "$(zvol-device ${root}/volume)"
    zfs snapshot -r ${root}@1_hourly; zfs snapshot -r ${root}@junk
    zfs allow bzfsuser send,hold,bookmark,destroy,mount ${root}`,
    { timeoutMs: PATIENCE_MS },
  );
});

inGuests(
  "in every mode, the first run takes what is selected, with properties, volumes, and what is encrypted raw",
  async () => {
    const words = [
      "--exclude-dataset=left-out",
      "--zfs-recv-o-include-regex",
      "compression",
      "org[.]test:.*",
    ];
    const source = await stateOf(src, root);
    const selected = (await snapshotsOf(src, root)).filter((line) => !/^\/(?:left-out|tmp)|@junk/.test(line));
    await everywhere(words, async (run, { at }, copy) => {
      assertSuccess(run);
      assertEquals(await snapshotsOf(at, copy), selected);
      const properties = await at.sh(
        `zfs get -Hp -o value org.test:note,compression ${copy}; zfs get -Hp -o value org.test:note,type ${copy}/volume
      zfs get -Hp -o value encryption,keystatus ${copy}/secret; zfs get -Hp -o value encryption ${copy}`,
      );
      assertEquals(properties, `${AWKWARD}\ngzip-3\nv\nvolume\naes-256-gcm\nunavailable\noff`);
      await at.sh(`zfs load-key -L file:///tmp/key ${copy}/secret`);
    });
    assertEquals(await stateOf(src, root), source, "the source changed");
  },
);

inGuests(
  "in every mode, a delegated user without elevation completes what was cut, in full and incrementally",
  async () => {
    await src.sh(
      `half() { head -c 300000; cat > /dev/null; }
    zfs create ${root}/late
    for name in . late; do head -c 700k /dev/urandom > /${root}/$name/2; done
    zfs snapshot${SOME.map((name) => ` ${root}${name}@2_hourly`).join("")}
    zfs send --raw ${root}/late@2_hourly | half > /tmp/full
    zfs send --raw -i @1_hourly ${root}@2_hourly | half > /tmp/incremental
    scp -q /tmp/full /tmp/incremental dst:/tmp/`,
      { timeoutMs: PATIENCE_MS },
    );
    await atEachCopy(
      `! zfs receive -s -u $copy/late < /tmp/full 2> /dev/null
    ! zfs receive -s -u $copy < /tmp/incremental 2> /dev/null
    zfs allow bzfsuser receive,create,mount,destroy,rollback,compression,userprop $copy`,
    );
    const words = ["--no-privilege-elevation", "--exclude-dataset", "left-out", "tmp"];
    await everywhere(words, (run, _, copy) => {
      assertSuccess(run);
      assertEquals(resumed(run).sort(), [copy, `${copy}/late`]);
      assertEquals(recordsOf(run, /Executing: .*(sudo|doas) /), []);
    }, { user: "bzfsuser" });
    await assertCopies();
  },
);

inGuests(
  "in every mode, bookmarks are the base when the source's snapshots are gone; a plain user elevates",
  async () => {
    await src.sh(
      `for name in${SOME.map((name) => ` ${root}${name}`).join("")}; do zfs destroy $name@%; done
    for name in . secret; do echo 3 > /${root}/$name/3; done
    zfs snapshot${SOME.map((name) => ` ${root}${name}@3_hourly`).join("")}`,
      { timeoutMs: PATIENCE_MS },
    );
    await everywhere(["--exclude-dataset", "left-out", "tmp"], async (run, { at }, copy) => {
      assertSuccess(run);
      assertEquals(recordsOf(run, /Incremental send -i: .*#2_\d+_hourly \.\. @3_hourly --> /).length, SOME.length);
      assertEquals(recordsOf(run, /Executing: .*sudo -n zfs send .*sudo -n zfs receive /).length, SOME.length);
      assertEquals(await tagsOf(at, `${copy}/secret`), ["1_hourly", "2_hourly", "3_hourly"]);
    }, { user: "bzfsuser" });
    await assertCopies();
  },
);

inGuests(
  "in every mode, what the destination did on its own is refused, but for what each force option is about",
  async () => {
    await atEachCopy(
      `for name in clones once1 once2; do zfs snapshot $copy/f/$name@own; done
    zfs clone $copy/f/clones@own $copy-clone
    zfs mount $copy/f; echo mine > /$copy/f/mine
    zfs destroy -r $copy/f/unrelated; zfs create -u $copy/f/unrelated; zfs snapshot $copy/f/unrelated@own`,
    );
    await src.sh(`zfs snapshot -r ${root}/f@2_hourly`);
    const below = { below: "/f" };
    const rollbacks = [
      "--force-rollback-to-latest-snapshot",
      "--force-rollback-to-latest-common-snapshot",
      "--force-once",
      "--exclude-dataset=clones",
    ];
    await everywhere(rollbacks, async (run, { at }, copy) => {
      assertEquals(run.status, 3);
      assertEquals(
        recordsOf(run, new RegExp(`Rolling back destination to most recent snapshot: ${copy}@1_hourly$`)).length,
        1,
      );
      assertEquals((await tagsOf(at, copy)).at(-1), "2_hourly");
      // Only the first conflict is resolved, whichever that was.
      assertEquals(
        recordsOf(run, /Rolling back destination to most recent common snapshot: .*once[12]@1_hourly$/).length,
        1,
      );
      assertEquals(recordsOf(run, /^ERROR: Conflict: .* snapshot \S+once[12]@own is more recent/).length, 1);
      assertEquals(recordsOf(run, /^ERROR: Conflict: No common snapshot found .*unrelated /).length, 1);
      const newest = await Promise.all(
        ["once1", "once2"].map(async (name) => (await tagsOf(at, `${copy}/${name}`)).at(-1)),
      );
      assertEquals(newest.toSorted(), ["2_hourly", "own"]);
      for (const name of ["clones", "unrelated"]) assertEquals((await tagsOf(at, `${copy}/${name}`)).at(-1), "own");
    }, below);
    await everywhere(["--force"], async (run, { at }, copy) => {
      assertEquals(run.status, 3);
      assert(run.log.includes("use '-R' to force deletion of the following clones"));
      for (const name of ["once1", "once2", "unrelated"]) {
        assertEquals(await tagsOf(at, `${copy}/${name}`), ["1_hourly", "2_hourly"]);
      }
      assertEquals((await tagsOf(at, `${copy}/clones`)).at(-1), "own");
      await at.sh(`zfs list ${copy.replace(/[/]f$/, "-clone")}`);
    }, below);
    await everywhere(["--force", "--force-destroy-dependents", "--force-unmount"], async (run, { at }, copy) => {
      assertSuccess(run);
      assertEquals(recordsOf(run, /^Executing: .*zfs rollback -r -f -R .*clones@1_hourly/).length, 1);
      assertEquals((await tagsOf(at, `${copy}/clones`)).at(-1), "2_hourly");
      await at.sh(`! zfs list ${copy.replace(/[/]f$/, "-clone")}`);
    }, below);
    await assertCopies();
  },
);

/** Destinations of the runs' resumed transfers. */
function resumed(run: Run): string[] {
  return recordsOf(run, /^Executing: .*zfs send .*-t 1-/).map((line) =>
    line.replaceAll(/['"\\]/g, "").trim().split(" ").at(-1)!
  );
}

/** The newest snapshots of all copies are those of the source, with the same contents. */
async function assertCopies(): Promise<void> {
  const leftOut = /(?:left-out|tmp)(?:@|$)|@junk$/;
  const newest = async (host: typeof src, dataset: string): Promise<readonly string[]> => {
    const lines = (await snapshotsOf(host, dataset)).filter((line) => !leftOut.test(line.split("\t")[0]!));
    return [...new Map(lines.map((line) => [line.slice(0, line.indexOf("@")), line])).values()];
  };
  const contents = (await contentsOf(src, root)).filter((line) => !leftOut.test(line));
  const snapshots = await newest(src, root);
  await Promise.all(modes.map(async (mode) => {
    assertEquals(await newest(mode.at, copyOf(mode)), snapshots, mode.name);
    assertEquals(await contentsOf(mode.at, copyOf(mode)), contents, mode.name);
  }));
}
