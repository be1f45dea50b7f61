/**
 * Words that our ssh gets and the reference's does not, on purpose: behind `-x -T`.
 * @module
 */

/** Nothing in a user's ssh configuration lends out the agent, runs a command here, or claims a port. */
export const GUARD_WORDS = ["-a", "-oPermitLocalCommand=no", "-oClearAllForwardings=yes"];

/** A recorded text of the reference with the words that we add. */
export function withGuards(text: string): string {
  return text.replaceAll(" -x -T ", ` -x -T ${GUARD_WORDS.join(" ")} `);
}
