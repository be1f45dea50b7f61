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
