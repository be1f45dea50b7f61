/**
 * Numbers, names, lists and units as text.
 * @module
 */
export * from "./base64url.ts";
export * from "./canonical.ts";
export * from "./digits.ts";
export * from "./nearest.ts";
export * from "./number_format.ts";
export * from "./order.ts";
export * from "./python_list.ts";
export * from "./units.ts";
