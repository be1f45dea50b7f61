/**
 * Lines in the pieces of text that a command prints.
 * @module
 */

/** Makes a taker of pieces (see `RunOptions.onLines`) of a taker of single lines, which get them without line feed. */
export function eachLine(take: (line: string) => void): (piece: string) => void {
  return (piece) => {
    const lines = piece.split("\n");
    if (lines.at(-1) === "") lines.pop();
    lines.forEach((line) => take(line));
  };
}

/** Where the first line of more than `most` characters begins, or -1. */
export function longLineIn(text: string, most: number): number {
  for (let start = 0; start + most < text.length;) {
    const end = text.lastIndexOf("\n", start + most);
    if (end < start) return start;
    start = end + 1;
  }
  return -1;
}
