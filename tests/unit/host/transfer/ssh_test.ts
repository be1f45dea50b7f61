/** Transfers through a real ssh: who is blamed, and what is left after an interrupt. */
import { Processes } from "../../../../lib/host/process/process.ts";
import { runTransfer, type TransferContext } from "../../../../lib/host/transfer/transfer.ts";
import { TransferError } from "../../../../lib/model/transfer_error.ts";
import type { Leg, Pipeline, Stage, StageRole } from "../../../../lib/model/pipeline.ts";
import { SILENT_LOGGER } from "../../../../lib/model/log.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../../support/assert.ts";
import { startSshd } from "../../../support/sshd.ts";
import { withTempFolder } from "../../../support/temp.ts";

const ROLES = ["send", "compress", "buffer", "decompress", "receive"] as const;

const SHAPES = [
  { name: "push", far: ["dst"] },
  { name: "pull", far: ["src"] },
  { name: "pull-push", far: ["src", "dst"] },
  { name: "r2r push", far: ["src", "dst"], via: "src", nested: "dst" },
  { name: "r2r pull", far: ["src", "dst"], via: "dst", nested: "src" },
  { name: "same remote", far: ["src", "dst"], via: "dst" },
] as const;

function sh(role: StageRole, script: string): Stage {
  return { role, argv: ["sh", "-c", script] };
}

function pipelineOf(shape: typeof SHAPES[number], stages: readonly Stage[]): Pipeline {
  const middle = "via" in shape ? [] : stages.slice(2, 3);
  const legs: readonly Leg[] = [
    { host: "src", stages: stages.slice(0, 2) },
    ...("via" in shape ? [] : [{ host: "local", stages: middle } as const]),
    { host: "dst", stages: stages.slice(3) },
  ];
  return { via: "via" in shape ? shape.via : "local", ...("nested" in shape ? { nested: shape.nested } : {}), legs };
}

async function countProcesses(mark: string): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-Ao", "stat,args"] }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  return lines.filter((line) => line.includes(mark) && !line.startsWith("Z") && !line.includes("ssh ")).length;
}

/** A stand-in: what it runs gets no signal of ours, as what belongs to root. */
async function writeSudo(folder: string): Promise<string> {
  const text = `#!/bin/sh\ntrap "" HUP INT TERM\nexec setsid --wait sh -c "$3"\n`;
  await Deno.writeTextFile(`${folder}/sudo`, text, { mode: 0o755 });
  return `${folder}/sudo`;
}

async function until(condition: () => Promise<boolean>, patienceMs: number): Promise<number> {
  const startedAt = performance.now();
  while (!await condition() && performance.now() - startedAt < patienceMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - startedAt;
}

Deno.test({
  name: "runTransfer() through a real ssh",
  fn: (t) =>
    withTempFolder(async (folder) => {
      const sshd = await startSshd(folder);
      const ssh = ["ssh", "-oBatchMode=yes", "-x", "-T", "-F", sshd.configFile, "-p", `${sshd.port}`, sshd.userHost];
      const master = [...ssh.slice(0, -1), "-S", `${folder}/socket`, sshd.userHost];
      const startMaster = ["-M", "-oControlPersist=60s", sshd.userHost, "exit"];
      await new Deno.Command("ssh", { args: [...master.slice(1, -1), ...startMaster], stderr: "null" }).output();
      const context = (joinedBy: TransferContext["joinedBy"]): TransferContext => ({
        processes: new Processes({ log: SILENT_LOGGER, graceMs: 2000 }),
        log: SILENT_LOGGER,
        joinedBy,
        quiet: false,
        diagnose: () => ({ fault: "unknown" }),
        unapplied: () => [],
      });
      const run = (
        shape: typeof SHAPES[number],
        stages: readonly Stage[],
        joinedBy: TransferContext["joinedBy"],
        signal?: AbortSignal,
      ): Promise<unknown> => {
        const far = (side: "src" | "dst"): readonly string[] =>
          (shape.far as readonly string[]).includes(side) ? master : [];
        const outer = { src: far("src"), dst: far("dst") };
        const words = { outer, nested: { src: ssh, dst: ssh }, pvFile: `${folder}/run.pv` };
        const around = context(joinedBy);
        return runTransfer(pipelineOf(shape, stages), { words, suppress: false, signal }, around)
          .finally(() => around.processes.endAll());
      };
      try {
        for (const shape of SHAPES) {
          for (const joinedBy of ["shell", "streams"] as const) {
            await t.step(`${shape.name} (${joinedBy}) moves bytes`, async () => {
              const out = `${folder}/out`;
              const ends = [sh("send", "head -c 3000000 /dev/zero"), sh("receive", `cat > ${out}; echo note >&2`)];
              const stages = [ends[0]!, ...ROLES.slice(1, 4).map((role) => sh(role, "cat")), ends[1]!];
              await run(shape, stages, joinedBy);
              assertEquals((await Deno.stat(out)).size, 3_000_000);
            });
            for (const at of ROLES.keys()) {
              if (ROLES[at] === "buffer" && "via" in shape) continue;
              if (joinedBy === "streams" && at % 4 !== 0) continue;
              await t.step(`${shape.name} (${joinedBy}) blames ${ROLES[at]}`, async () => {
                const stages = ROLES.map((role, index) => {
                  const after = role === "send" ? "" : "head -c 300000 > /dev/null; ";
                  if (index === at) return sh(role, `${after}echo ${role} broke >&2; exit 7`);
                  return sh(role, role === "send" ? "cat /dev/zero" : role === "receive" ? "cat > /dev/null" : "cat");
                });
                const error = await assertRejects(() => run(shape, stages, joinedBy), TransferError);
                const { role, status, host } = error.transfer.culprit;
                assertEquals({ role, status }, { role: ROLES[at]!, status: 7 }, error.message);
                const side = at < 2 ? "src" : at > 2 ? "dst" : "local";
                const isFar = (shape.far as readonly string[]).includes(side);
                assertEquals(host, isFar ? sshd.userHost : "localhost");
                assertStringIncludes(error.message, `${ROLES[at]} broke`);
                assert(!error.failure.stderr.includes("bzfs-stage-"));
              });
            }
          }
          await t.step(`${shape.name} leaves nothing behind after an interrupt`, async () => {
            const mark = `bzfs-mark-${crypto.randomUUID()}`;
            const controller = new AbortController();
            const stages = ROLES.map((role) => {
              const words = role === "send" ? `/dev/zero /${mark}` : role === "receive" ? "> /dev/null" : "";
              return sh(role, `: ${mark}; cat ${words}`);
            });
            const running = run(shape, stages, "shell", controller.signal);
            const outcome = running.then(() => "done", (error) => error);
            await until(async () => await countProcesses(`: ${mark}; cat > /dev/null`) > 0, 10_000);
            controller.abort("stop");
            assertEquals(await outcome, "stop");
            const elapsed = await until(async () => await countProcesses(mark) === 0, 60_000);
            assert(elapsed < 60_000, `remote stages lived on for ${elapsed} ms`);
          });
        }
        await t.step("what runs under sudo within one remote host ends after an interrupt", async () => {
          const mark = `bzfs-mark-${crypto.randomUUID()}`;
          const sudo = await writeSudo(folder);
          const controller = new AbortController();
          const elevated = (role: StageRole, script: string): Stage => {
            return { role, argv: [sudo, "-n", "zfs", `: ${mark}; ${script}`] };
          };
          const legs: readonly Leg[] = [
            { host: "src", stages: [elevated("send", "cat /dev/zero")] },
            { host: "dst", stages: [elevated("receive", "cat > /dev/null")] },
          ];
          const words = { outer: { src: master, dst: master }, nested: { src: ssh, dst: ssh }, pvFile: "" };
          const options = { words, suppress: false, signal: controller.signal };
          const around = context("shell");
          const outcome = runTransfer({ via: "dst", legs }, options, around).catch((error) => error);
          const running = async (): Promise<number> => await countProcesses(` sh -c : ${mark}; cat`);
          await until(async () => await running() === 2, 10_000);
          assertEquals(await running(), 2);
          controller.abort("stop");
          assertEquals(await outcome, "stop");
          await around.processes.endAll();
          const elapsed = await until(async () => await countProcesses(mark) === 0, 10_000);
          assert(elapsed < 10_000, "it lives on");
        });
      } finally {
        await new Deno.Command("ssh", { args: [...master.slice(1), "-O", "exit"], stderr: "null" }).output().catch(
          () => {},
        );
        await sshd.stop();
      }
    }),
});
