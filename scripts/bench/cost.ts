/**
 * What a command costs: wall clock, CPU and memory of it and all its children, as the kernel counts them.
 *
 * Deno does not tell the resources of a child. Perl's `syscall` does, and perl-base is on every Debian.
 * @module
 */
import { capture } from "../process.ts";

/** The cost of one run. */
export interface Cost {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  /** Largest resident set of a single process, in MiB. */
  readonly peakMiB: number;
}

const PROBE = String.raw`
use Time::HiRes qw(time); my $start = time;
my $status = system { $ARGV[0] } @ARGV;
my $wall = time - $start; my $usage = "\0" x 144;
syscall(98, -1, $usage); my @v = unpack("q5", $usage);
printf STDERR "\ncost %.3f %.3f %.1f\n", $wall * 1e3, ($v[0] + $v[2]) * 1e3 + ($v[1] + $v[3]) / 1e3, $v[4] / 1024;
exit($status == 0 ? 0 : 1);
`;

/** Runs a command that must succeed, its output dropped. */
export async function costOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Cost> {
  const { code, stdout, stderr } = await capture(["perl", "-e", PROBE, ...argv], { env });
  const match = /\ncost ([\d.]+) ([\d.]+) ([\d.]+)\n$/.exec(stderr);
  if (code !== 0 || match === null) throw new Error(`${argv.join(" ")} failed:\n${stdout}${stderr}`);
  return { wallMs: Number(match[1]), cpuMs: Number(match[2]), peakMiB: Number(match[3]) };
}

/** The middle one of the values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
