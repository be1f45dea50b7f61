/**
 * Hosts that are reached by ssh: words, connections, shared sockets.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export { type HeldConnection, type SshHost, SshHosts } from "./hosts.ts";
