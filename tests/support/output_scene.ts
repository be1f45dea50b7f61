/**
 * Runs of the program against simulated hosts, in a private folder, with what they tell checked against its schema.
 * @module
 */
import type { RunEvent, Stamped } from "../../lib/report/events.ts";
import type { RunResult } from "../../lib/report/result.ts";
import { EVENT_SCHEMA, RESULT_SCHEMA } from "../../scripts/report_schemas.ts";
import { type InstalledHosts, installSimulatedHosts } from "../sim/bin/install.ts";
import { SimClock } from "../sim/clock.ts";
import { SimHost } from "../sim/host.ts";
import { assert, assertEquals } from "./assert.ts";
import { schemaErrors } from "./json_schema.ts";

/** The program from source, as words of a shell. */
export const FROM_SOURCE = `'${Deno.execPath()}' run --no-check --no-prompt --unstable-net -A ` +
  `'${import.meta.dirname}/../../main.ts'`;

/** The end of a script. */
export interface Run {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Where runs take place. */
export interface Scene extends AsyncDisposable {
  readonly folder: string;
  readonly sims: InstalledHosts;
  /** Runs a shell script in which `$BZFS` is the program and `$D` a private folder. */
  sh(script: string, env?: Readonly<Record<string, string>>): Promise<Run>;
  /** The same as words of a command, for those who run it themselves. */
  inShell(script: string): readonly string[];
  /** Puts a script in front of the simulated `zfs` and `zpool`, which run behind it unless it exits. */
  beforeZfs(script: string): void;
  read(name: string): string;
  result(): RunResult;
  events(): readonly Stamped<RunEvent>[];
}

/**
 * `tank/src` with `a`, which has two snapshots, and `b`, which has none, but 50 kB of data; an empty pool `back`.
 *
 * @param program the program under test, as words of a shell
 */
export async function scene(program = FROM_SOURCE): Promise<Scene> {
  const host = SimHost.create({ seed: 5, clock: new SimClock(Date.now()) });
  const tank = host.addPool("tank");
  host.addPool("back");
  for (const name of ["tank/src", "tank/src/a", "tank/src/b"]) tank.add({ name, type: "filesystem" });
  for (let i = 0; i < 50; i++) host.write("tank/src/b", 1000);
  const sims = await installSimulatedHosts({ localhost: host });
  await Deno.writeTextFile(`${sims.bin}/bzfs`, `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
  const folder = await Deno.makeTempDir({ prefix: "bzfs-outputs-" });
  const path = `${folder}/bin:${sims.env["PATH"]}`;
  const variables = { ...sims.env, PATH: path, D: folder, BZFS: `bzfs --log-dir=${folder}/bzfs-logs`, TZ: "UTC" };
  const sh = async (script: string, env: Readonly<Record<string, string>> = {}): Promise<Run> => {
    const options: Deno.CommandOptions = { args: ["-c", script], env: { ...variables, ...env }, stdin: "null" };
    const { code, stdout, stderr } = await new Deno.Command("sh", options).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return { status: code, out: text(stdout), err: text(stderr) };
  };
  const inShell = (script: string): readonly string[] => {
    return ["env", ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), "sh", "-c", script];
  };
  await sh("zfs snapshot tank/src@1; zfs snapshot tank/src/a@1; zfs snapshot tank/src/a@2");
  const beforeZfs = (script: string): void => {
    Deno.mkdirSync(`${folder}/bin`, { recursive: true });
    for (const name of ["zfs", "zpool"]) {
      const text = `#!/bin/sh\n${script}\nexec '${sims.bin}/${name}' "$@"\n`;
      Deno.writeTextFileSync(`${folder}/bin/${name}`, text, { mode: 0o755 });
    }
  };
  const read = (name: string): string => Deno.readTextFileSync(`${folder}/${name}`);
  return {
    folder,
    sims,
    sh,
    inShell,
    beforeZfs,
    read,
    result: () => checked(JSON.parse(read("result")), RESULT_SCHEMA) as RunResult,
    events: () => lines(read("events")) as Stamped<RunEvent>[],
    async [Symbol.asyncDispose](): Promise<void> {
      await sims[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A value that fits a schema. */
export function checked(value: unknown, schema: Readonly<Record<string, unknown>>): unknown {
  assertEquals(schemaErrors(value, schema), []);
  return value;
}

/** The events of an event log. */
export function lines(text: string): unknown[] {
  assert(text.endsWith("\n"));
  return text.slice(0, -1).split("\n").map((line) => checked(JSON.parse(line), EVENT_SCHEMA));
}
