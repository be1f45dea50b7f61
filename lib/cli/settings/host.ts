/**
 * Settings of hosts, ssh and external programs. Source: docs/spec/cli.md §11 and §12.
 * @module
 */
import { RefusedError } from "../../model/errors.ts";
import { checkHost, checkUser } from "../../model/location.ts";
import type { HostPolicy, ProgramPolicy, SshPolicy } from "../../model/job.ts";
import type { ArgumentFileReader } from "../parse/argument_file.ts";
import type { BzfsArguments } from "../parse/bzfs_arguments.ts";
import { plainWord, splitOptions, withoutForbidden } from "../options/option_string.ts";

/** The name of an ssh configuration file must contain this, so that no other file is used by mistake. */
const CONFIG_NAME_PART = "bzfs_ssh_config";

/** Makes the settings of hosts, and checks the configuration files. */
export function makeHosts(parsed: BzfsArguments, files: ArgumentFileReader): HostPolicy {
  const [src, dst] = (["src", "dst"] as const).map((side): SshPolicy => ({
    user: parsed.text(`--ssh-${side}-user`),
    host: parsed.text(`--ssh-${side}-host`),
    port: parsed.number(`--ssh-${side}-port`),
    configFile: parsed.text(`--ssh-${side}-config-file`),
  })) as [SshPolicy, SshPolicy];
  checkConfigFile(src.configFile, files);
  checkConfigFile(dst.configFile, files);
  return {
    src,
    dst,
    cipher: plainWord(parsed.text("--ssh-cipher"), "--ssh-cipher"),
    controlPersistSecs: parsed.number("--ssh-control-persist-secs"),
    exitOnShutdown: parsed.flag("--ssh-exit-on-shutdown"),
    forwardsAgent: parsed.flag("--ssh-forward-agent"),
    maxSessionsPerConnection: parsed.number("--max-concurrent-ssh-sessions-per-tcp-connection"),
    elevatePrivileges: !parsed.flag("--no-privilege-elevation"),
  };
}

function checkConfigFile(path: string | undefined, files: ArgumentFileReader): void {
  if (path === undefined || path === "none") return;
  if (!path.slice(path.lastIndexOf("/") + 1).includes(CONFIG_NAME_PART)) {
    throw new RefusedError(`Basename of ssh config file must contain substring '${CONFIG_NAME_PART}': ${path}`);
  }
  try {
    files.read(path);
  } catch (cause) {
    throw new RefusedError(`Cannot use ssh config file ${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/** Checks the names of users and hosts that options give. */
export function checkAccounts(hosts: HostPolicy): void {
  for (const side of ["src", "dst"] as const) {
    checkUser(hosts[side].user ?? "", `--ssh-${side}-user`);
    checkHost((hosts[side].host ?? "").replaceAll("|", ":"), `--ssh-${side}-host`);
  }
}

const COMPRESSION_FORBIDDEN = ["-o", "--output-file"];
const MBUFFER_FORBIDDEN = "-i -I -o -O -l -L -t -T -a -A".split(" ");
const PV_FORBIDDEN = ("-o --output -f --log-file -S --stop-at-size -Y --sync -X --discard -U --store-and-forward -d " +
  "--watchfd -R --remote -P --pidfile").split(" ");

/** Makes the settings of programs. */
export function makePrograms(parsed: BzfsArguments): ProgramPolicy {
  return {
    compression: parsed.text("--compression-program"),
    compressionOptions: optionsOf(parsed, "--compression-program-opts", COMPRESSION_FORBIDDEN),
    mbuffer: parsed.text("--mbuffer-program"),
    mbufferOptions: optionsOf(parsed, "--mbuffer-program-opts", MBUFFER_FORBIDDEN),
    pv: parsed.text("--pv-program"),
    pvOptions: optionsOf(parsed, "--pv-program-opts", PV_FORBIDDEN),
    ps: parsed.text("--ps-program"),
    shell: parsed.text("--shell-program"),
    ssh: parsed.text("--ssh-program"),
    sudo: parsed.text("--sudo-program"),
    zpool: parsed.text("--zpool-program"),
  };
}

function optionsOf(
  parsed: BzfsArguments,
  name: "--compression-program-opts" | "--mbuffer-program-opts" | "--pv-program-opts",
  forbidden: readonly string[],
): readonly string[] {
  return withoutForbidden(splitOptions(parsed.text(name), name), forbidden, name);
}

/** The progress display reads what pv prints; without these options it would not find its numbers. */
export function checkPvOptions(programs: ProgramPolicy, quiet: boolean): void {
  if (programs.pv === "-") return;
  requireOne(programs.pvOptions, ["--bytes", "-b", "--bits", "-8"]);
  if (quiet) return;
  requireOne(programs.pvOptions, ["--eta", "-e"]);
  requireOne(programs.pvOptions, ["--fineta", "-I"]);
  requireOne(programs.pvOptions, ["--average-rate", "-a"]);
}

function requireOne(options: readonly string[], choices: readonly string[]): void {
  if (choices.some((choice) => options.includes(choice))) return;
  throw new RefusedError(`--pv-program-opts must contain one of ${choices.join(", ")} for progress report line`, {
    hint: "Use --quiet or --pv-program=- to do without.",
  });
}
