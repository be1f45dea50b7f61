import { sha256 } from "../../lib/host/node.ts";
import { datasetFromZfs } from "../../lib/model/dataset.ts";
import { parseLocation } from "../../lib/model/location.ts";
import { MarkNames, nameHash, namespaceOf } from "../../lib/plan/cache_names.ts";
import type { Side } from "../../lib/model/job.ts";
import { jobOf } from "../support/arguments.ts";
import { parity } from "../support/parity.ts";

interface CachePathInput {
  readonly argv: readonly string[];
  readonly location: Side;
  readonly dataset: string;
  readonly label: string | null;
}

const hashed = nameHash(sha256);

parity<CachePathInput>("cache-paths", ({ argv, location, dataset, label }) => {
  const job = jobOf(argv);
  const { port, configFile } = job.hosts[location];
  const { userHost } = parseLocation(job.pairs[0]![location], job.hosts[location]);
  const host = { userHost, port, configFile };
  const names = new MarkNames(host, datasetFromZfs(dataset), hashed);
  const whole = { prefix: label ?? "", infix: "", suffix: "", period: undefined };
  return { namespace: namespaceOf(host, hashed), path: label === null ? names.dataset : names.label(whole) };
});
