/**
 * What decides what a fleet does, as text: a plan that was made for other options is not applied.
 * @module
 */
import type { Fleet } from "../../model/fleet.ts";
import { canonicalText } from "../../model/text/mod.ts";
import type { Section } from "../options/option.ts";
import type { Forwarded, JobrunnerArguments } from "./arguments.ts";

/** Chapters of options that decide how fast, how often and how loud things are done. */
const IMMATERIAL: ReadonlySet<Section> = new Set(["Logging", "Speed", "Programs", "Errors and retries"]);

/** The policy of a fleet, and the options that decide what its subjobs do, as text for a digest. */
export function fleetOptionsText(fleet: Fleet, args: JobrunnerArguments, { parsed }: Forwarded): string {
  const own = ["--localhost", "--ssh-src-user", "--ssh-dst-user", "--ssh-src-port", "--ssh-dst-port"] as const;
  const configFiles = ["--ssh-src-config-file", "--ssh-dst-config-file"] as const;
  const passedOn = parsed.occurrences.filter(({ option: { name, section } }) =>
    name !== "--dryrun" && !IMMATERIAL.has(section)
  );
  return canonicalText([
    fleet,
    [...own, ...configFiles].map((name) => args.valueOf(name)),
    passedOn.map(({ option, words }) => [option.name, words]),
  ]);
}
