/**
 * Time zones, wall clocks and their formats, from the system's own files.
 * @module
 */
export * from "./civil.ts";
export * from "./intl_zone.ts";
export * from "./iso_time.ts";
export * from "./posix_zone.ts";
export * from "./strftime.ts";
export * from "./tzif.ts";
export * from "./zone.ts";
