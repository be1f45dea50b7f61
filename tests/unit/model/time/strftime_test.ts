import { type Moment, strftime } from "../../../../lib/model/time/strftime.ts";
import { parsePosixZone } from "../../../../lib/model/time/posix_zone.ts";
import { UTC } from "../../../../lib/model/time/zone.ts";
import { assertEquals } from "../../../support/assert.ts";

const VIENNA = parsePosixZone("CET-1CEST,M3.5.0,M10.5.0/3", "Europe/Vienna")!;
const MOMENT: Moment = {
  instant: BigInt(Date.UTC(2024, 10, 6, 8, 30, 5)) * 1000n + 123_456n,
  zone: VIENNA,
  namesZone: true,
  localZone: UTC,
};

/** Format and text: verified with Python 3.11 on Linux. */
const TEXTS: readonly (readonly [string, string])[] = [
  ["%Y-%m-%d_%H:%M:%S.%f", "2024-11-06_09:30:05.123456"],
  ["%a %A %b %B %p %P", "Wed Wednesday Nov November AM am"],
  ["%j %U %W %V %G %g %u %w %C %y", "311 44 45 45 2024 24 3 3 20 24"],
  ["%e|%k|%l|%I|%-d|%_m|%0e|%^a", " 6| 9| 9|09|6|11|06|WED"],
  ["%z %Z %%", "+0100 CET %"],
  [
    "%c|%x|%X|%r|%R|%T|%D|%F|%h|%v",
    "Wed Nov  6 09:30:05 2024|11/06/24|09:30:05|09:30:05 AM|09:30|09:30:05|11/06/24|2024-11-06|Nov| 6-Nov-2024",
  ],
  ["%Q %5Y %", "%Q %5Y %"],
];

Deno.test("strftime() prints as the C library does", () => {
  for (const [format, text] of TEXTS) assertEquals(strftime(MOMENT, format), text, format);
});

Deno.test("strftime() names no zone that is only the system's", () => {
  assertEquals(strftime({ ...MOMENT, namesZone: false }, "[%z%Z]"), "[]");
});
