/**
 * Runs programs for the scripts of this folder. The product has its own, `lib/host/process/process.ts`.
 * @module
 */

/** How a program ended, and what it printed. */
export interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end and returns what it printed. */
export async function capture(argv: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  const child = spawn(argv, { ...options, stdout: "piped", stderr: "piped" });
  const [, output] = await Promise.all([feed(child, options.stdin), child.output()]);
  const text = new TextDecoder();
  return { code: output.code, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
}

/** Runs a program that prints to our own terminal or log; returns its exit status. */
export async function attend(argv: readonly string[], options: ProcessOptions = {}): Promise<number> {
  const child = spawn(argv, { ...options, stdout: "inherit", stderr: "inherit" });
  await feed(child, options.stdin);
  return (await child.status).code;
}

/** Runs a program to its end, hands over each line that it prints on stdout or stderr; returns its exit status. */
export async function follow(
  argv: readonly string[],
  onLine: (line: string) => void,
  options: ProcessOptions = {},
): Promise<number> {
  const child = spawn(argv, { ...options, stdout: "piped", stderr: "piped" });
  const streams = [child.stdout, child.stderr].map((stream) => eachLine(stream, onLine));
  await Promise.all([feed(child, options.stdin), ...streams]);
  return (await child.status).code;
}

async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}

type Output = "piped" | "inherit";

function spawn(
  argv: readonly string[],
  options: ProcessOptions & { readonly stdout: Output; readonly stderr: Output },
): Deno.ChildProcess {
  const { stdin, ...rest } = options;
  const [program = "", ...args] = argv;
  return new Deno.Command(program, { ...rest, args, stdin: stdin === undefined ? "null" : "piped" }).spawn();
}

async function feed(child: Deno.ChildProcess, stdin: string | Uint8Array | undefined): Promise<void> {
  if (stdin === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  } catch (error) {
    // A program may end without reading all of its input; its exit status says whether that was wrong.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
