/**
 * Splits the words of a simulated command as getopt does: bundled letters, values, options anywhere, `--` ends them.
 * @module
 */
import { ZfsFailure } from "../failure.ts";

/** Which options a command has. */
export interface WordSpec {
  /** Letters without value. */
  readonly flags: string;
  /** Letters with value. */
  readonly values?: string;
  /** Long name to letter. */
  readonly long?: Readonly<Record<string, string>>;
}

/** One option as given. */
export interface GivenOption {
  readonly letter: string;
  readonly value: string;
}

/** A split command. */
export class Words {
  readonly options: readonly GivenOption[];
  readonly operands: readonly string[];

  constructor(options: readonly GivenOption[], operands: readonly string[]) {
    this.options = options;
    this.operands = operands;
  }

  /** True if the option is given. */
  has(letter: string): boolean {
    return this.options.some((option) => option.letter === letter);
  }

  /** Its last value. */
  last(letter: string): string | undefined {
    return this.all(letter).at(-1);
  }

  /** All its values, in order. */
  all(letter: string): string[] {
    return this.options.filter((option) => option.letter === letter).map((option) => option.value);
  }
}

/** Splits `argv`; an unknown option fails as `zfs` fails, with status 2. */
export function splitWords(argv: readonly string[], spec: WordSpec): Words {
  const options: GivenOption[] = [];
  const operands: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      operands.push(...rest.splice(0));
    } else if (word.startsWith("--")) {
      const [name, value] = splitAt(word.slice(2), "=");
      const letter = spec.long?.[name] ?? fail(name);
      options.push({ letter, value: takesValue(spec, letter) ? value ?? rest.shift() ?? fail(letter) : "" });
    } else if (word.startsWith("-") && word.length > 1) {
      options.push(...cluster(word.slice(1), rest, spec));
    } else {
      operands.push(word);
    }
  }
  return new Words(options, operands);
}

function cluster(letters: string, rest: string[], spec: WordSpec): GivenOption[] {
  const options: GivenOption[] = [];
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i]!;
    if (takesValue(spec, letter)) {
      const attached = letters.slice(i + 1);
      options.push({ letter, value: attached || (rest.shift() ?? fail(letter)) });
      break;
    }
    if (!spec.flags.includes(letter)) fail(letter);
    options.push({ letter, value: "" });
  }
  return options;
}

function takesValue(spec: WordSpec, letter: string): boolean {
  return spec.values?.includes(letter) ?? false;
}

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function fail(option: string): never {
  throw new ZfsFailure(`invalid option '${option}'\nusage:\n`, 2);
}
