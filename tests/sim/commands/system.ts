/**
 * Everything but `zfs` that the product runs to learn about a host: `zpool get`, `ps`, `uname`, `getconf`, `sh -c`.
 * @module
 */
import { ZfsFailure } from "../failure.ts";
import type { SimHost } from "../host.ts";
import { changePool, poolStatus, shellAnswer } from "./checkup.ts";
import { type Outcome, success } from "./outcome.ts";
import { splitWords } from "./words.ts";

/** `zpool get -Hp -o property,value all POOL`, `zpool list`. */
export function zpool(host: SimHost, argv: readonly string[]): Outcome {
  const [verb = "", ...rest] = argv;
  if (["scrub", "clear", "export", "import", "set"].includes(verb)) return changePool(host, verb, rest);
  const words = splitWords(rest, { flags: "Hpv", values: "o" });
  if (verb === "list") return success(host.pools.map((pool) => `${pool.name}\n`).join(""));
  if (verb !== "get" && verb !== "status") throw new ZfsFailure(`unrecognized command '${verb}'\n`, 2);
  const name = words.operands.at(-1);
  const pool = host.pools.find((candidate) => candidate.name === name);
  if (!pool) {
    throw new ZfsFailure(
      host.zfsAtLeast(2, 3)
        ? `Cannot get properties of ${name}: no such pool available.`
        : `cannot open '${name}': no such pool`,
    );
  }
  if (verb === "status") return poolStatus(pool);
  const { guid, delegation, features } = pool.state;
  const rows = [
    ["size", "251658240"],
    ["capacity", String(pool.state.capacity ?? 10)],
    ["health", pool.state.health ?? "ONLINE"],
    ["guid", guid],
    ["delegation", delegation],
    ["readonly", pool.state.readonly ?? "off"],
    ["ashift", "0"],
    ...Object.entries(features).map(([feature, value]) => [`feature@${feature}`, value]),
  ];
  return success(rows.map((row) => `${row.join("\t")}\n`).join(""));
}

/** `zfs --version`. */
export function version(host: SimHost): Outcome {
  return success(`zfs-${host.state.zfsVersion}\nzfs-kmod-${host.system.moduleVersion ?? host.state.zfsVersion}\n`);
}

/** `ps -Ao args`. */
export function ps(host: SimHost): Outcome {
  return success(["COMMAND", "/sbin/init", ...host.processes, "ps -Ao args"].join("\n") + "\n");
}

/** `sh -c text`: understands the detection script (docs/spec/replication.md §3.1) and `exit`. */
export function sh(host: SimHost, argv: readonly string[]): Outcome {
  const [option, text = ""] = argv;
  if (option !== "-c") throw new ZfsFailure(`sh: 0: Illegal option ${option}`, 2);
  if (text.includes("bzfs-doctor:")) return shellAnswer(host, text);
  const lines: string[] = [];
  for (const statement of text.split("; ")) lines.push(...runStatement(host, statement.trim()));
  return success(lines.map((line) => `${line}\n`).join(""));
}

/** Statements such as `if command -v NAME > /dev/null`, `then printf 'KEY\n'`, `getconf …`, `uname -a || true`. */
function runStatement(host: SimHost, statement: string): string[] {
  state.skip = /^fi\b/.test(statement) ? false : state.skip;
  const condition = /^if command -v (\S+) > \/dev\/null$/.exec(statement);
  if (condition) {
    state.skip = !host.programs.has(unquote(condition[1]!).replace(/^.*\//, ""));
    return [];
  }
  if (state.skip) return [];
  const command = statement.replace(/^then /, "");
  const printed = /^printf '([^']*?)(\\n)?'(?: "\$SHELL")?$/.exec(command);
  if (printed) {
    const line = printed[1]!.replace("%s", host.loginShell);
    if (printed[2]) return [line];
    state.pending = line;
    return [];
  }
  const pending = state.pending;
  state.pending = "";
  if (command === "getconf _NPROCESSORS_ONLN") return [`${pending}${host.cpus}`];
  if (command.startsWith("uname -a")) return [`${pending}${host.uname}`];
  return [];
}

/** Between the statements of one script; scripts run to their end without a pause. */
const state = { skip: false, pending: "" };

function unquote(word: string): string {
  return word.replace(/^'(.*)'$/, "$1");
}
