/**
 * Sends records to syslog: as datagrams to a Unix socket, or through one long-lived `logger` to a server, since this
 * process has no permission to use the network (docs/spec/logging-progress.md §9). What cannot be sent is lost, as ever
 * with syslog.
 * @module
 */
import { messageOf, MissingToolError, RefusedError } from "../../model/errors.ts";
import type { SyslogPolicy } from "../../model/job.ts";
import { LEVEL_ORDER } from "../../model/log.ts";
import type { Sink } from "../../report/logger.ts";
import { parseSyslogAddress, syslogPriority, withoutTime } from "../../report/syslog.ts";
import { removeFile } from "../files/files.ts";
import { isSettledWithin } from "../process/patience.ts";
import type { Child, Processes } from "../process/process.ts";

/** A sink that has to be closed. */
export interface SyslogSink extends Sink {
  /** Sends what is still to be sent, but not for ever. */
  close(): Promise<void>;
}

/** What a syslog sink needs. */
export interface SyslogOptions {
  readonly policy: SyslogPolicy;
  readonly processes: Processes;
  /** Path at which a socket may be made, in a private folder. At most 107 bytes. */
  readonly ownSocket: string;
}

/** How long what was logged last may take to be sent. */
const CLOSING_MS = 1000;

/** The largest message that is sent whole: what every syslog takes by one datagram. */
const MESSAGE_BYTES = 65_000;

/** The longest path of a socket. */
const SOCKET_PATH_BYTES = 107;

/**
 * Opens syslog. Throws `MissingToolError` if a server shall be reached and there is no `logger`, `RefusedError` if the
 * path of our own socket is too long.
 */
export function openSyslog({ policy, processes, ownSocket }: SyslogOptions): SyslogSink {
  const address = parseSyslogAddress(policy.address);
  if (address.kind === "socket" && new TextEncoder().encode(ownSocket).length > SOCKET_PATH_BYTES) {
    throw new RefusedError(`Path is too long for a socket, which may have ${SOCKET_PATH_BYTES} bytes: ${ownSocket}`, {
      hint: "Choose a --log-dir with a shorter path, or send to HOST:PORT.",
    });
  }
  const transport: Transport = address.kind === "socket"
    ? new SocketTransport(address.path, ownSocket)
    : new LoggerTransport([...serverWords(policy), "-n", address.host, "-P", address.port], processes);
  const head = policy.prefix === "" ? "" : `${policy.prefix} `;
  return {
    write(text, record): void {
      if (LEVEL_ORDER[record.level] < LEVEL_ORDER[policy.level]) return;
      transport.send(`<${syslogPriority(policy.facility, record.level)}>`, head + withoutTime(text));
    },
    async close(): Promise<void> {
      await isSettledWithin(transport.close(), CLOSING_MS);
    },
  };
}

/** A way to a syslog. Never throws. */
interface Transport {
  send(priority: string, text: string): void;
  close(): Promise<void>;
}

/** One datagram for each record. */
class SocketTransport implements Transport {
  readonly #path: string;
  readonly #ownSocket: string;
  readonly #socket: Deno.DatagramConn | undefined;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(path: string, ownSocket: string) {
    this.#path = path;
    this.#ownSocket = ownSocket;
    try {
      this.#socket = Deno.listenDatagram({ transport: "unixpacket", path: ownSocket });
    } catch {
      // Without a socket of our own nothing can be sent, and there is no better place to complain than the log itself.
    }
  }

  send(priority: string, text: string): void {
    const bytes = messageOfAtMost(MESSAGE_BYTES, priority + text);
    const target = { transport: "unixpacket", path: this.#path } as const;
    this.#sending = this.#sending.then(() => this.#socket?.send(bytes, target)).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#sending;
    this.#socket?.close();
    removeFile(this.#ownSocket);
  }
}

/** One line for each record, to a `logger` that lives as long as we do. */
class LoggerTransport implements Transport {
  readonly #child: Child;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(argv: readonly string[], processes: Processes) {
    try {
      this.#child = processes.start(argv, { stdin: "piped" });
    } catch (cause) {
      throw new MissingToolError(`logger CLI is not available on this host: ${messageOf(cause)}`, {
        cause,
        hint: "Install logger (part of util-linux), or give the path of a socket to --log-syslog-address.",
      });
    }
    this.#writer = this.#child.stdin!.getWriter();
    // Its complaints have no reader: it is read so that it does not block.
    this.#child.stderr.pipeTo(new WritableStream()).catch(() => {});
  }

  send(priority: string, text: string): void {
    const bytes = messageOfAtMost(MESSAGE_BYTES, priority + text.replaceAll("\n", " "));
    this.#sending = this.#sending.then(() => this.#writer.write(bytes))
      .then(() => this.#writer.write(LINE_FEED)).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#sending;
    await this.#writer.close().catch(() => {});
    await this.#child.ended;
  }
}

function serverWords(policy: SyslogPolicy): readonly string[] {
  const protocol = policy.protocol === "TCP" ? "-T" : "-d";
  // Without a size, a record of more than 1 KiB would come as several messages.
  return ["logger", "--prio-prefix", "--rfc3164", `--size=${MESSAGE_BYTES}`, protocol, "-t", policy.prefix || "bzfs"];
}

const LINE_FEED = new Uint8Array([0x0a]);

/** The text as bytes, cut behind a whole character if it is too long. */
function messageOfAtMost(length: number, text: string): Uint8Array {
  const bytes = new Uint8Array(Math.min(length, 3 * text.length));
  return bytes.subarray(0, new TextEncoder().encodeInto(text, bytes).written);
}
