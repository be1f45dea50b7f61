/**
 * JSON Schemas of our own types, tied to them by the compiler: a field more, less or optional where it is not does not
 * compile.
 * @module
 */

/** A schema, as far as we need one. */
export type Schema = Readonly<Record<string, unknown>>;

type OptionalKeys<T> = { [K in keyof T]-?: Record<string, never> extends Pick<T, K> ? K : never }[keyof T];
type Fields<T, K extends keyof T> = { readonly [P in K]-?: Schema };

/** Schema of an object with exactly these fields. */
export function objectOf<T>(
  required: Fields<T, Exclude<keyof T, OptionalKeys<T>>>,
  optional: Fields<T, OptionalKeys<T>>,
): Schema {
  return {
    type: "object",
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  };
}

/** Any text. */
export const TEXT: Schema = { type: "string" };
/** A whole number, not negative. */
export const COUNT: Schema = { type: "integer", minimum: 0 };
/** A whole number. */
export const INTEGER: Schema = { type: "integer" };
/** Seconds with fractions. */
export const SECONDS: Schema = { type: "number", minimum: 0 };
/** Yes or no. */
export const BOOLEAN: Schema = { type: "boolean" };
/** A 64-bit number, not negative, as decimal text. */
export const DECIMAL: Schema = { type: "string", pattern: "^[0-9]+$" };
/** ISO 8601 in UTC with milliseconds. */
export const INSTANT: Schema = { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$" };

/** One of these words. */
export function oneOf<const T extends string>(...words: readonly T[]): Schema {
  return { enum: words };
}

/** A list. */
export function listOf(items: Schema): Schema {
  return { type: "array", items };
}

/** A schema that is defined once. */
export function reference(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}
