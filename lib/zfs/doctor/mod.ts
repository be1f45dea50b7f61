/**
 * Questions of `bzfs doctor` to a host, and how its answers are read.
 * @module
 */
export * from "./answers.ts";
export * from "./questions.ts";
