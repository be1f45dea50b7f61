/**
 * Which simulated command an argv means.
 * @module
 */
import { ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import type { Stream } from "../stream.ts";
import { allow } from "./checkup.ts";
import { bookmark, create, hold, release, setKey, snapshot } from "./create.ts";
import { destroy, rollback } from "./destroy.ts";
import { get, inherit, set } from "./get.ts";
import { holds, list } from "./list.ts";
import { clone, promote, rename } from "./move.ts";
import { type Outcome, success, type Verb } from "./outcome.ts";
import { guarded } from "./permissions.ts";
import { receive } from "./receive.ts";
import { send } from "./send.ts";
import { ps, sh, version, zpool } from "./system.ts";

const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["list", list],
  ["get", get],
  ["set", set],
  ["inherit", inherit],
  ["create", create],
  ["snapshot", snapshot],
  ["snap", snapshot],
  ["bookmark", bookmark],
  ["clone", clone],
  ["hold", hold],
  ["release", release],
  ["holds", holds],
  ["rename", rename],
  ["promote", promote],
  ["destroy", destroy],
  ["rollback", rollback],
  ["send", send],
  ["receive", receive],
  ["recv", receive],
  ["mount", () => success()],
  ["unmount", () => success()],
  ["load-key", (host, argv) => setKey(host, argv, true)],
  ["unload-key", (host, argv) => setKey(host, argv, false)],
  ["allow", allow],
  ["version", version],
  ["--version", version],
]);

/** Runs one command at a host. Never throws for a failure of the command. */
export function execute(host: SimHost, argv: readonly string[], stdin?: Stream): Outcome {
  try {
    return dispatch(host, argv, stdin);
  } catch (error) {
    if (!(error instanceof ZfsFailure)) throw error;
    return { status: error.status, stdout: error.stdout, stderr: error.stderr };
  }
}

function dispatch(host: SimHost, argv: readonly string[], stdin: Stream | undefined): Outcome {
  const [program = "", ...rest] = argv;
  const name = program.replace(/^.*\//, "");
  switch (name) {
    case "sudo":
    case "doas":
      return elevate(host, name, rest, stdin);
    case "zfs":
      return runVerb(host, rest, stdin);
    case "zpool":
      return requireProgram(host, name) ?? zpool(host, rest);
    case "ps":
      return requireProgram(host, name) ?? ps(host);
    case "true":
      return success();
    case "sh":
      return requireProgram(host, name) ?? sh(host, rest);
    case "uname":
      return requireProgram(host, name) ?? success(`${host.uname}\n`);
    case "getconf":
      return requireProgram(host, name) ?? success(`${host.cpus}\n`);
    default:
      return notFound(name);
  }
}

function elevate(host: SimHost, name: string, argv: readonly string[], stdin: Stream | undefined): Outcome {
  const missing = requireProgram(host, "sudo");
  if (missing) return missing;
  if (!host.mayElevate) throw new ZfsFailure(`${name}: a password is required`);
  const { permissions } = host;
  host.permissions = undefined;
  try {
    return dispatch(host, argv[0] === "-n" ? argv.slice(1) : argv, stdin);
  } finally {
    host.permissions = permissions;
  }
}

function runVerb(host: SimHost, argv: readonly string[], stdin: Stream | undefined): Outcome {
  const [word = "", ...rest] = argv;
  const verb = VERBS.get(word);
  if (!verb) throw new ZfsFailure(`unrecognized command '${word}'\nusage: zfs command args ...\n`, 2);
  return guarded(word, verb)(host, rest, stdin);
}

function requireProgram(host: SimHost, name: string): Outcome | undefined {
  return host.programs.has(name) ? undefined : notFound(name);
}

function notFound(name: string): Outcome {
  return { status: 127, stdout: "", stderr: `sh: 1: ${name}: not found\n` };
}
