/** `bzfs status` as a process, against simulated hosts. Source: docs/spec/status.md. */
import { ifThere } from "../../lib/host/files/files.ts";
import { type AlertCase, assertAlertsFire } from "../support/alerts.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { schemaErrors } from "../support/json_schema.ts";
import { STATE_SCHEMA, STATUS_SCHEMA } from "../../scripts/status_schema.ts";
import { addBareDataset, STATUS_CASES } from "../support/status_cases.ts";
import type { Place, RunStatus, StatusReport } from "../../lib/model/status/mod.ts";
import { poolOf, statusScene } from "../support/status_scene.ts";

Deno.test("bzfs status finds every way to lose a backup, and none where all is well", async (t) => {
  await using scene = await statusScene();
  const metricsFile = `${scene.folder}/status.prom`;
  /** What the last look wrote, if it came so far. */
  const takeMetrics = (): string | undefined => {
    const text = ifThere(() => Deno.readTextFileSync(metricsFile));
    if (text !== undefined) Deno.removeSync(metricsFile);
    return text;
  };
  await t.step("all is well, in every form", async () => {
    const table = await scene.status();
    assertEquals(table.status, 0, table.out + table.err);
    assertMatch(table.out, /^web1 tank\/data → nas \(2 datasets\) +\d\d:\d\d +– +4 +\d\d:\d\d, \S+ KiB +ok$/m);
    assertMatch(table.out, /^2 routes: 2 ok, 0 warning, 0 critical$/m);
    const document = JSON.parse((await scene.status("--json")).out);
    assertEquals(schemaErrors(document, STATUS_SCHEMA), []);
    assertEquals([document.level, document.routes.length, document.runs.length, document.findings], ["ok", 2, 5, []]);
    const nagios = await scene.status("--nagios");
    assertMatch(nagios.out, /^OK - 2 routes of fleet \| routes=2 ok=2 warning=0 critical=0 /);
    for await (const { name } of Deno.readDir(scene.stateFolder)) {
      const state = JSON.parse(await Deno.readTextFile(`${scene.stateFolder}/${name}`));
      assertEquals(schemaErrors(state, STATE_SCHEMA), [], name);
    }
  });
  await scene.status("--prometheus", metricsFile);
  const well = takeMetrics();
  const cases: AlertCase[] = [];
  for (const { name, finding, status, words = [], lose } of STATUS_CASES) {
    await t.step(name, async () => {
      await scene.reset();
      await lose(scene);
      const ended = await scene.status("--nagios", "--prometheus", metricsFile, ...words);
      cases.push({ name, metrics: takeMetrics() });
      assertEquals(ended.status, status, ended.out + ended.err);
      assertMatch(ended.out, status === 1 ? /^WARNING - / : /^CRITICAL - /);
      if (finding !== undefined) assertMatch(ended.out, new RegExp(`^(WARNING|CRITICAL): .* \\[${finding}\\]$`, "m"));
    });
  }
  await t.step("an alert fires for each of these ways, and none where all is well", async () => {
    assertEquals([cases.length, well === undefined], [STATUS_CASES.length, false]);
    await assertAlertsFire(cases, well!);
  });
  for (const name of ["sub", "/tank/data/sub", "/back/web1/data/sub"]) {
    await t.step(`a dataset that is excluded as ${name} is no finding any more, whichever side it is on`, async () => {
      const look = async (): Promise<readonly string[]> => {
        const { findings }: StatusReport = JSON.parse((await scene.status("--json", "--dst-host=nas")).out);
        return findings.map(({ id, about, message }) => `${id} ${about} ${message}`);
      };
      const destroy = (host: "web1" | "nas", dataset: string): Promise<void> =>
        scene.change(host, (sim) => poolOf(sim).remove(dataset));
      const exclude = (text: string): string => text.replace("bzfs: {", `bzfs: {exclude-dataset: [${name}], `);
      await scene.reset();
      await destroy("nas", "back/web1/data/sub");
      assertEquals((await look()).length, 1);
      await scene.writeJobFile(exclude);
      assertEquals(await look(), []);
      await destroy("web1", "tank/data/sub");
      assertEquals(await look(), []);
      await scene.reset();
      await destroy("web1", "tank/data/sub");
      assertEquals((await look()).length, 1);
      await scene.writeJobFile(exclude);
      assertEquals(await look(), []);
    });
  }
  await t.step("a host that hangs keeps no other from being told", async () => {
    await scene.reset();
    await scene.onSsh('[ "$host" != nas ] || exec sleep 300');
    const { out } = await scene.status("--query-timeout=2 seconds");
    assertMatch(out, /^web1 tank\/data → hub .* ok$/m);
  });
  await t.step("a host that ssh does not reach is told with ssh's reason, not with its command", async () => {
    await scene.reset();
    const reason = "ssh: Could not resolve hostname nas: Name or service not known";
    await scene.onSsh(`[ "$host" != nas ] || { echo '${reason}' >&2; exit 255; }`);
    const { out } = await scene.status();
    assertMatch(out, new RegExp(`^web1 tank/data → nas .* CRITICAL {2}${reason}$`, "m"));
    assertMatch(out, new RegExp(`^CRITICAL {2}nas: ${reason} {2}\\[host-unreachable\\]$`, "m"));
  });
  await t.step("a run that is stuck, and one that is at work", async () => {
    await scene.reset();
    await scene.runHanging(["--replicate", "--dst-host=nas"], async () => {
      while (true) {
        const { runs } = JSON.parse((await scene.status("--json", "--offline")).out);
        if (runs.some(({ running }: { running?: object }) => running !== undefined)) break;
      }
      assertEquals((await scene.status()).status, 0);
      await scene.writeJobFile((text) => `${text}busy-limit: 1 seconds\n`);
      const { status, out } = await scene.status();
      assertEquals(status, 1, out);
      assertMatch(out, /^hub replicate of fleet .* WARNING {2}process \d+ has been at work for \d+ s$/m);
      assertMatch(out, /\[run-stuck\]$/m);
    });
  });
  for (const [signal, ...words] of [["SIGKILL"], ["SIGTERM", "--spawn-process-per-job"]] as const) {
    await t.step(`a daemon is told while it is at work, and after ${signal}`, async () => {
      await scene.reset();
      const replication = async (): Promise<RunStatus> => {
        const { runs }: StatusReport = JSON.parse((await scene.status("--json", "--offline")).out);
        return runs.find(({ action }) => action === "replicate")!;
      };
      const until = async (isIt: (run: RunStatus) => boolean): Promise<RunStatus> => {
        const endMs = performance.now() + 120_000;
        for (;;) {
          const run = await replication();
          if (isIt(run)) return run;
          assert(performance.now() < endMs, JSON.stringify(run));
        }
      };
      const before = await replication();
      let failed: RunStatus | undefined;
      await scene.runDaemon(["--dst-host=nas", ...words], signal, async () => {
        const well = await until(({ last }) => last?.startedAt !== before.last!.startedAt);
        assertEquals([well.level, well.last!.exitStatus, well.running === undefined], ["ok", 0, false]);
        await scene.onSsh("exit 255");
        failed = await until(({ last }) => last!.exitStatus !== 0);
        assertEquals([failed.level, failed.succeededAt! >= well.succeededAt!], ["warning", true]);
      });
      const { running, history } = await replication();
      assertEquals([running, history.at(-1)!.exitStatus === 0], [undefined, false]);
      if (signal === "SIGKILL") assertEquals(history.at(-1), failed!.last);
    });
  }
  await t.step("runs that end together keep both what they did, and a full disk fails no run", async () => {
    await scene.reset();
    const before = JSON.parse((await scene.status("--json", "--offline")).out).runs[0].history.length;
    const both = await Promise.all([scene.run("--create-src-snapshots"), scene.run("--create-src-snapshots")]);
    assertEquals(both.map(({ status }) => status === 0 || status === 4), [true, true], both[0].log + both[1].log);
    assertEquals(JSON.parse((await scene.status("--json", "--offline")).out).runs[0].history.length, before + 2);
    await Deno.remove(scene.stateFolder, { recursive: true });
    await Deno.writeTextFile(scene.stateFolder, "");
    const { status, log } = await scene.run("--create-src-snapshots");
    assertEquals(status, 0, log);
    assertEquals(log.match(/^\[W\] Cannot keep the state for bzfs status: /gm)?.length, 1, log);
  });
  await t.step("pairs that share a source are routes of their own", async () => {
    await scene.reset();
    await scene.writeJobFile((text) => text.replace("dst: data}", "dst: data}, {src: tank/data, dst: twice}"));
    const { routes } = JSON.parse((await scene.status("--json", "--offline")).out);
    assertEquals(
      routes.map(({ destination }: { destination: Place }) => `${destination.host} ${destination.dataset}`).toSorted(),
      ["hub usb/web1/data", "hub usb/web1/twice", "nas back/web1/data", "nas back/web1/twice"],
    );
  });
  await t.step("--watch looks again until it is interrupted", async () => {
    await scene.reset();
    const { status, out } = await scene.watch(["--watch=1 seconds", "--offline"], /(2 routes: [^]*){2}/);
    assertEquals(status, 0, out);
    assert(!out.includes("\x1b"), out);
  });
  for (
    const [words, out] of [[["--watch=1 seconds"], ""], [
      ["--nagios"],
      "UNKNOWN - bzfs status: Interrupted by SIGINT\n",
    ]] as const
  ) {
    await t.step(`${words[0]}: an interrupt while hosts are asked is no finding`, async () => {
      await scene.reset();
      assertEquals(await scene.interrupt(...words), { status: 254, out, err: "bzfs: error: Interrupted by SIGINT\n" });
    });
  }
  await t.step("--watch reads the job file again before each look", async () => {
    await scene.reset();
    const remove = (): Promise<void> =>
      scene.writeJobFile((text) => text.replace("  - {name: nas, root-dataset: back/^SRC_HOST}\n", ""));
    const { status, out } = await scene.watch(["--watch=1 seconds", "--offline"], /^1 route: /m, remove);
    assertEquals(status, 0, out);
    assertMatch(out, /^2 routes: 2 ok/m);
  });
  await t.step("a dataset that was just created has the time of its limit to get a snapshot", async () => {
    await scene.reset();
    await addBareDataset(scene, 3.9);
    const { status, out } = await scene.status();
    assertEquals(status, 0, out);
    assertMatch(out, /^web1 tank\/data → nas \(3 datasets, 1 new\) +\d\d:\d\d .* ok$/m);
    const { routes }: StatusReport = JSON.parse((await scene.status("--json")).out);
    assertEquals(routes.map(({ newDatasets }) => newDatasets), [1, 1]);
  });
  for (
    const [name, hours, told] of [
      ["monitor-snapshots-dont-crit", 6, /^not counted: CRITICAL: .* \[route-late\]$/m],
      ["monitor-snapshots-dont-warn", 3.5, /^not counted: WARNING: .* \[route-late\]$/m],
    ] as const
  ) {
    await t.step(`${name} is honoured as by a run that monitors`, async () => {
      await scene.reset();
      await scene.age("nas", hours);
      const usual = await scene.status("--nagios");
      assert(usual.status > 0, usual.out);
      await scene.writeJobFile((text) => text.replace("recursive: true", `recursive: true, ${name}: true`));
      const monitored = await scene.run("--monitor-dst-snapshots");
      assertEquals(monitored.status, 0, monitored.log);
      const { status, out } = await scene.status("--nagios");
      assertEquals(status, 0, out);
      assertMatch(out, told);
    });
  }
  await t.step("a removable drive may be away for a while", async () => {
    await scene.reset();
    await scene.change("localhost", (host) => host.removePool("usb"));
    const { status, out } = await scene.status();
    assertEquals(status, 0, out);
  });
  await t.step("--offline asks nobody", async () => {
    await scene.reset();
    await scene.onSsh("exit 255");
    const { status, out } = await scene.status("--offline");
    assertEquals(status, 0, out);
    assertMatch(out, /; no host was asked$/m);
    await scene.ageState(5);
    const late = await scene.status("--offline");
    assertEquals(late.status, 2, late.out);
    assertMatch(late.out, /\[route-late\]/);
  });
});

Deno.test("a host without a part in the schedule is a warning if runs were there, under its name only if the file has a schedule", async () => {
  await using scene = await statusScene({ isFresh: false });
  const text = await Deno.readTextFile(scene.jobFile);
  const about = async (folder: string, schedule: string): Promise<readonly (readonly unknown[])[]> => {
    await Deno.mkdir(`${scene.folder}/${folder}`);
    const config = `--config=${scene.folder}/${folder}/fleet.yaml`;
    await Deno.writeTextFile(config.slice("--config=".length), text.replace(/^schedule:.*\n/m, schedule), {
      mode: 0o600,
    });
    const look = async (...words: readonly string[]): Promise<readonly unknown[]> => {
      const { out } = await scene.status(config, "--offline", "--json", ...words);
      const { findings, noRunsExpected } = JSON.parse(out) as StatusReport;
      return [findings.some(({ id }) => id === "host-not-in-job"), noRunsExpected];
    };
    const before = await look("--localhost=desk");
    const { status, log } = await scene.run(config, "--localhost=desk", "--create-src-snapshots");
    assertEquals(status, 0, log);
    const [own, other] = [await look("--localhost=desk"), await look("--localhost=laptop")];
    return [before, own, await look("--localhost=desk", "--src-host=web1"), other, await look("--localhost=hub")];
  };
  const [yes, no, inSchedule] = [[true, true], [false, true], [false, undefined]];
  const withSchedule = await about("with", "schedule: {mode: bastion, bastion: hub}\n");
  assertEquals(withSchedule, [no, yes, no, yes, inSchedule]);
  assertEquals(await about("without", ""), [no, no, no, yes, inSchedule]);
});

Deno.test("bzfs status: wrong words and wrong job files are status 2, before a host is asked", async () => {
  await using scene = await statusScene({ isFresh: false });
  await scene.onSsh("echo asked >&2");
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
    assert(!err.includes("asked"), err);
  }
  await scene.writeJobFile((text) => text.replace(/^monitor.*\n/m, ""));
  const unlimited = await scene.status("--nagios");
  assertEquals(unlimited.status, 2);
  assertMatch(unlimited.out, /^CRITICAL - bzfs status: The job file has no monitoring plan/);
  assertMatch(unlimited.err, /hint: Add monitor-snapshot-plan/);
});
