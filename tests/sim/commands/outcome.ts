/**
 * What a simulated command leaves behind.
 * @module
 */
import type { SimHost } from "../host.ts";
import type { Stream } from "../stream.ts";

/** End of a simulated command. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What `zfs send` wrote to stdout instead of text. */
  readonly stream?: Stream;
}

/** A verb of `zfs`: words behind the verb in, outcome out; may throw `ZfsFailure`. */
export type Verb = (host: SimHost, argv: readonly string[], stdin?: Stream) => Outcome;

/** Success with this stdout. */
export function success(stdout = "", stderr = ""): Outcome {
  return { status: 0, stdout, stderr };
}

/** Usage text as it follows the errors of some verbs. */
export function usage(host: SimHost, ...lines: readonly string[]): string {
  const tail = host.zfsAtLeast(2, 2) ? "\nFor further help on a command or topic, run: zfs help [<topic>]\n" : "";
  return `usage:\n${lines.map((line) => `\t${line}\n`).join("")}\nFor the property list, run: zfs set|get\n\n` +
    `For the delegated permission list, run: zfs allow|unallow\n${tail}`;
}
