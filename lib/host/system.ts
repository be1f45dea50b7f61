/**
 * The system that we run on: clock, randomness, who and where we are, and what is on standard input.
 *
 * The home folder and the login name come from the password file; `HOME` and `USER` are ignored, so that a privileged
 * run cannot be led to other people's files.
 * @module
 */
import { messageOf, RefusedError } from "../model/errors.ts";
import type { Clock, Random } from "../zfs/world.ts";
import { effectiveUid, passwordEntry } from "./node.ts";
import { after } from "./timers.ts";

/** The longest delay that a timer takes, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The two clocks of the system. */
export interface TimeSources {
  /** Whole milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Milliseconds with fractions, which nobody sets. */
  readonly monotonicMs: () => number;
  /** What the wall clock showed, with fractions, when the other one showed 0. */
  readonly originMs: number;
}

/**
 * A wall clock with microseconds: the runtime's own one counts whole milliseconds. What it says always lies within the
 * millisecond that the wall clock shows, so that nothing is due too early, and a clock that is set is followed at once.
 */
export function fineClock({ wallMs, monotonicMs, originMs }: TimeSources): () => number {
  let origin = originMs;
  return () => {
    const earliest = wallMs();
    const fine = origin + monotonicMs();
    const latest = wallMs() + 0.999;
    const within = Math.min(Math.max(fine, earliest), Math.max(latest, earliest));
    origin += within - fine;
    return within;
  };
}

/** The system's time. */
export const systemClock: Clock = {
  now: fineClock({
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    originMs: performance.timeOrigin,
  }),
  monotonicNs: () => Math.round(performance.now() * 1e6),
  async sleep(ns, options = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    const end = performance.now() + ns / 1e6;
    for (let rest = ns / 1e6; rest > 0; rest = end - performance.now()) {
      await pause(Math.min(Math.ceil(rest), LONGEST_TIMER_MS), signal);
      signal?.throwIfAborted();
    }
  },
};

/** Resolves after the time, or as soon as the signal is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.stop();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = after(milliseconds, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Randomness that nobody can foretell. */
export const systemRandom: Random = {
  integer(low, high): number {
    const span = high - low + 1;
    const limit = 2 ** 53 - (2 ** 53 % span);
    for (;;) {
      const [upper = 0, lower = 0] = crypto.getRandomValues(new Uint32Array(2));
      const drawn = (upper >>> 11) * 2 ** 32 + lower;
      if (drawn < limit) return low + (drawn % span);
    }
  },
};

/** Characters of random file names. */
const NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_";

/** Characters of words that nobody can guess. */
const WORD_CHARACTERS = "abcdefghijklmnopqrstuvwxyz012345";

/** A word of 26 characters that nobody can guess: 130 random bits, drawn at once. */
export function randomWord(): string {
  let word = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(26))) word += WORD_CHARACTERS[byte & 31]!;
  return word;
}

/** Characters that make a file name unique. */
export function randomName(random: Random, length: number): string {
  return Array.from({ length }, () => NAME_CHARACTERS[random.integer(0, NAME_CHARACTERS.length - 1)]).join("");
}

/** Who runs us, and where. */
export interface Identity {
  readonly uid: number;
  readonly effectiveUid: number;
  readonly loginName: string;
  readonly home: string;
  readonly hostname: string;
  readonly pid: number;
}

/** Reads the password file. Throws `RefusedError` if our user is not in it. */
export function whoAmI(): Identity {
  const uid = Deno.uid() ?? 0;
  try {
    const { username, homedir } = passwordEntry();
    if (!homedir) throw new RefusedError("the entry names no folder");
    const hostname = Deno.hostname();
    return { uid, effectiveUid: effectiveUid(), loginName: username, home: homedir, hostname, pid: Deno.pid };
  } catch (cause) {
    throw new RefusedError(`Cannot find the home folder of uid ${uid} in the password file: ${messageOf(cause)}`, {
      cause,
      hint: "Add an entry for this user id to /etc/passwd.",
    });
  }
}

/** Home folder of any user; where the usual one would be if the password file does not know the user. */
export function homeOf(user: string): string {
  const lines = readTextIfAny("/etc/passwd").split("\n");
  const usual = user === "root" ? "/root" : `/home/${user}`;
  return lines.find((line) => line.startsWith(`${user}:`))?.split(":")[5] || usual;
}

/** A text file of the system; empty if it cannot be read. */
export function readTextIfAny(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Makes every file and folder that we create private, whatever mode it asks for. */
export function restrictUmask(): void {
  Deno.umask(0o077);
}

/** How many processors this host has. */
export function processorCount(): number {
  return navigator.hardwareConcurrency;
}

/** Addresses of all interfaces; those of link-local kind carry no scope. */
export function ownAddresses(): readonly string[] {
  try {
    return Deno.networkInterfaces().map(({ address }) => address);
  } catch {
    return [];
  }
}

/** An address by which this host reaches itself: IPv4 rather than IPv6; `undefined` if there is none. */
export function loopbackAddress(): string | undefined {
  const addresses = ownAddresses();
  return ["127.0.0.1", "::1"].find((address) => addresses.includes(address));
}

/** All of standard input as text; `undefined` if it is a terminal. */
export function readStandardInput(): string | undefined {
  if (Deno.stdin.isTerminal()) return undefined;
  const chunks: Uint8Array[] = [];
  const chunk = new Uint8Array(65_536);
  for (let count = Deno.stdin.readSync(chunk); count !== null; count = Deno.stdin.readSync(chunk)) {
    chunks.push(chunk.slice(0, count));
  }
  const decoder = new TextDecoder();
  return chunks.map((bytes) => decoder.decode(bytes, { stream: true })).join("") + decoder.decode();
}
