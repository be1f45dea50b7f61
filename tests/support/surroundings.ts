/**
 * What a job needs from outside beside ZFS, for tests: a zone, stamps and reports in memory, nothing that is shown.
 * @module
 */
import { UTC, type Zone } from "../../lib/model/time/zone.ts";
import type { Display, JobEnvironment, JobFiles } from "../../lib/run/job/environment.ts";
import type { CacheStamp } from "../../lib/model/cache_stamp.ts";
import type { CacheStamps, ReportFile, ReportFolder, StateFiles } from "../../lib/zfs/world.ts";

/** The parts of an environment that hardly any test cares about. */
export type Surroundings = Pick<JobEnvironment, "zones" | "files" | "display" | "recorder">;

/** What a test may choose of them. */
interface Choices extends Partial<Pick<JobFiles, "stamps" | "reports" | "plans">>, Partial<Display> {
  readonly zone?: Zone;
}

/** Cache stamps in memory, with the same rules as files. */
export class MemoryCacheStamps implements CacheStamps {
  readonly kept = new Map<string, CacheStamp>();

  read(name: string): CacheStamp | undefined {
    return this.kept.get(name);
  }

  write(name: string, stamp: CacheStamp): void {
    const old = this.kept.get(name);
    if (old === undefined || stamp.changed >= old.changed) this.kept.set(name, stamp);
  }

  forget(folder: string): void {
    for (const name of this.kept.keys()) {
      if (name.startsWith(`${folder}/`) && !name.slice(folder.length + 1).includes("/")) {
        this.kept.set(name, { changed: 0, created: 0 });
      }
    }
  }
}

/** State files in memory. */
export class MemoryStateFiles implements StateFiles {
  readonly kept = new Map<string, string>();

  read(name: string): string | undefined {
    return this.kept.get(name);
  }

  write(name: string, text: string): boolean {
    this.kept.set(name, text);
    return true;
  }
}

/** Reports in memory: those that are finished. */
export class MemoryReports implements ReportFolder {
  readonly finished = new Map<string, string>();

  open(name: string): ReportFile {
    let text = "";
    return {
      path: `/reports/${name}`,
      temporaryPath: `/reports/${name}.tmp`,
      append: (more) => void (text += more),
      finish: () => void this.finished.set(name, text),
      discard: () => {},
    };
  }
}

/** Surroundings in which nothing is kept or shown, unless a test says so. */
export function surroundings(chosen: Choices = {}): Surroundings {
  const { zone, stamps = new MemoryCacheStamps(), reports = new MemoryReports(), plans = new MemoryStateFiles() } =
    chosen;
  const { progress = { pause: () => {}, reset: () => {} }, headline = () => {}, alarm = () => {} } = chosen;
  return {
    zones: { local: UTC, named: zone },
    files: { stamps, reports, plans, logFile: "/bzfs-logs/run.log", absolutePath: (path) => path },
    display: { progress, headline, alarm },
  };
}
