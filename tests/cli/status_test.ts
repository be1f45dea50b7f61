/** `bzfs status` as a process, against simulated hosts. Source: docs/spec/status.md. */
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { schemaErrors } from "../support/json_schema.ts";
import { STATUS_SCHEMA } from "../../scripts/status_schema.ts";
import { statusScene } from "../support/status_scene.ts";

Deno.test("bzfs status: a fleet whose backups are fresh is ok in every form", async () => {
  await using scene = await statusScene();
  const table = await scene.status();
  assertEquals(table.status, 0, table.out + table.err);
  assertMatch(table.out, /^web1 tank\/data → nas \(2 datasets\) +\d\d:\d\d +– +4 +\S+ +ok$/m);
  assertMatch(table.out, /^2 routes: 2 ok, 0 warning, 0 critical$/m);
  const json = await scene.status("--json");
  const document = JSON.parse(json.out);
  assertEquals(schemaErrors(document, STATUS_SCHEMA), []);
  assertEquals([document.level, document.routes.length, document.findings], ["ok", 2, []]);
  const nagios = await scene.status("--nagios");
  assertMatch(nagios.out, /^OK - 2 routes of fleet \| routes=2 ok=2 warning=0 critical=0 /);
});

Deno.test("bzfs status: wrong words and wrong job files are status 2, before a host is asked", async () => {
  await using scene = await statusScene({ isFresh: false });
  for (
    const [words, text] of [
      [["--jsom"], "bzfs status: hint: Did you mean --json?"],
      [["--json", "--nagios"], "argument --json: not allowed with argument --nagios"],
      [["--watch=soon"], "argument --watch: "],
      [["--src-host=nobody"], "--src-host must be a subset of --src-hosts"],
      [["tank"], "unrecognized arguments: tank"],
    ] as const
  ) {
    const { status, out, err } = await scene.status(...words);
    assertEquals([status, out.startsWith("CRITICAL - ")], [2, (words as readonly string[]).includes("--nagios")], err);
    assertStringIncludes(err, text);
  }
  await scene.writeJobFile((text) => text.replace(/^monitor.*\n/m, ""));
  const unlimited = await scene.status("--nagios");
  assertEquals(unlimited.status, 2);
  assertMatch(unlimited.out, /^CRITICAL - bzfs status: The job file has no monitoring plan/);
  assertMatch(unlimited.err, /hint: Add monitor-snapshot-plan/);
});
