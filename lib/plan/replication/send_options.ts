/**
 * What options of `zfs send` say about raw streams and embedded blocks, and what is left where those are not taken.
 * @module
 */

/** True if `zfs send` is told to send encrypted datasets as they are. */
export function sendsRaw(sendOptions: readonly string[]): boolean {
  return sendOptions.some((word) => word === "--raw" || isFlags(word, "w"));
}

/** True if streams of datasets that are not encrypted may hold embedded blocks: `--raw` implies `--embed`. */
export function mayEmbed(sendOptions: readonly string[]): boolean {
  return sendsRaw(sendOptions) || sendOptions.some((word) => word === "--embed" || isFlags(word, "e"));
}

/**
 * The same words of `zfs send` for a dataset that is not encrypted, without embedded blocks. What `--raw` implies beside
 * them stays: an increment without `--large-block` is refused behind a full stream with it.
 */
export function withoutEmbedding(words: readonly string[]): readonly string[] {
  const rest = words.filter((word) => word !== "--raw" && word !== "--embed").map((word) =>
    isFlags(word, "we") ? word.replaceAll(/[we]/g, "") : word
  ).filter((word) => word !== "-");
  if (!sendsRaw(words)) return rest;
  const implied = ["--compressed", "--large-block"].filter((word) => !rest.includes(word));
  return [...implied, ...rest];
}

/** True for a word of one-letter options that holds one of `letters`. */
function isFlags(word: string, letters: string): boolean {
  return /^-[A-Za-z]+$/.test(word) && [...letters].some((letter) => word.includes(letter));
}
