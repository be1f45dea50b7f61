/**
 * The known word that is nearest to a misspelled one.
 * @module
 */

/** The nearest candidate by edit distance; `undefined` if none is near enough. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  // A single letter is like any other one.
  const limit = Math.min(Math.max(1, Math.floor(word.length / 4)), word.length - 1);
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance && !isLongPrefix(word, candidate)) continue;
    const distance = isLongPrefix(word, candidate) ? 1 : editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Abbreviations are not accepted, but understood: at least half of the candidate. */
function isLongPrefix(word: string, candidate: string): boolean {
  return word.length >= 5 && word.length * 2 >= candidate.length && candidate.startsWith(word);
}

/** Number of characters to insert, delete, replace or swap with a neighbour. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
