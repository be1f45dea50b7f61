/**
 * What `bzfs doctor` prints, as text and as JSON. Source: docs/spec/doctor.md.
 * @module
 */
export * from "./doctor.ts";
