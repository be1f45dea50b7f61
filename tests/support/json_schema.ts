/**
 * Checks a value against a JSON Schema, as far as our schemas go. A keyword that it does not know is an error.
 * @module
 */

type Schema = Readonly<Record<string, unknown>>;

const ANNOTATIONS = new Set(["$schema", "$defs", "title", "description"]);

/** What is wrong with a value, with the path to it; nothing if it is valid. */
export function schemaErrors(value: unknown, schema: Schema, root: Schema = schema, path = "$"): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    const check = CHECKS[keyword];
    if (check === undefined) throw new TypeError(`Unknown keyword '${keyword}' in a schema`);
    return check(value, rule, { schema, root, path });
  });
}

interface Place {
  readonly schema: Schema;
  readonly root: Schema;
  readonly path: string;
}

type Check = (value: unknown, rule: unknown, place: Place) => string[];

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  number: (value) => typeof value === "number" && Number.isFinite(value),
  boolean: (value) => typeof value === "boolean",
};

const CHECKS: Readonly<Record<string, Check>> = {
  type: (value, rule, { path }) => TYPES[rule as string]!(value) ? [] : [`${path} is no ${rule}`],
  const: (value, rule, { path }) => value === rule ? [] : [`${path} is not ${JSON.stringify(rule)}`],
  enum: (value, rule, { path }) => (rule as unknown[]).includes(value) ? [] : [`${path} is not one of ${rule}`],
  pattern: (value, rule, { path }) =>
    typeof value !== "string" || new RegExp(rule as string).test(value) ? [] : [`${path} does not match ${rule}`],
  minimum: (value, rule, { path }) =>
    typeof value !== "number" || value >= (rule as number) ? [] : [`${path} is below ${rule}`],
  required: (value, rule, { path }) =>
    (rule as string[]).filter((name) => !Object.hasOwn(Object(value), name)).map((name) =>
      `${path}.${name} is missing`
    ),
  properties: (value, rule, { root, path }) =>
    Object.entries(rule as Record<string, Schema>).flatMap(([name, schema]) =>
      Object.hasOwn(Object(value), name)
        ? schemaErrors((value as Record<string, unknown>)[name], schema, root, `${path}.${name}`)
        : []
    ),
  additionalProperties: (value, rule, { schema, path }) => {
    const known = Object.keys(Object(schema["properties"]));
    if (rule !== false) throw new TypeError("additionalProperties is false in all our schemas");
    return Object.keys(Object(value)).filter((name) => !known.includes(name)).map((name) =>
      `${path}.${name} is unknown`
    );
  },
  items: (value, rule, { root, path }) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => schemaErrors(item, rule as Schema, root, `${path}[${index}]`))
      : [],
  oneOf: (value, rule, { root, path }) => {
    const found = (rule as Schema[]).map((schema) => schemaErrors(value, schema, root, path));
    const fitting = found.filter((errors) => errors.length === 0).length;
    if (fitting === 1) return [];
    const nearest = found.toSorted((a, b) => a.length - b.length)[0]!;
    return [`${path} fits ${fitting} of ${found.length} forms`, ...nearest];
  },
  $ref: (value, rule, { root, path }) => {
    const name = (rule as string).replace("#/$defs/", "");
    return schemaErrors(value, (root["$defs"] as Record<string, Schema>)[name]!, root, path);
  },
};
