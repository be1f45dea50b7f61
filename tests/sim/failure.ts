/**
 * How a simulated command fails: with the words of OpenZFS.
 * @module
 */

/** Ends a command with this stderr. */
export class ZfsFailure extends Error {
  override readonly name = "ZfsFailure";
  readonly stderr: string;
  readonly status: number;
  /** What was printed before the command failed. */
  readonly stdout: string;

  constructor(stderr: string, status: number = 1, stdout: string = "") {
    super(stderr);
    this.stderr = stderr === "" || stderr.endsWith("\n") ? stderr : `${stderr}\n`;
    this.status = status;
    this.stdout = stdout;
  }
}

/** The failure of opening what is not there. */
export function doesNotExist(name: string): ZfsFailure {
  return new ZfsFailure(`cannot open '${name}': dataset does not exist`);
}
