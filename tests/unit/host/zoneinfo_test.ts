import { localZone, parseTimezone, type ZoneSources } from "../../../lib/host/zoneinfo.ts";
import { RefusedError } from "../../../lib/model/errors.ts";
import { parseZoneFile, ZoneFileError } from "../../../lib/model/time/tzif.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { Dice } from "../../support/for_all.ts";

/** A version 2 file: Vienna's rule behind one transition at 1970-01-01 01:00 UTC from `LMT` to `CET`. */
function sampleFile(footer = "CET-1CEST,M3.5.0,M10.5.0/3"): Uint8Array {
  const block = (timeBytes: 4 | 8): number[] => [
    ...[..."TZif2"].map((c) => c.charCodeAt(0)),
    ...new Array(15).fill(0),
    ...[0, 0, 0, 1, 2, 8].flatMap((count) => [0, 0, 0, count]),
    ...new Array(timeBytes - 2).fill(0),
    0x0e,
    0x10,
    1,
    ...[0, 0, 0x0f, 0x29, 0, 0],
    ...[0, 0, 0x0e, 0x10, 0, 4],
    ...[..."LMT\0CET\0"].map((c) => c.charCodeAt(0)),
  ];
  return new Uint8Array([...block(4), ...block(8), ...[...`\n${footer}\n`].map((c) => c.charCodeAt(0))]);
}

function inFolder(action: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    action(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("parseZoneFile() reads the table and then the rule", () => {
  const zone = parseZoneFile(sampleFile(), "sample");
  const abbreviationAt = (time: string): string => zone.offsetAt(Date.parse(time) / 1000).abbreviation;
  assertEquals(abbreviationAt("1970-01-01T00:59:59Z"), "LMT");
  assertEquals(abbreviationAt("1970-01-01T01:00:00Z"), "CET");
  assertEquals(abbreviationAt("2100-07-01T00:00:00Z"), "CEST");
  assertEquals(parseZoneFile(sampleFile(""), "sample").offsetAt(4e9).abbreviation, "CET");
});

Deno.test("parseZoneFile() refuses every truncated file", () => {
  const whole = sampleFile();
  for (let length = 0; length < whole.length; length++) {
    assertThrows(() => parseZoneFile(whole.subarray(0, length), "sample"), ZoneFileError);
  }
});

Deno.test("parseZoneFile() survives random damage", () => {
  const dice = new Dice(11);
  for (let run = 0; run < 5000; run++) {
    const bytes = sampleFile();
    for (let i = dice.integer(1, 4); i > 0; i--) bytes[dice.integer(0, bytes.length - 1)] = dice.integer(0, 255);
    try {
      const zone = parseZoneFile(bytes, "sample");
      assert(Math.abs(zone.offsetAt(dice.integer(-4e9, 8e9)).seconds) <= 26 * 3600);
      zone.transitionsBetween(0, 1e8);
    } catch (error) {
      assert(error instanceof ZoneFileError, `run ${run}: ${error}`);
    }
  }
});

Deno.test("parseZoneFile() refuses rules that are none", () => {
  assertThrows(
    () => parseZoneFile(sampleFile("CET-1CEST,nonsense,x"), "sample"),
    ZoneFileError,
    "is no time zone rule",
  );
});

Deno.test("localZone() follows TZ, then /etc/localtime, then UTC", () => {
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/Europe`);
    Deno.writeFileSync(`${folder}/Europe/Vienna`, sampleFile());
    Deno.writeFileSync(`${folder}/localtime`, sampleFile());
    const sources: Omit<ZoneSources, "tz"> = { folders: [folder], localtime: `${folder}/localtime` };
    const offset = (tz: string | undefined): number => localZone({ ...sources, tz }).offsetAt(1.7e9).seconds;
    assertEquals(offset(undefined), 3600);
    assertEquals(offset(""), 0);
    assertEquals(offset("Europe/Vienna"), 3600);
    assertEquals(offset(":Europe/Vienna"), 3600);
    assertEquals(offset(`${folder}/Europe/Vienna`), 3600);
    assertEquals(offset("CET-2"), 7200);
    assertEquals(offset("Asia/Tokyo"), 32_400);
    assertEquals(localZone({ tz: undefined, localtime: `${folder}/absent` }).name, "UTC");
    for (const tz of ["Europe/Nowhere", "../Europe/Vienna", "nonsense", `${folder}/absent`, `${folder}/Europe`]) {
      assertThrows(() => offset(tz), RefusedError, "Cannot understand the time zone in TZ");
    }
  });
});

Deno.test("localZone() names a file that it cannot read", () => {
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/Broken`, "no zone");
    Deno.writeFileSync(`${folder}/Huge`, new Uint8Array(2 << 20));
    assertThrows(() => localZone({ tz: "Broken", folders: [folder] }), RefusedError, "the file is too short");
    assertThrows(() => localZone({ tz: "Huge", folders: [folder] }), RefusedError, "it is too large");
  });
});

Deno.test("parseTimezone() takes the four forms of the option", () => {
  const sources = { tz: undefined, folders: [] };
  assertEquals(parseTimezone("", sources), undefined);
  assertEquals(parseTimezone("UTC", sources)?.name, "UTC");
  assertEquals(parseTimezone("-04:30", sources)?.offsetAt(0), { seconds: -16_200, abbreviation: "UTC-04:30" });
  assertEquals(parseTimezone("Europe/Vienna", sources)?.offsetAt(1.7e9).seconds, 3600);
  for (const text of ["GMT", "+5", "+2400", " UTC", "CET-1CEST", "A/B", "../x", "/etc/passwd"]) {
    assertThrows(() => parseTimezone(text, sources), RefusedError, "Invalid timezone specification");
  }
});
