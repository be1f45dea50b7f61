/**
 * Numbers, names, lists and units as text.
 *
 * The door of this folder: what the rest of the program may use of it.
 * @module
 */
export * from "./base64url.ts";
export * from "./digits.ts";
export * from "./number_format.ts";
export * from "./order.ts";
export * from "./python_list.ts";
export * from "./units.ts";
