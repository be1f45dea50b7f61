/**
 * Interrupted receives: completed where their token is good, cleared where it can or must not be. The states are made
 * by hand, so that each is exactly what its name says; one run meets them all.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { tokenOfPairs } from "../sim/token.ts";
import { contentsOf, inGuests, initiator, PATIENCE_MS, recordsOf, snapshotsOf, tagsOf } from "../support/replicas.ts";
import { testbed } from "../support/vm.ts";

const bed = await testbed("src");
const { src } = bed.hosts;
const bzfs = await initiator(bed);
const tank = await src.createPool("tank");
const back = await src.createPool("back");
const [from, to] = [`${tank}/s`, `${back}/d`];

/** A receive of the stream of $1 into $2, cut short. What zfs complains of is meant to happen. */
const CUT = `cut_short() {
    zfs send --raw $1 2> /dev/null | head -c 300000 | zfs receive -s -u $2 2> /dev/null || true
    [ "$(zfs get -Hp -o value receive_resume_token $2)" != - ]
  }`;

Deno.test("a run completes what was cut, and clears what cannot or must not be completed", async () => {
  await src.sh(
    `${CUT}
    zfs create ${from}; zfs create ${tank}/other
    for name in full incremental stale gone excluded; do zfs create ${from}/$name; done
    for name in s/full s/incremental s/stale s/gone s/excluded other; do head -c 600k /dev/urandom > /${tank}/$name/1; done
    zfs snapshot -r ${tank}@1
    zfs send --raw ${from}@1 | zfs receive -u ${to}
    zfs send --raw ${from}/incremental@1 | zfs receive -u ${to}/incremental
    for name in incremental excluded; do head -c 600k /dev/urandom > /${from}/$name/2; done
    zfs snapshot ${from}/incremental@2; zfs snapshot ${from}/excluded@skip
    cut_short ${from}/full@1 ${to}/full
    cut_short '-i @1 ${from}/incremental@2' ${to}/incremental
    cut_short ${tank}/other@1 ${to}/stale
    cut_short ${from}/gone@1 ${to}/gone
    zfs destroy ${from}/gone@1
    cut_short ${from}/excluded@skip ${to}/excluded
    zfs snapshot -r ${from}@3`,
    { timeoutMs: PATIENCE_MS },
  );
  const run = await bzfs(["-r", "-v", "--exclude-snapshot-regex=skip", "--", from, to]);
  assertEquals(run.status, 0, run.log);
  assertEquals(resumed(run.messages), ["full", "incremental"], run.log);
  const cleared = recordsOf(run, /Aborting an interrupted zfs receive -s, deleting partially received state: /);
  assertEquals(cleared.map((line) => line.split("/").at(-1)).sort(), ["excluded", "gone", "stale"], run.log);
  assertEquals(recordsOf(run, /^Retrying because zfs receive resume token is stale \[1\/2\]/).length, 1, run.log);
  assertEquals(
    recordsOf(run, /^Retrying because zfs receive resume token is not a selected source snapshot \[1\/2\]/).length,
    1,
    run.log,
  );
  await src.sh(`zfs destroy ${from}/excluded@skip`);
  assertEquals(await snapshotsOf(src, to), await snapshotsOf(src, from));
  assertEquals(await contentsOf(src, to), await contentsOf(src, from));
});

Deno.test("--no-resume-recv clears partial state that is in its way, and makes none", async () => {
  await src.sh(
    `${CUT}
    head -c 600k /dev/urandom > /${from}/full/4; zfs snapshot ${from}/full@4
    cut_short '-i @3 ${from}/full@4' ${to}/full`,
    { timeoutMs: PATIENCE_MS },
  );
  const run = await bzfs(["-v", "--no-resume-recv", `${from}/full`, `${to}/full`]);
  assertEquals(run.status, 0, run.log);
  assertEquals(recordsOf(run, /Aborting an interrupted zfs receive -s/).length, 1, run.log);
  assert(!/zfs receive [^|]*-s /.test(run.log), run.log);
  assertEquals(await tagsOf(src, `${to}/full`), ["1", "3", "4"]);
});

Deno.test("a token of the other raw mode is cleared where the source is encrypted, and kept where it makes no odds", async () => {
  await src.write("/tmp/key", "12345678");
  await src.sh(
    `zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///tmp/key ${tank}/secret
    zfs create ${tank}/plain
    for name in secret plain; do
      head -c 600k /dev/urandom > /${tank}/$name/1; zfs snapshot ${tank}/$name@1
      zfs send ${tank}/$name@1 | head -c 300000 | zfs receive -s -u ${back}/$name 2> /dev/null || true
    done`,
    { timeoutMs: PATIENCE_MS },
  );
  const words = ["-v", `${tank}/secret`, `${back}/secret`, `${tank}/plain`, `${back}/plain`];
  const run = await bzfs(words);
  assertEquals(run.status, 0, run.log);
  assertEquals(recordsOf(run, /^Retrying as zfs receive resume token raw mode conflicts with/).length, 1, run.log);
  assertEquals(resumed(run.messages), ["plain"], run.log);
  assertEquals(await src.sh(`zfs get -H -o value keystatus ${back}/secret`), "unavailable");
});

inGuests("a forged token gets nothing that is not selected, although zfs send would take it", async () => {
  await src.sh(
    `${CUT}
    zfs create ${tank}/forged; zfs create ${tank}/private
    for name in forged private; do head -c 600k /dev/urandom > /${tank}/$name/1; zfs snapshot ${tank}/$name@1; done
    zfs send --raw ${tank}/forged@1 | zfs receive -u ${back}/forged
    head -c 600k /dev/urandom > /${tank}/forged/2; zfs snapshot ${tank}/forged@2
    cut_short '-i @1 ${tank}/forged@2' ${back}/forged`,
    { timeoutMs: PATIENCE_MS },
  );
  const guidOf = async (name: string): Promise<bigint> => BigInt(await src.sh(`zfs list -Hp -o guid ${name}`));
  const [selected, other] = [await guidOf(`${tank}/forged@2`), await guidOf(`${tank}/private@1`)];
  const token = tokenOfPairs([
    ["toname", `${tank}/forged@2\n\ttoguid = 0x${selected.toString(16)}`],
    ["toguid", other],
    ["object", 0n],
    ["offset", 0n],
    ["bytes", 0n],
    ["rawok", true],
  ]);
  const dump = await src.sh(`zfs send -nvt ${token}`);
  assertMatch(dump, new RegExp(`^\ttoguid = 0x${selected.toString(16)}$[^]*^\ttoguid = 0x${other.toString(16)}$`, "m"));
  assertMatch(dump, new RegExp(`^full send of ${tank}/private@1 estimated size is `, "m"));
  const lie = `case "$*" in *receive_resume_token*${back}/forged) echo ${token}; exit;; esac`;
  await src.sh(`path=$(command -v zfs); mv "$path" /tmp/zfs; cat > "$path"; chmod 755 "$path"`, {
    stdin: `#!/bin/sh\n${lie}\nexec /tmp/zfs "$@"\n`,
  });
  const run = await bzfs(["-v", "--retries=1", `${tank}/forged`, `${back}/forged`]);
  assertEquals(run.status, 3, run.log);
  assertMatch(
    run.log,
    /Cannot resume the interrupted receive of \S+ because zfs receive resume token cannot be trusted: its toname is malformed/,
  );
  assertEquals(recordsOf(run, /^Executing: .*-t 1-/), []);
  await src.sh(`mv /tmp/zfs "$(command -v zfs)"`);
  const again = await bzfs(["-v", `${tank}/forged`, `${back}/forged`]);
  assertEquals(again.status, 0, again.log);
  assertEquals(await guidOf(`${back}/forged@2`), selected);
});

/** Last parts of the names of datasets whose receive was resumed. */
function resumed(messages: readonly string[]): readonly (string | undefined)[] {
  const pipelines = messages.filter((message) => /^Executing: .*zfs send .*-t 1-/.test(message));
  return pipelines.map((message) => message.replaceAll("'", "").split("/").at(-1)).sort();
}
