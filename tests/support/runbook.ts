/**
 * A page of events as a test reads it: per section the messages that it quotes and the commands that it has typed, and
 * which of them a test has seen and run.
 * @module
 */

/** One event. */
export interface Section {
  readonly title: string;
  /** Quoted messages, line by line, from blocks of `text`. */
  readonly messages: readonly string[];
  /** Blocks of `sh`, each a script. */
  readonly scripts: readonly string[];
}

/** Sections of a page in Markdown, in their order. What stands before the first is no event. */
export function sectionsOf(page: string): readonly Section[] {
  const [, ...parts] = page.split(/^## /m);
  return parts.map((part) => {
    const blocks = [...part.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, kind, text]) => ({ kind, text: text! }));
    const of = (kind: string): readonly string[] =>
      blocks.filter((block) => block.kind === kind).map(({ text }) => text);
    return {
      title: part.slice(0, part.indexOf("\n")),
      messages: of("text").flatMap((text) => text.trimEnd().split("\n")),
      scripts: of("sh"),
    };
  });
}

/**
 * True if an output has this message: `…` stands for any text within a line, blanks for blanks and line ends, times in
 * names for any time.
 */
export function hasMessage(output: string, message: string): boolean {
  const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const pattern = message.split("…").map((part) =>
    escape(part.trim()).replaceAll(/\s+/g, "\\s+").replaceAll(/\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d/g, "[-\\d]+_[:\\d]+")
  ).join(".*?");
  return new RegExp(pattern).test(output);
}

/** What of a page was seen and run. */
export class Reader {
  readonly #sections: readonly Section[];
  readonly #left: Set<string>;

  constructor(page: string) {
    this.#sections = sectionsOf(page);
    this.#left = new Set(
      this.#sections.flatMap(({ title, messages, scripts }) => [
        `${title}: no message and no command`,
        ...messages.map((message) => `${title}: was not seen: ${message}`),
        ...scripts.map((script) => `${title}: was not run: ${script}`),
      ]),
    );
    for (const { title, messages, scripts } of this.#sections) {
      if (messages.length + scripts.length > 0) this.#left.delete(`${title}: no message and no command`);
    }
  }

  /** Messages of a section that an output lacks; those that it has count as seen. `from`, `to`: which of them, all if not given. */
  missing(title: string, output: string, from = 0, to = Infinity): readonly string[] {
    const messages = this.#section(title).messages.slice(from, to);
    const [seen, missing] = [true, false].map((is) => messages.filter((each) => hasMessage(output, each) === is));
    for (const message of seen!) this.#left.delete(`${title}: was not seen: ${message}`);
    return missing!;
  }

  /**
   * A script of a section, which counts as run from now on, and so do the same scripts of other sections.
   * Throws if one of them is another script.
   */
  script(title: string, index: number, ...others: readonly (readonly [title: string, index: number])[]): string {
    const script = this.#section(title).scripts[index];
    if (script === undefined) throw new Error(`${title} has no script ${index}`);
    for (const [other, at] of [[title, index] as const, ...others]) {
      const text = this.#section(other).scripts[at];
      if (text !== script) throw new Error(`Script ${at} of ${other} is another one: ${text}`);
      this.#left.delete(`${other}: was not run: ${text}`);
    }
    return script;
  }

  /** What has been neither seen nor run. */
  get left(): readonly string[] {
    return [...this.#left];
  }

  #section(title: string): Section {
    const section = this.#sections.find((each) => each.title === title);
    if (section === undefined) throw new Error(`No section ${title}`);
    return section;
  }
}
