/**
 * How OpenZFS packs lists of names and values, resume tokens among them.
 * @module
 */
export { inflate } from "./inflate.ts";
export { type NvPair, type NvValue, readNvlist } from "./nvlist.ts";
