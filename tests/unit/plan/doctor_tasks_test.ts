/**
 * What `bzfs doctor` wants of users without elevation: the words of `zfs allow` by what a job does (docs/spec/replication.md
 * §18).
 * @module
 */
import { planDoctor } from "../../../lib/plan/doctor/mod.ts";
import { assertEquals } from "../../support/assert.ts";
import { jobOf } from "../../support/job.ts";

function wordsOf(...options: readonly string[]): readonly string[] {
  const plan = planDoctor([{ job: jobOf(["tank/a", "back/b", ...options]), isRemovable: false }]);
  return plan.tasks.flatMap(({ roots }) => roots.map(({ dataset, permissions }) => `${dataset} ${permissions.join()}`));
}

const CASES: Readonly<Record<string, readonly [options: readonly string[], words: readonly string[]]>> = {
  "replication": [[], ["tank/a bookmark,destroy,mount,send", "back/b create,mount,receive"]],
  "renames that are followed": [["--follow-renames"], [
    "tank/a bookmark,destroy,mount,send",
    "back/b create,mount,receive,rename",
  ]],
  "what a set-aside does": [["--on-conflict=set-aside"], [
    "tank/a bookmark,destroy,mount,send",
    "back/b canmount,clone,create,mount,promote,readonly,receive,rename,userprop",
  ]],
  "new snapshots, which need mount, too": [["--create-src-snapshots", "--skip-replication"], [
    "tank/a mount,snapshot",
    "back/b ",
  ]],
};

for (const [name, [options, words]] of Object.entries(CASES)) {
  Deno.test(`planDoctor() asks for the rights of ${name}`, () => assertEquals(wordsOf(...options), words));
}
