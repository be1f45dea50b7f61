/** The files that `bzfs status` writes. Source: docs/spec/status.md §7, §8. */
import { capture } from "../../scripts/process.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { readMetrics } from "../support/metrics.ts";
import { statusScene } from "../support/status_scene.ts";

Deno.test("bzfs status --prometheus --html", async (t) => {
  await using scene = await statusScene();
  await t.step("writes both beside the table, readable for all", async () => {
    const [metrics, page] = [`${scene.folder}/x.prom`, `${scene.folder}/x.html`];
    await Deno.writeTextFile(metrics, "old", { mode: 0o600 });
    const { status, out, err } = await scene.status(`--prometheus=${metrics}`, `--html=${page}`);
    assertEquals([status, err], [0, ""], out);
    assertMatch(out, /^2 routes: 2 ok/m);
    for (const path of [metrics, page]) assertEquals((await Deno.stat(path)).mode! & 0o777, 0o644);
    const text = await Deno.readTextFile(metrics);
    const values = Object.fromEntries(readMetrics(text).map(({ name, value }) => [name, value]));
    assertEquals([values["bzfs_report_level"], values["bzfs_route_snapshots"]], ["0", "4"]);
    assertEquals(await capture(["promtool", "check", "metrics"], { stdin: text }), { code: 0, stdout: "", stderr: "" });
    assertMatch(
      await Deno.readTextFile(page),
      /^<!DOCTYPE html>[^]*<span class="name">tank\/data<\/span>[^]*<\/html>$/,
    );
    const left = [...Deno.readDirSync(scene.folder)].map(({ name }) => name).toSorted();
    assertEquals(left, ["bzfs-logs", "fleet.yaml", "x.html", "x.prom"]);

    const printed = await scene.status("--prometheus=-");
    assertEquals(readMetrics(printed.out).map(({ name }) => name), readMetrics(text).map(({ name }) => name));
    assertMatch((await scene.status("--html", "-")).out, /^<!DOCTYPE html>/);
  });

  await t.step(
    "the metrics of another job file are not overwritten, and not joined by others of the same job-id",
    async () => {
      const folder = `${scene.folder}/collected`;
      await Deno.mkdir(folder);
      const [first, second] = [`${folder}/a.prom`, `${folder}/b.prom`];
      const write = (path: string, ...words: string[]) => scene.status("--offline", `--prometheus=${path}`, ...words);
      assertEquals((await write(first)).status, 0);
      const before = await Deno.readTextFile(first);
      assertMatch(before, new RegExp(`^# bzfs status of \\{"jobFile":"${scene.jobFile}","jobId":"fleet"\\}\n# HELP `));
      await Deno.mkdir(`${scene.folder}/other`);
      const other = `${scene.folder}/other/fleet.yaml`;
      await Deno.copyFile(scene.jobFile, other);
      for (
        const [path, text] of [
          [first, `--prometheus: '${first}' holds the metrics of another job file, ${scene.jobFile}`],
          [second, `--prometheus: '${first}' holds metrics of job-id fleet of another job file, ${scene.jobFile}`],
        ] as const
      ) {
        const { status, err } = await write(path, `--config=${other}`);
        assertEquals(status, 2, err);
        assertStringIncludes(err, text);
        assertMatch(err, /hint: Give each job file a /);
      }
      assertEquals([await Deno.readTextFile(first), [...Deno.readDirSync(folder)].length], [before, 1]);
      // The same one, by another name of its path; one with a job-id of its own; and what says nothing.
      const again = `--config=${scene.folder}/other/../fleet.yaml`;
      assertEquals((await write(first, again)).err, "");
      await Deno.writeTextFile(other, `${await Deno.readTextFile(other)}job-id: mine\n`);
      assertEquals((await write(second, `--config=${other}`)).err, "");
      await Deno.writeTextFile(first, "# bzfs status of {}\n");
      assertEquals((await write(first)).err, "");
    },
  );

  await t.step("--watch writes at each look, and ends with 3 if that was not possible", async () => {
    const folder = `${scene.folder}/metrics`;
    await Deno.mkdir(folder);
    const child = scene.start("--watch=100 milliseconds", `--prometheus=${folder}/x.prom`);
    const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    const seen = new Set<string>();
    while (seen.size < 2) {
      const found = await Deno.readTextFile(`${folder}/x.prom`).catch(() => undefined);
      const made = found?.match(/^bzfs_report_timestamp_seconds\S+ (\S+)$/m)?.[1];
      if (made !== undefined) seen.add(made);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Deno.rename(folder, `${folder}-gone`);
    const { value = "" } = await errors.read();
    assertMatch(value, /^ERROR: Cannot write '\S+\/metrics\/x\.prom': No such file or directory/);
    child.kill("SIGINT");
    while (!(await errors.read()).done);
    assertEquals((await child.status).code, 3);
    assert([...Deno.readDirSync(`${folder}-gone`)].every(({ name }) => name === "x.prom"));
  });
});

Deno.test("bzfs status refuses a path that is no file of its own, before a host is asked", async () => {
  await using scene = await statusScene({ isFresh: false });
  const at = (name: string): string => `${scene.folder}/${name}`;
  await Deno.writeTextFile(at("target"), "mine", { mode: 0o644 });
  await Deno.symlink(at("target"), at("link"));
  await Deno.mkdir(at("folder"));
  assertEquals((await capture(["mkfifo", at("fifo")])).code, 0);
  for (
    const [words, text] of [
      [[`--html=${at("fifo")}`], `--html: Cannot write '${at("fifo")}': it is not a regular file`],
      [[`--html=${at("link")}`], `--html: Cannot write '${at("link")}': it is a symbolic link`],
      [[`--prometheus=${at("link")}`], `--prometheus: Cannot write '${at("link")}': it is a symbolic link`],
      [[`--prometheus=${at("folder")}`], `--prometheus: Cannot write '${at("folder")}': it is a folder`],
      [["--prometheus=/dev/null"], "--prometheus: Cannot write '/dev/null': it is a device"],
      [[`--prometheus=${at("no/x")}`], `--prometheus: Cannot write '${at("no/x")}': No such file or directory`],
      [["--prometheus=x", "--html=./x"], "--prometheus and --html must not be the same"],
      [["--json", "--html=-"], "argument --json: not allowed with argument --html -"],
      [["--prometheus=-", "--html=-"], "argument --prometheus -: not allowed with argument --html -"],
    ] as const
  ) {
    const { status, err } = await scene.status(...words);
    assertEquals(status, 2, err);
    assertStringIncludes(err, text);
  }
  assertEquals(await Deno.readTextFile(at("target")), "mine");
});
