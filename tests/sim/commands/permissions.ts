/**
 * What a user without rights is told. Rights are those of `zfs allow`, by host instead of by dataset.
 * @module
 */
import { SimHost } from "../host.ts";
import type { Stream } from "../stream.ts";
import { type Outcome, success, type Verb } from "./outcome.ts";

/** Permission that a verb needs; verbs that are not listed need none. */
const NEEDED: Readonly<Record<string, string>> = {
  create: "create",
  snapshot: "snapshot",
  snap: "snapshot",
  bookmark: "bookmark",
  destroy: "destroy",
  rollback: "rollback",
  hold: "hold",
  release: "release",
  send: "send",
  receive: "receive",
  recv: "receive",
  set: "userprop",
  clone: "clone",
  promote: "promote",
  rename: "rename",
};

/** A verb as run by whoever the host's commands belong to. */
export function guarded(name: string, verb: Verb): Verb {
  return (host, argv, stdin) => {
    const needed = NEEDED[name];
    if (host.permissions === undefined || needed === undefined || host.permissions.has(needed)) {
      return verb(host, argv, stdin);
    }
    if (name === "send" && argv.some((word) => /^-[A-Za-z]*n/.test(word) || word === "--dryrun")) {
      return verb(host, argv, stdin);
    }
    // What is wrong for everybody is said first: try it on a copy.
    const copy = new SimHost(structuredClone(host.state), { clock: host.clock });
    const trial = verb(copy, argv, stdin);
    return trial.status === 0 ? deny(host, name, argv, stdin) : trial;
  };
}

function deny(host: SimHost, name: string, argv: readonly string[], stdin: Stream | undefined): Outcome {
  const operands = argv.filter((word) => !word.startsWith("-") && !word.includes("="));
  const status = name === "set" && host.zfsAtLeast(2, 2) ? 255 : 1;
  return {
    ...success(),
    status,
    stderr: `${text(host, name, operands, argv, stdin)}: permission denied\n` + (
      name.startsWith("snap") && operands.length > 1 ? "no snapshots were created\n" : ""
    ),
  };
}

function text(
  host: SimHost,
  name: string,
  operands: readonly string[],
  argv: readonly string[],
  stdin: Stream | undefined,
): string {
  const subject = operands.at(-1) ?? "";
  switch (name) {
    case "snapshot":
    case "snap":
      return "cannot create snapshots ";
    case "bookmark":
      return `cannot create bookmark '${subject}'`;
    case "create":
    case "clone":
      return `cannot create '${subject}'`;
    case "promote":
      return `cannot promote '${subject}'`;
    case "rename":
      return `cannot rename '${operands[0]}'`;
    case "set":
      return `cannot set property for '${subject}'`;
    case "send":
      return `warning: cannot send '${subject}'`;
    case "receive":
    case "recv":
      return `cannot receive ${
        stdin?.parts[0]?.traits.fromGuid === undefined ? "new filesystem" : "incremental"
      } stream`;
    case "rollback":
      return rollbackText(host, subject, argv);
    case "destroy":
      return destroyText(host, subject);
    default:
      return `cannot ${name}`;
  }
}

function rollbackText(host: SimHost, subject: string, argv: readonly string[]): string {
  const [name = "", tag = ""] = subject.split("@");
  const snapshots = host.poolOf(name)?.find(name)?.snapshots ?? [];
  const newest = snapshots.at(-1);
  const mustDestroy = argv.some((word) => /^-[A-Za-z]*[rR]/.test(word)) && newest && newest.tag !== tag;
  return mustDestroy ? `cannot destroy '${name}@${newest.tag}'` : `cannot rollback '${name}'`;
}

function destroyText(host: SimHost, subject: string): string {
  if (subject.includes("#")) return "cannot destroy bookmark";
  const tree = host.poolOf(subject)?.tree(subject.split("@")[0]!) ?? [];
  const hasSnapshots = subject.includes("@") || tree.some((dataset) => dataset.snapshots.length > 0);
  return hasSnapshots ? "cannot destroy snapshots" : `cannot destroy '${subject}'`;
}
