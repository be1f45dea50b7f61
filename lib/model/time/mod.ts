/**
 * Time zones, wall clocks and their formats, from the system's own files.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export * from "./civil.ts";
export * from "./intl_zone.ts";
export * from "./iso_time.ts";
export * from "./posix_zone.ts";
export * from "./strftime.ts";
export * from "./tzif.ts";
export * from "./zone.ts";
