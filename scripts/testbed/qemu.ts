/**
 * One QEMU process under the guard that ends it with us, and what its console says.
 * @module
 */

import { announce } from "../announce.ts";

const here = import.meta.dirname;

/** How long a boot may take on a busy host. */
const BOOT_MS = 300_000;

/** What the guard says of a QEMU that aborted, or touched memory that it has not. */
const QEMU_DIED = /^exited (?:134|139)$/;

/** What a virtual machine is made of. */
export interface MachineOptions {
  readonly name: string;
  /** Folder of the image; see `image.ts`. */
  readonly image: string;
  /** Folder of this machine alone, inside the run's folder; the guard removes it. */
  readonly folder: string;
  /** Where the host's loopback leads to each guest's sshd, by guest name. */
  readonly ports: ReadonlyMap<string, number>;
  /** A disk image with files for the guest's `/opt/payload`. */
  readonly payload?: string;
  readonly memoryMiB: number;
}

/** The guest's kernel or ZFS module broke, or it did not come up. The message ends with what the console said. */
export class MachineError extends Error {
  override readonly name = "MachineError";
}

/** A virtual machine that is running. */
export class Machine {
  #exited: Promise<void>;
  #hasExited = false;
  /** What QEMU has ended with. */
  #status = "";
  #isStopping = false;
  #checkedBytes = 0;
  /** What the guard is told. */
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  /** What the guard says. */
  readonly #words: ReadableStreamDefaultReader<Uint8Array>;

  private constructor(readonly options: MachineOptions, private readonly guard: Deno.ChildProcess) {
    this.#orders = guard.stdin.getWriter();
    this.#words = guard.stdout.getReader();
    this.#exited = this.#end();
  }

  /** Settled when the guard says that QEMU has ended, or has itself ended. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** Starts a machine; `ready` says when its sshd answers. */
  static async start(options: MachineOptions): Promise<Machine> {
    await Deno.mkdir(options.folder);
    const overlay = `${options.folder}/overlay.qcow2`;
    const argv = ["-q", "-f", "qcow2", "-F", "qcow2", "-b", `${options.image}/root.qcow2`, overlay];
    const made = await new Deno.Command("qemu-img", { args: ["create", ...argv] }).output();
    if (!made.success) throw new MachineError(new TextDecoder().decode(made.stderr));
    const guard = new Deno.Command("sh", {
      args: [`${here}/guard.sh`, options.folder, "qemu-system-x86_64", ...qemuArguments(options, overlay)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      detached: true, // out of reach of a signal to our process group: the guard has to tidy up
    }).spawn();
    return new Machine(options, guard);
  }

  /** Waits until the guest has booted. */
  async ready(timeoutMs: number): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!(await this.console()).includes("GUEST-READY")) {
      if (this.#hasExited) throw await this.failure("did not start");
      if (Date.now() > end) throw await this.failure(`did not come up in ${timeoutMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await this.check();
  }

  /**
   * The same, and boots once more if QEMU dies meanwhile: QEMU 10 was seen to abort on an assertion of its own
   * (`iotlb_to_section`), once in some twenty boots. A guest that breaks ends QEMU in an orderly way.
   */
  async boot(): Promise<void> {
    try {
      await this.ready(BOOT_MS);
    } catch (error) {
      if (this.#isStopping || !QEMU_DIED.test(this.#status)) throw error;
      announce(`${(error as Error).message}\nQEMU ${this.#status}; booting the guest once more`);
      await this.#tell("cut"); // the guard still waits for that
      await this.restore();
    }
  }

  /** After a broken connection: waits half a second for the end of QEMU, which may have been its reason. */
  async settle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, 500);
    await Promise.race([this.exited, promise]);
    clearTimeout(timer);
  }

  /** Throws when the guest has ended, or its console tells of a broken kernel. */
  async check(): Promise<void> {
    if (this.#hasExited) throw await this.failure("ended by itself");
    const text = await this.console();
    if (text.length === this.#checkedBytes) return;
    this.#checkedBytes = text.length;
    // A soft lockup only tells of a busy host: software emulation stands still when it gets no processor.
    const broken = /Kernel panic|Oops|BUG: (?!soft lockup)|general protection|PANIC at|VERIFY.* failed|GUEST-FAILED/;
    if (broken.test(text)) throw await this.failure("broke");
  }

  async console(): Promise<string> {
    try {
      return await Deno.readTextFile(`${this.options.folder}/console`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }

  /** An error with the end of what QEMU and the guest's console said. */
  async failure(what: string): Promise<MachineError> {
    const log = await Deno.readTextFile(`${this.options.folder}/qemu.log`).catch(() => "");
    const tail = (await this.console()).split("\n").slice(-60).join("\n");
    return new MachineError(`Guest ${this.options.name} ${what}. ${log.trim()}\n--- its console\n${tail}\n---`);
  }

  /** Ends the machine as a power cut does: what it had not flushed to its disk is lost. */
  async cut(): Promise<void> {
    await this.#tell("cut");
    await this.exited;
  }

  /** Boots a machine again that was cut, from its disk. */
  async restore(): Promise<void> {
    await Deno.writeTextFile(`${this.options.folder}/console`, "");
    this.#checkedBytes = 0;
    this.#hasExited = false;
    this.#status = "";
    this.#exited = this.#end();
    await this.#tell("boot");
    await this.ready(BOOT_MS);
  }

  /** Ends the machine, returns when it and its folder are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#orders.close().catch(() => {});
    await Promise.all([this.exited, this.guard.status]);
    await this.#words.cancel();
  }

  async #end(): Promise<void> {
    const { value } = await this.#words.read();
    this.#status = new TextDecoder().decode(value).trim();
    this.#hasExited = true;
  }

  async #tell(word: string): Promise<void> {
    await this.#orders.write(new TextEncoder().encode(`${word}\n`));
  }
}

function qemuArguments(options: MachineOptions, overlay: string): readonly string[] {
  const { image, folder, name, ports, payload } = options;
  const hosts = [...ports].map(([host, port]) => `${host}:${port}`).join(",");
  const disk = (id: string, drive: string): readonly string[] => [
    ...["-drive", `if=none,id=${id},${drive}`],
    ...["-device", `virtio-blk-pci,drive=${id}`],
  ];
  // Emulation works everywhere. KVM by explicit switch only: in nested machines /dev/kvm may be there and not work.
  const accelerator = Deno.env.get("BZFS_TESTBED_ACCEL") ?? "tcg,thread=multi,tb-size=512";
  return [
    // One processor: a second emulated one costs a third more CPU time for the same commands, and two files of tests
    // run at a time.
    ...["-accel", accelerator, "-cpu", "max", "-smp", "1", "-m", String(options.memoryMiB)],
    ...["-nodefaults", "-display", "none", "-no-reboot", "-serial", `file:${folder}/console`],
    ...["-kernel", `${image}/vmlinuz`, "-initrd", `${image}/initrd.gz`],
    ...["-append", `console=ttyS0 quiet panic=-1 oops=panic guest=${name} hosts=${hosts}`],
    ...disk("root", `file=${overlay},format=qcow2,cache=unsafe`),
    ...(payload === undefined ? [] : disk("payload", `file=${payload},format=raw,readonly=on`)),
    ...["-netdev", `user,id=net,hostfwd=tcp:127.0.0.1:${ports.get(name)}-:22`],
    ...["-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"],
  ];
}
