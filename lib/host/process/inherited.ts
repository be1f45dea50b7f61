/**
 * What we have inherited from our parent and cannot look up ourselves: a shell, which inherits it in turn, is asked.
 * @module
 */

/** What children inherit. */
export interface Inherited {
  /** Numbers of the signals that are ignored. */
  readonly ignored: ReadonlySet<number>;
  /** How many files a process may have open, and how far it may raise that; `Infinity` if that is unknown. */
  readonly openFiles: { readonly soft: number; readonly hard: number };
}

const SCRIPT = "while read -r key value; do case $key in SigIgn:) echo $value;; esac; done < /proc/self/status; " +
  "ulimit -Sn; ulimit -Hn";

/** Asks a shell. Where there is none, nothing is ignored or limited. */
export function askWhatChildrenInherit(): Inherited {
  const [mask, soft, hard] = linesOfShell(SCRIPT);
  const bits = BigInt(/^[0-9a-f]+$/i.test(mask ?? "") ? `0x${mask}` : "0");
  const ignored = Array.from({ length: 64 }, (_, i) => i + 1).filter((n) => (bits >> BigInt(n - 1)) & 1n);
  return { ignored: new Set(ignored), openFiles: { soft: limitOf(soft), hard: limitOf(hard) } };
}

/** What was so when it was first asked for: our signal handlers must not change the answer. */
let atStart: Inherited | undefined;

/** What we have inherited ourselves. */
export function inherited(): Inherited {
  return atStart ??= askWhatChildrenInherit();
}

function limitOf(text: string | undefined): number {
  return /^\d+$/.test(text ?? "") ? Number(text) : Infinity; // "unlimited"
}

function linesOfShell(script: string): readonly string[] {
  try {
    const { stdout } = new Deno.Command("sh", { args: ["-c", script], stdin: "null", stderr: "null" }).outputSync();
    return new TextDecoder().decode(stdout).split("\n");
  } catch {
    return [];
  }
}
