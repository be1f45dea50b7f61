/** The conformance suites on the simulator, in the dress of both versions. */
import { conformance } from "./conformance.ts";
import { simGround } from "./conformance/sim_ground.ts";
import { doorConformance } from "./door_conformance.ts";
import { SimHost } from "./host.ts";
import { SimRunner } from "./runner.ts";

for (const version of ["2.1", "2.3"] as const) {
  conformance(`simulated ZFS ${version}`, simGround(version));
  const host = SimHost.create({ version });
  host.addPool("tank");
  host.addPool("back");
  doorConformance(`simulated ZFS ${version}`, {
    runner: new SimRunner(host),
    version,
    pools: { source: "tank", destination: "back" },
  });
}
