/**
 * Typed doors to the assertion functions of `@std/assert`, whose packaging for this project has no types.
 * @module
 */
import {
  assert as stdAssert,
  assertEquals as stdAssertEquals,
  assertMatch as stdAssertMatch,
  assertRejects as stdAssertRejects,
  assertStringIncludes as stdAssertStringIncludes,
  assertThrows as stdAssertThrows,
  equal,
} from "@std/assert";

/** A class of errors, for {@linkcode assertThrows}. */
// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Fails unless `condition` is true. */
export const assert: (condition: unknown, message?: string) => asserts condition = stdAssert;

/** Fails unless both are deeply equal. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void = stdAssertEquals;

/** Fails unless the text matches. */
export const assertMatch: (actual: string, expected: RegExp, message?: string) => void = stdAssertMatch;

/** Fails unless the text contains the part. */
export const assertStringIncludes: (actual: string, expected: string, message?: string) => void =
  stdAssertStringIncludes;

/** Fails unless the function throws an error of this class whose message contains the part; returns the error. */
export const assertThrows: <E extends Error>(
  f: () => unknown,
  errorClass: ErrorClass<E>,
  messageIncludes?: string,
) => E = stdAssertThrows;

/** As {@linkcode assertThrows}, for a promise. */
export const assertRejects: <E extends Error>(
  f: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  messageIncludes?: string,
) => Promise<E> = stdAssertRejects;

/** Deep equality as {@linkcode assertEquals} sees it. */
export const deepEqual: (a: unknown, b: unknown) => boolean = equal;
