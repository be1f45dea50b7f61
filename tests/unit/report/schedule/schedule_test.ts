/** What schedulers are told, checked by the schedulers' own tools. */
import { capture } from "../../../../scripts/process.ts";
import { effectiveUid } from "../../../../lib/host/node.ts";
import type { AfterStart, Schedule } from "../../../../lib/report/schedule/schedule.ts";
import { renderCron } from "../../../../lib/report/schedule/cron.ts";
import { renderNomad } from "../../../../lib/report/schedule/nomad.ts";
import { renderSystemd } from "../../../../lib/report/schedule/systemd.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../../support/assert.ts";
import { withTempFolder } from "../../../support/temp.ts";

const AWKWARD = `it's 100% "a" $HOME \\ \${x} %{y}`;

/** A schedule whose tasks run a program that is there. */
function schedule(changes: Partial<Schedule> = {}): Schedule {
  const argv = ["/bin/echo", `--config=/etc/${AWKWARD}`, "--src-host=web1", "--create-src-snapshots"];
  const shellLine = "/bin/echo '--config=100%' --src-host=web1";
  const tasks = ["source", "monitor-source"].map((role) => ({
    name: `bzfs-fleet-${role}`,
    title: `bzfs: ${role} of 100%`,
    argv,
    shellLine,
    unmounts: role === "source",
  }));
  const about = { name: "bzfs-fleet", host: "web1", user: "daemon", home: "/home/no body" };
  return { ...about, every: 5, runLimitMs: 604_800_000, tasks, ...changes };
}

for (const every of [1, 5, 15, "always"] as const) {
  for (const user of ["root", "daemon"]) {
    Deno.test(`renderSystemd() makes units that systemd-analyze accepts: ${every}, ${user}`, async () => {
      await withTempFolder(async (folder) => {
        const text = renderSystemd(schedule({ every, user }));
        const units = text.split(/^# \/etc\/systemd\/system\//m).slice(1).map((part) => part.split("\n"));
        assertEquals(units.length, every === "always" ? 2 : 4);
        const paths = units.map(([name]) => `${folder}/${name}`);
        for (const [index, [, ...lines]] of units.entries()) await Deno.writeTextFile(paths[index]!, lines.join("\n"));
        const { code, stdout, stderr } = await capture(["systemd-analyze", "verify", "--man=no", ...paths]);
        assertEquals(stdout + stderr, "");
        assertEquals(code, 0);
      });
    });
  }

  Deno.test(`renderCron() makes lines that cron installs: ${every}`, async () => {
    await withTempFolder(async (folder) => {
      const text = renderCron(schedule({ every })).replaceAll(/^((?:\S+ ){5})daemon /gm, "$1");
      await Deno.writeTextFile(`${folder}/crontab`, text);
      const isRoot = effectiveUid() === 0;
      const { code, stderr } = await capture(
        isRoot ? ["crontab", "-u", "nobody", `${folder}/crontab`] : ["crontab", "-n", `${folder}/crontab`],
      );
      assertEquals(stderr.replace(/^The syntax of the crontab file was successfully checked\.\n/, ""), "");
      assertEquals(code, 0);
      if (!isRoot) return;
      const listed = await capture(["crontab", "-u", "nobody", "-l"]);
      await capture(["crontab", "-u", "nobody", "-r"]);
      assertEquals(listed.stdout, text);
    });
  });
}

Deno.test("renderCron() prints only what belongs to a failure", async () => {
  const line = (shellLine: string): string => {
    const [task] = schedule().tasks;
    const text = renderCron(schedule({ tasks: [{ ...task!, shellLine }] }));
    return text.split("\n").at(-2)!.replace("*/5 * * * * daemon ", "").replaceAll("\\%", "%");
  };
  const run = async (shellLine: string): Promise<string> => (await capture(["sh", "-c", line(shellLine)])).stdout;
  assertEquals(await run("echo fine"), "");
  assertEquals(await run("sh -c 'echo busy; exit 4'"), "");
  assertEquals(await run("sh -c 'echo bad >&2; exit 3'"), "bad\n");
});

Deno.test("renderCron() starts nothing while the file for maintenance exists, and nothing follows then", () =>
  withTempFolder(async (folder) => {
    const [task] = schedule().tasks;
    const ping = { argv: [], shellLine: "echo ping" };
    for (const after of [undefined, { success: ping, failure: ping }]) {
      const text = renderCron(
        schedule({ tasks: [{ ...task!, shellLine: `sh -c 'echo ran; exit 3'`, ...(after && { after }) }] }),
      );
      const line = text.split("\n").at(-2)!.replace("*/5 * * * * daemon ", "").replaceAll(
        "/run/bzfs.paused",
        `${folder}/paused`,
      );
      const run = async (): Promise<string> => (await capture(["sh", "-c", line])).stdout;
      assertStringIncludes(await run(), "ran\n");
      await Deno.writeTextFile(`${folder}/paused`, "");
      assertEquals(await run(), "");
      await Deno.remove(`${folder}/paused`);
    }
  }));

Deno.test("renderCron() makes a file for /etc/cron.d, and advises nobody to replace a crontab", () => {
  const text = renderCron(schedule({ name: "bzfs-a.b" }));
  const lines = text.trimEnd().split("\n").filter((line) => !line.startsWith("#"));
  assertEquals(lines[0], "SHELL=/bin/sh");
  assert(
    lines.slice(1).every((line) => line.startsWith("*/5 * * * * daemon [ -e /run/bzfs.paused ] && exit; out=$(")),
    text,
  );
  assertStringIncludes(text, "into /etc/cron.d as bzfs-a-b, owned by root"); // cron ignores names with a dot
  assert(!/crontab (?:-u|FILE)/.test(text));
  assertMatch(text, /^# MAILTO=/m);
});

Deno.test("renderSystemd() has a switch for maintenance, a hook for failures, and does not start all hosts at once", () => {
  const units = renderSystemd(schedule()).split(/^# \/etc\/systemd\/system\//m).slice(1);
  for (const unit of units) {
    const isTimer = unit.split("\n")[0]!.endsWith(".timer");
    assertEquals(/^RandomizedDelaySec=10s$/m.test(unit), isTimer);
    assertEquals(/^ConditionPathExists=!\/run\/bzfs\.paused$/m.test(unit), !isTimer);
    assertEquals(/^# OnFailure=notify@%n\.service$/m.test(unit), !isTimer);
    assertEquals(/^Documentation=man:bzfs_jobrunner\(1\) man:bzfs-job-file\(5\)$/m.test(unit), !isTimer);
  }
});

Deno.test("renderSystemd() passes words on as they are", () => {
  const [line = ""] = /^ExecStart=.*$/m.exec(renderSystemd(schedule())) ?? [];
  assertStringIncludes(line, `"--config=/etc/it's 100%% \\"a\\" $$HOME \\\\ $\${x} %%{y}"`);
});

Deno.test("renderSystemd() doubles a dollar sign where systemd undoes that: not in programs and folders", () => {
  const [task] = schedule().tasks;
  const command = { argv: ["/opt/a$b%/c d", "$x"], shellLine: "" };
  const own = { argv: ["/opt/a$b/bzfs", "$x"], unmounts: false, writes: "/srv/a$b" };
  const text = renderSystemd(
    schedule({ home: "/home/a$b", tasks: [{ ...task!, ...own, after: { failure: command } }] }),
  );
  const lines = text.split("\n").filter((line) => /^(?:ExecStart|ExecStartPre|ReadWritePaths)=/.test(line));
  assertEquals(lines, [
    'ExecStart="/opt/a$b/bzfs" "$$x"',
    'ExecStartPre=+/usr/bin/install -d -m 0700 -o daemon "/home/a$$b/.ssh"',
    'ReadWritePaths=-"/home/a$b/.ssh"',
    'ReadWritePaths="/srv/a$b"',
    'ExecStart="/opt/a$b%%/c d" "$$x"',
  ]);
});

for (const every of [5, "always"] as const) {
  Deno.test(`renderSystemd() makes no line that swallows the next one, whatever ends in a backslash: ${every}`, () => {
    for (const end of ["\\", "\\\\", "\\\\\\", "%\\", "\\ "]) {
      const [task] = schedule().tasks;
      const title = `bzfs: source of fleet${end}`;
      const parts = { every, user: `daemon${end}`, home: `/home/x${end}`, tasks: [{ ...task!, title, argv: [end] }] };
      const joined = renderSystemd(schedule(parts)).split("\n").filter((line) => /(?<!\\)\\(\\\\)*$/.test(line));
      assertEquals(joined, []);
    }
  });
}

/** Directives that give a service a mount namespace, by systemd.exec(5). */
const NAMESPACING =
  /^(?:ProtectSystem|ProtectHome|ProtectProc|ProcSubset|ProtectControlGroups|ProtectKernel\w+|Private(?:Tmp|Devices|Mounts|IPC)|(?:Read|Exec|Inaccessible|Bind|NoExec|ReadWrite|ReadOnly)\w*Paths|TemporaryFileSystem|MountFlags|Root\w+|DynamicUser|LogNamespace)=/m;

Deno.test("renderSystemd() lets a service that unmounts share the mounts of the host, and no other one", () => {
  const services = renderSystemd(schedule()).split(/^# \/etc\/systemd\/system\//m).filter((unit) =>
    unit.includes("[Service]")
  );
  assertEquals(services.map((unit) => NAMESPACING.test(unit)), [false, true]);
  for (const unit of services) assertStringIncludes(unit, "\nSystemCallFilter=@system-service @mount @pkey\n");
});

Deno.test("renderSystemd() makes the one folder in the user's home that can be written", () => {
  const text = renderSystemd(schedule()).split("-monitor-source.service\n")[1]!;
  assertStringIncludes(text, '\nExecStartPre=+/usr/bin/install -d -m 0700 -o daemon "/home/no body/.ssh"\n');
  assertStringIncludes(text, '\nReadWritePaths=-"/home/no body/.ssh"\n');
});

Deno.test("renderSystemd() ends a start that takes too long, as systemd can only do for the type exec", () => {
  for (const every of [5, "always"] as const) {
    const limitOf = (runLimitMs: number): string =>
      /^Type=exec$[^]*^(RuntimeMaxSec=.*)$/m.exec(renderSystemd(schedule({ every, runLimitMs })))![1]!;
    assertEquals(limitOf(604_800_000), "RuntimeMaxSec=604800s");
    assertEquals(limitOf(Infinity), "RuntimeMaxSec=infinity");
  }
});

Deno.test("renderNomad() gives the program the 10 s that it needs to end, and makes no other host do its work", () => {
  for (const every of [5, "always"] as const) {
    const text = renderNomad(schedule({ every }));
    const timeouts = [...text.matchAll(/^ {6}kill_timeout = "(\d+)s"$/gm)].map(([, seconds]) => Number(seconds));
    assertEquals([timeouts.length, timeouts.every((seconds) => seconds > 10)], [2, true]);
    assertEquals(text.match(/^ {4}reschedule \{\n {6}attempts {2}= 0\n {6}unlimited = false\n {4}\}$/gm)?.length, 2);
  }
});

Deno.test("renderNomad() makes a job for each task, without expressions but its own", () => {
  const text = renderNomad(schedule());
  assertEquals(text.match(/^job "bzfs-fleet-[a-z-]*" \{$/gm)?.length, 2);
  assertMatch(text, /crons {12}= \["\*\/5 \* \* \* \*"\]\n {4}prohibit_overlap = true/);
  assertStringIncludes(
    text,
    JSON.stringify(`--config=/etc/${AWKWARD}`).replace("${", () => "$${").replace("%{", "%%{"),
  );
  assert([...text].filter((c) => c === "{").length === [...text].filter((c) => c === "}").length);
  assertStringIncludes(renderNomad(schedule({ every: "always" })), 'type = "service"');
});

const after: AfterStart = {
  ping: { argv: ["curl", "https://x/50%?a=$b&c='d'"], shellLine: `echo ping "50%"` },
  success: { argv: ["/bin/true"], shellLine: "echo well" },
  failure: { argv: ["/bin/false"], shellLine: "echo ill" },
};
const followed = schedule().tasks.map((task) => ({ ...task, after, every: 7 }));

Deno.test("what follows a start in cron: nothing after 4, the ping and the one hook after 0, the other one after all else", async () => {
  const run = async (end: string): Promise<string> => {
    const [task] = followed;
    const text = renderCron(schedule({ tasks: [{ ...task!, shellLine: `sh -c 'echo it; exit ${end}'` }] }));
    const line = text.split("\n").at(-2)!;
    assert(line.startsWith("*/7 * * * * daemon [ -e /run/bzfs.paused ] && exit; out="), line);
    assertEquals(/(?<!\\)%/.exec(line), null);
    return (await capture(["sh", "-c", line.replace("*/7 * * * * daemon ", "").replaceAll("\\%", "%")])).stdout;
  };
  assertEquals([await run("0"), await run("4"), await run("5")], ["ping 50%\nwell\n", "", "it\nill\n"]);
});

Deno.test("what follows a start in Nomad keeps its exit status", async () => {
  const [task] = followed;
  const run = async (end: string): Promise<readonly [number, string]> => {
    const text = renderNomad(schedule({ tasks: [{ ...task!, shellLine: `sh -c 'exit ${end}'` }] }));
    assertMatch(text, /crons {12}= \["\*\/7 \* \* \* \*"\]/);
    assertMatch(text, /command = "\/bin\/sh"\n/);
    const script = JSON.parse(/^ +("sh -c.*),$/m.exec(text)![1]!.replaceAll("$${", "${").replaceAll("%%{", "%{"));
    const { code, stdout } = await capture(["sh", "-c", script]);
    return [code, stdout];
  };
  assertEquals([await run("0"), await run("4"), await run("5")], [[0, "ping 50%\nwell\n"], [4, ""], [5, "ill\n"]]);
});

/** The command of the first job, as Nomad runs it, with another path for the file of the pause. */
function nomadArgv(text: string, pauseFile: string): readonly string[] {
  const [, command, args = ""] = /^ +command = (".*")\n +args = \[\n([^]*?)\n +\]$/m.exec(text)!;
  const words = [command!, ...args.split("\n").map((line) => line.trim().replace(/,$/, ""))];
  return words.map((word) =>
    (JSON.parse(word.replaceAll("$${", "${").replaceAll("%%{", "%{")) as string)
      .replaceAll("/run/bzfs.paused", pauseFile)
  );
}

Deno.test("a periodic job of Nomad starts nothing while the file of the pause exists, and nothing follows", () =>
  withTempFolder(async (folder) => {
    const pause = `${folder}/paused`;
    const [task] = schedule().tasks;
    const jobs: readonly (readonly [Schedule, string])[] = [
      [schedule(), `--config=/etc/${AWKWARD} --src-host=web1 --create-src-snapshots\n`],
      [schedule({ tasks: [{ ...followed[0]!, shellLine: "echo it" }] }), "it\nping 50%\nwell\n"],
      [schedule({ tasks: [{ ...task!, argv: ["/bin/sh", "-c", "exit 5"] }] }), ""],
    ];
    for (const [about, output] of jobs) {
      const argv = nomadArgv(renderNomad(about), pause);
      Deno.writeTextFileSync(pause, "");
      const paused = await capture(argv);
      Deno.removeSync(pause);
      const { code, stdout } = await capture(argv);
      assertEquals([paused.code, paused.stdout, code, stdout], [0, "", output === "" ? 5 : 0, output]);
    }
  }));

Deno.test("a service of Nomad waits while the file of the pause exists, and can be ended then", () =>
  withTempFolder(async (folder) => {
    const [pause, started] = [`${folder}/paused`, `${folder}/started`];
    const [task] = schedule().tasks;
    const own = { argv: ["/bin/sh", "-c", `echo $$ > ${started}; exec sleep 60`] };
    const [program = "", ...args] = nomadArgv(
      renderNomad(schedule({ every: "always", tasks: [{ ...task!, ...own }] })),
      pause,
    );
    const start = (): Deno.ChildProcess => new Deno.Command(program, { args }).spawn();
    const isStarted = (): boolean => [...Deno.readDirSync(folder)].some(({ name }) => name === "started");
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    Deno.writeTextFileSync(pause, "");
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const ended = start();
      await sleep(200);
      ended.kill(signal);
      await ended.status;
    }
    const service = start();
    await sleep(1300);
    assertEquals(isStarted(), false);
    Deno.removeSync(pause);
    for (let tries = 0; tries < 100 && !isStarted(); tries++) await sleep(100);
    await sleep(100);
    assertEquals(Number(Deno.readTextFileSync(started)), service.pid);
    service.kill("SIGINT"); // the program itself gets it
    assertEquals((await service.status).signal, "SIGINT");
  }));

for (const user of ["root", "daemon"]) {
  Deno.test(`what follows a start has units of its own that systemd-analyze accepts: ${user}`, async () => {
    await withTempFolder(async (folder) => {
      const ping = { ...after.ping!, argv: ["/bin/echo", ...after.ping!.argv.slice(1)] };
      const text = renderSystemd(
        schedule({ user, tasks: [{ ...followed[0]!, after: { ...after, ping } }, schedule().tasks[1]!] }),
      );
      const units = text.split(/^# \/etc\/systemd\/system\//m).slice(1).map((part) => part.split("\n"));
      const names = units.map(([name = ""]) => name.replace("bzfs-fleet-", ""));
      const followers = ["source-ping.service", "source-success.service", "source-failure.service"];
      assertEquals(names.filter((name) => name.startsWith("source-")), followers);
      const paths = units.map(([name]) => `${folder}/${name}`);
      for (const [index, [, ...lines]] of units.entries()) await Deno.writeTextFile(paths[index]!, lines.join("\n"));
      const { code, stdout, stderr } = await capture(["systemd-analyze", "verify", "--man=no", ...paths]);
      assertEquals([code, stdout + stderr], [0, ""]);
      const [service = ""] = units.map((lines) => lines.join("\n"));
      assertMatch(service, /^OnSuccess=bzfs-fleet-source-ping\.service bzfs-fleet-source-success\.service$/m);
      assertMatch(service, /^OnFailure=bzfs-fleet-source-failure\.service$/m);
      assertStringIncludes(text, ` /bin/echo "https://x/50%%?a=$$b&c='d'"`);
    });
  });
}
