/**
 * The little markup of help texts, for each kind of output: `{--name}` refers to an option, backticks mark code.
 * @module
 */

/** Plain text for a terminal. */
export function plainText(text: string): string {
  return text.replace(/\{(--[\w-]+)\}/g, "$1").replace(/`([^`]*)`/g, (_, code: string) => {
    return code.includes("'") ? code : `'${code}'`;
  });
}

/** Breaks a text into lines of at most `width` columns; words are never broken. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The same, each line behind blanks. */
export function indented(text: string, indent: number, width: number): string[] {
  const margin = " ".repeat(indent);
  return wrap(text, width - indent).map((line) => margin + line);
}
