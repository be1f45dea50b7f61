/**
 * `--plan-file` and `--apply-plan` as processes, of both programs, against simulated hosts.
 */
import type { PlanDocument } from "../../lib/report/plan_file/document.ts";
import { PLAN_SCHEMA } from "../../scripts/plan_schema.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { schemaErrors } from "../support/json_schema.ts";
import { type Scene, scene as outputScene } from "../support/output_scene.ts";

const PRUNE =
  "-r --skip-replication --delete-dst-snapshots --delete-dst-snapshots-no-crosscheck --delete-dst-datasets " +
  "tank/src back/dst";

/** A copy with `@own` and a dataset `back/dst/old` that the source lacks, and a source without `a@1`. */
async function diverged(): Promise<Scene> {
  const it = await outputScene();
  const made = await it.sh(
    `set -e; $BZFS -r tank/src back/dst; zfs snapshot back/dst/a@own; zfs create back/dst/old
    zfs snapshot back/dst/old@x; zfs destroy tank/src/a@1`,
  );
  assertEquals([made.status, made.err], [0, ""]);
  return it;
}

function planOf(it: Scene, name = "plan"): PlanDocument {
  const plan = JSON.parse(it.read(name)) as PlanDocument;
  assertEquals(schemaErrors(plan, PLAN_SCHEMA), []);
  return plan;
}

/** Names of what a plan would destroy, in its order. */
function doomed({ runs }: PlanDocument): string[] {
  return runs.flatMap(({ datasets }) =>
    datasets.flatMap(({ dataset, destroy = [] }) => destroy.map(({ name }) => dataset + name))
  );
}

async function names(it: Scene): Promise<string[]> {
  const back = (await it.sims.read("localhost")).poolOf("back")!;
  const all = back.datasets.flatMap(({ name, snapshots }) => [name, ...snapshots.map(({ tag }) => `${name}@${tag}`)]);
  return all.filter((name: string) => name.startsWith("back/dst/")).sort();
}

Deno.test("a plan says what a run would do, and the run that applies it does that", async () => {
  await using it = await diverged();
  const before = await names(it);
  const planned = await it.sh(`$BZFS ${PRUNE} --dryrun --plan-file=$D/plan`);
  assertEquals(planned.status, 0, planned.err);
  assertEquals(await names(it), before);
  assertEquals(Deno.statSync(`${it.folder}/plan`).mode! & 0o777, 0o600);
  const plan = planOf(it);
  assertEquals(doomed(plan).sort(), ["back/dst/a@1", "back/dst/a@own", "back/dst/old", "back/dst/old@x"]);
  const table = planned.out.trimEnd().split("\n");
  assertEquals(
    table.at(-1)!,
    "Plan: create 0, receive 0, destroy 4, held back 0. Nothing has been done.",
  );
  assertMatch(table[0]!, /^localhost {2}back\/dst\/old {2}destroy {2}2: @x … the dataset \(not on source\)/);
  assertStringIncludes(planned.err, "Dry Deleting");
  const shown = await it.sh(`$BZFS ${PRUNE} --apply-plan=$D/plan --dryrun`);
  assertEquals([shown.status, await names(it)], [0, before], shown.out);
  const applied = await it.sh(`$BZFS ${PRUNE} --apply-plan=$D/plan`);
  assertEquals(applied.status, 0, applied.out + applied.err);
  assertEquals(await names(it), ["back/dst/a", "back/dst/a@2"]);
});

Deno.test("what limits hold back is in the plan, with all that goes along, and applying the plan lets it go", async () => {
  await using it = await diverged();
  const words = `${PRUNE} --delete-limit=0 --delete-datasets-limit=0`;
  const before = await names(it);
  const planned = await it.sh(`$BZFS ${words} --dryrun --plan-file=$D/plan`);
  assertEquals(planned.status, 5, planned.err);
  assertMatch(planned.out, /^localhost {2}back\/dst\/a +HELD BACK {2}2 of 3: @1 … @own \(limit\)$/m);
  assertMatch(planned.out, /^localhost {2}back\/dst\/old +HELD BACK {2}the dataset \(limit\)$/m);
  assertMatch(planned.out, /^localhost {2}back\/dst\/old +HELD BACK {2}1 of 1: @x \(limit\)$/m);
  assertMatch(planned.out, /^Plan: create 0, receive 0, destroy 0, held back 4\. Nothing has been done\.$/m);
  const held = await it.sh(`$BZFS ${words}`);
  assertEquals([held.status, await names(it)], [5, before]);
  const applied = await it.sh(`$BZFS ${words} --apply-plan=$D/plan`);
  assertEquals(applied.status, 0, applied.out + applied.err);
  assertEquals(await names(it), ["back/dst/a", "back/dst/a@2"]);
});

Deno.test("a dataset that is held back for a foreign snapshot goes by the plan, with all that goes along", async () => {
  await using it = await diverged();
  const words = `${PRUNE} --delete-limit=0 --foreign-snapshots=keep --own-names=own`;
  await it.sh("zfs create back/dst/old/b; zfs snapshot back/dst/old/b@own");
  const before = await names(it);
  const planned = await it.sh(`$BZFS ${words} --dryrun --plan-file=$D/plan`);
  assertEquals(planned.status, 5, planned.err);
  const held = planOf(it).runs.flatMap(({ datasets }) =>
    datasets.flatMap(({ dataset, heldBack = [] }) => heldBack.map(({ name, reason }) => `${dataset}${name} ${reason}`))
  );
  assertEquals(held.filter((name) => name.includes("old")).sort(), [
    "back/dst/old foreign",
    "back/dst/old/b foreign",
    "back/dst/old/b@own limit", // pruning says so, too
    "back/dst/old@x foreign",
  ]);
  assertEquals([(await it.sh(`$BZFS ${words}`)).status, await names(it)], [5, before]);
  const applied = await it.sh(`$BZFS ${words} --apply-plan=$D/plan`);
  assertEquals(applied.status, 0, applied.out + applied.err);
  assertEquals((await names(it)).filter((name) => name.includes("old")), []);
});

Deno.test("a rollback that limits hold back goes by the plan, and by name: what is newer since then keeps it", async () => {
  await using it = await diverged();
  const words = "-r --force --retries=0 --delete-limit=0 tank/src back/dst";
  await it.sh("zfs snapshot tank/src/a@3");
  const planned = await it.sh(`$BZFS ${words} --dryrun --plan-file=$D/plan`);
  assertEquals(planned.status, 5, planned.err);
  const plan = planOf(it).runs[0]!.datasets.find(({ dataset }) => dataset === "back/dst/a")!;
  assertEquals(plan.heldBack?.map(({ name }) => name), ["@own", "changes since @2"]);
  await it.sh("zfs snapshot back/dst/a@late");
  const kept = await it.sh(`$BZFS ${words} --apply-plan=$D/plan`);
  assertEquals(kept.status, 5, kept.out + kept.err);
  assertEquals((await names(it)).filter((name) => /@(own|late|3)$/.test(name)), ["back/dst/a@late", "back/dst/a@own"]);
  await it.sh("zfs destroy back/dst/a@late");
  const applied = await it.sh(`$BZFS ${words} --apply-plan=$D/plan`);
  assertEquals(applied.status, 0, applied.out + applied.err);
  assertEquals(
    (await names(it)).filter((name) => name.startsWith("back/dst/a@")),
    ["1", "2", "3"].map((tag) => `back/dst/a@${tag}`),
  );
});

Deno.test("a rollback that a clone with a foreign snapshot stands in the way of goes by the plan, with the clone", async () => {
  await using it = await diverged();
  const limits =
    "--delete-limit=5 --delete-datasets-limit=1 --foreign-snapshots=keep --own-names=own --own-names='[0-9]'";
  const words = `-r --force --force-destroy-dependents --retries=0 ${limits} tank/src back/dst`;
  await it.sh(
    "zfs snapshot tank/src/a@3; zfs clone back/dst/a@own back/clone; zfs create back/clone/kid; " +
      "zfs snapshot back/clone@own; zfs snapshot back/clone/kid@before-upgrade",
  );
  const clones = async (): Promise<readonly string[]> => {
    const { datasets } = (await it.sims.read("localhost")).poolOf("back")!;
    return datasets.flatMap(({ name }: { name: string }) => name.startsWith("back/clone") ? [name] : []);
  };
  const before = await names(it);
  const planned = await it.sh(`$BZFS ${words} --dryrun --plan-file=$D/plan`);
  const held = planOf(it).runs.flatMap(({ datasets }) =>
    datasets.flatMap(({ dataset, heldBack = [] }) => heldBack.map(({ name }) => `${dataset}${name}`))
  );
  assertEquals(held.sort(), [
    "back/clone",
    "back/clone/kid",
    "back/clone/kid@before-upgrade",
    "back/clone@own",
    "back/dst/a@own",
    "back/dst/achanges since @2",
  ], planned.err);
  const kept = await it.sh(`$BZFS ${words}`);
  assertEquals([kept.status, await names(it), await clones()], [3, before, ["back/clone", "back/clone/kid"]]);
  const applied = await it.sh(`$BZFS ${words} --apply-plan=$D/plan`);
  assertEquals(applied.status, 0, applied.out + applied.err);
  assertEquals([(await names(it)).includes("back/dst/a@3"), await clones()], [true, []]);
});

Deno.test("a plan that is not to be trusted ends the run with status 2 before any host is asked", async () => {
  await using it = await diverged();
  await it.sh(`$BZFS ${PRUNE} --dryrun --plan-file=$D/plan; mkfifo $D/fifo; ln -s plan $D/link`);
  const before = await names(it);
  const asked = it.beforeZfs;
  asked(`echo "$0 $*" >> $D/asked`);
  const text = it.read("plan");
  const files: Readonly<Record<string, string>> = {
    edited: text.replace("back/dst/a", "back/dst/b"),
    cut: text.slice(0, -100),
    empty: "",
    older: text, // with --plan-max-age
    result: '{"format": 1}',
  };
  for (const [name, content] of Object.entries(files)) {
    Deno.writeTextFileSync(`${it.folder}/${name}`, content, { mode: 0o600 });
  }
  Deno.writeTextFileSync(`${it.folder}/open`, text, { mode: 0o600 });
  Deno.chmodSync(`${it.folder}/open`, 0o666);
  const rows: readonly (readonly [file: string, words: string, why: RegExp])[] = [
    ["edited", PRUNE, /was edited/],
    ["cut", PRUNE, /is no plan, or was cut/],
    ["empty", PRUNE, /is no plan, or was cut/],
    ["result", PRUNE, /is no plan of this program/],
    ["older", `${PRUNE} --plan-max-age=1milliseconds`, /is .* old, more than --plan-max-age allows/],
    ["plan", `${PRUNE} --exclude-dataset=x`, /was made for other options/],
    ["plan", PRUNE.replace("-r ", ""), /was made for other options/],
    ["plan", PRUNE.replace("tank/src back/dst", "tank/src back/dst/a"), /was made for other options/],
    ["fifo", PRUNE, /not a regular file/],
    ["link", PRUNE, /is a symbolic link/],
    ["open", PRUNE, /has permissions/],
    ["nowhere", PRUNE, /No such file/],
    ["plan", `${PRUNE} --daemon-lifetime=1days`, /not allowed with a daemon/],
    ["plan", `${PRUNE} --dryrun --plan-file=$D/other`, /not allowed with argument --apply-plan/],
    ["plan", `${PRUNE} --plan-max-age=yesterday`, /Invalid duration format/],
  ];
  for (const [file, words, why] of rows) {
    const run = await it.sh(`$BZFS ${words} --apply-plan=$D/${file}`);
    assertEquals(run.status, 2, `${file} ${words}: ${run.out}${run.err}`);
    assertMatch(run.out + run.err, why);
  }
  const unplanned = await it.sh(`$BZFS ${PRUNE} --plan-file=$D/other`);
  assertEquals([unplanned.status, unplanned.err.includes("needs --dryrun")], [2, true]);
  assertEquals([...Deno.readDirSync(it.folder)].filter(({ name }) => name === "asked" || name === "other"), []);
  assertEquals(await names(it), before);
});

Deno.test("a plan is not written where a result is not, nor into one", async () => {
  await using it = await diverged();
  const run = await it.sh(
    `: > $D/real; ln -s real $D/link
    for words in --plan-file=$D/link --plan-file=/dev/full --plan-file=$D '--plan-file=$D/x --result-file=$D/x'; do
      eval "$BZFS ${PRUNE} --dryrun $words" > /dev/null 2>&1; echo $?
    done`,
  );
  assertEquals(run.out, "3\n3\n3\n3\n");
  assertEquals(it.read("real"), "");
});

const FLEET = (kept: number): string =>
  `root-dataset-pairs: [{src: tank/src, dst: dst}]
src-hosts: [me]
dst-hosts: [{name: me, root-dataset: back}]
src-snapshot-plan: {prod: {onsite: {adhoc: 9}}}
dst-snapshot-plan: {prod: {onsite: {adhoc: ${kept}}}}
always-due: [adhoc]
bzfs: {recursive: true, retries: 0}
`;

/** A fleet of one host that has replicated five snapshots of `tank/src` to `back/dst`, and keeps two of them there now. */
async function fleetScene(): Promise<Scene> {
  const it = await outputScene();
  const write = (kept: number): void => Deno.writeTextFileSync(`${it.folder}/f.yaml`, FLEET(kept), { mode: 0o600 });
  write(9);
  const tags = [1, 2, 3, 4, 5].map((hour) => `prod_onsite_2026-01-01_0${hour}:00:00_adhoc`);
  const made = await it.sh(`set -e; ${tags.map((tag) => `zfs snapshot tank/src@${tag}`).join("; ")}
    bzfs jobrunner --config=$D/f.yaml --localhost=me --log-dir=$D/bzfs-logs --replicate > $D/out 2>&1 || cat $D/out`);
  assertEquals(made.out, "");
  write(2);
  return it;
}

const RUNNER = "bzfs jobrunner --config=$D/f.yaml --localhost=me --log-dir=$D/bzfs-logs";

async function hours(it: Scene, dataset: string): Promise<string> {
  const host = await it.sims.read("localhost");
  const { snapshots } = host.poolOf(dataset)!.find(dataset)!;
  return snapshots.map(({ tag }) => /^prod_.*_0(\d):/.exec(tag)?.[1] ?? "").join("");
}

for (const mode of ["", "--spawn-process-per-job"]) {
  Deno.test(`the plan of a fleet is one file for all subjobs, applied as a whole ${mode}`, async () => {
    await using it = await fleetScene();
    const planned = await it.sh(
      `${RUNNER} ${mode} --prune-src-bookmarks --prune-dst-snapshots --dryrun --plan-file=$D/plan`,
    );
    assertEquals(planned.status, 0, planned.err);
    assertEquals(await hours(it, "back/dst"), "12345");
    const plan = planOf(it);
    assertEquals(plan.runs.map(({ subjob }) => subjob !== undefined), [true, true]);
    assertEquals(doomed(plan).map((name) => name.replace(/.*_0(\d):.*/, "$1")), ["1", "2", "3"]);
    assertMatch(planned.out, /^localhost {2}back\/dst {2}destroy {2}3: @prod.* … @prod.* \(not retained\)/);
    assertMatch(planned.out, /Plan: create 0, receive 0, destroy 3.*Nothing has been done\.\n$/);

    const apply = `${RUNNER} ${mode} --prune-src-bookmarks --prune-dst-snapshots --apply-plan=$D/plan`;
    const text = FLEET(2).replace("9", "8");
    const others = await it.sh(
      `cp -p $D/f.yaml $D/kept; printf '%s' '${text}' > $D/f.yaml; ${apply}; echo $?; cp -p $D/kept $D/f.yaml
      ${RUNNER} ${mode} --prune-dst-snapshots --apply-plan=$D/plan; echo $?; ${apply} --skip-parent; echo $?`,
    );
    assertEquals(others.out, "2\n2\n2\n");
    assertMatch(others.err, /another job file[^]*other options[^]*other options/);
    assertEquals(await hours(it, "back/dst"), "12345");

    const refused = await it.sh(
      `for words in --plan-file=$D/x '--dryrun --plan-file=$D/x --jobrunner-dryrun' '--dryrun --plan-file=$D/x --explain' \
        '--dryrun --daemon-lifetime=1days --plan-file=$D/x' '--apply-plan=$D/plan --daemon-lifetime=1days'; do
        eval "${RUNNER} --prune-dst-snapshots $words" > /dev/null 2>&1; echo $?
      done; ls $D/x 2>&1 | grep -c cannot`,
    );
    assertEquals(refused.out, "2\n2\n2\n2\n2\n1\n");

    // What somebody has made anew under a name of the plan stays, is named, and is for a person to decide about.
    const [first] = doomed(plan);
    await it.sh(`zfs destroy ${first}; zfs snapshot ${first}`);
    const applied = await it.sh(apply);
    assertEquals(applied.status, 5, applied.err);
    assertStringIncludes(applied.out + applied.err, "Left, although the plan holds it");
    assertEquals((await hours(it, "back/dst")).split("").sort().join(""), "145");
    assertEquals(await hours(it, "tank/src"), "12345");
  });
}

Deno.test("the plan of a fleet is applied once, however long that takes", async () => {
  await using it = await fleetScene();
  const words = `${RUNNER} --prune-dst-snapshots --repeat-if-took-more-than-seconds=0.001`;
  const planned = await it.sh(`${RUNNER} --prune-dst-snapshots --dryrun --plan-file=$D/plan`);
  assertEquals(planned.status, 0, planned.err);
  const applied = await it.sh(`timeout 60 ${words} --apply-plan=$D/plan`);
  assertEquals([applied.status, await hours(it, "back/dst")], [0, "45"], applied.out + applied.err);
});
