/**
 * The file to which `pv` appends its status lines (spec/logging-progress.md chapter 5), seen from the writing side.
 * @module
 */

/** The pv file of one worker, during one stream. */
export class PvFile {
  readonly #path: string;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Makes sure that the file exists and is ours alone, and marks the beginning of a new stream with an empty line. */
  async beginStream(marking: "marked" | "unmarked"): Promise<void> {
    using file = await Deno.open(this.#path, { create: true, append: true, mode: 0o600 });
    if (marking === "marked") await file.write(new TextEncoder().encode("\n"));
    this.#offset = (await file.stat()).size;
  }

  /** Appends a line of a meter of our own. A full disk is no reason to end a transfer. */
  append(text: string): void {
    try {
      Deno.writeTextFileSync(this.#path, text, { append: true, create: false });
    } catch {
      // The status line stands still; what was sent is not affected.
    }
  }

  /** What `read` makes of the text that was appended since {@linkcode beginStream}. */
  async bytesOfStream(read: (text: string) => number): Promise<number> {
    using file = await Deno.open(this.#path);
    await file.seek(this.#offset, Deno.SeekMode.Start);
    return read(await new Response(file.readable).text());
  }
}
