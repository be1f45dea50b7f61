/**
 * Datasets of the destination that get another name: set aside, or renamed as their source was. Loaded when one does.
 * @module
 */
export { type Followed, Renames } from "./renames.ts";
export { finishSetAside, requireFinished, setAside, spareSetAside } from "./set_aside.ts";
