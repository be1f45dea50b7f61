/**
 * Descriptions of a schema from the comments of the interfaces that it is tied to, so that each is written once.
 * @module
 */
import type { Schema } from "./json_schema.ts";

/** An interface as far as its comments are concerned. */
interface Declaration {
  readonly comment: string;
  /** What it takes fields from, as text. */
  readonly heritage: string;
  readonly fields: ReadonlyMap<string, { readonly comment: string; readonly type: string }>;
}

const DECLARATION =
  /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?export (?:interface (\w+)([^{;]*)\{\n([^]*?)^\}|type (\w+) = ([^;{]*);)/gm;
const FIELD = /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s*)?readonly (\w+)\??: ([^;]+);/g;

/** Comments of exported interfaces, by their names. */
export class Descriptions {
  readonly #declarations = new Map<string, Declaration>();

  /** @param sources texts of modules */
  constructor(sources: readonly string[]) {
    for (const [, comment, name, heritage, body = "", alias, of = ""] of sources.join("\n").matchAll(DECLARATION)) {
      const fields = [...body.matchAll(FIELD)].map(([, of, field = "", type = ""]) =>
        [field, { comment: plain(of), type }] as const
      );
      const declaration = { comment: plain(comment), heritage: heritage ?? of, fields: new Map(fields) };
      this.#declarations.set(name ?? alias ?? "", declaration);
    }
  }

  /** The interface of an event of this kind. Throws if there is none. */
  ofEvent(kind: string): string {
    const found = [...this.#declarations].find(([, { heritage }]) => heritage.includes(`EventKind<"${kind}">`));
    if (found === undefined) throw new TypeError(`No interface is an event of the kind ${kind}`);
    return found[0];
  }

  /** The schema with what is said about the interface and its fields. Throws for a field without a comment. */
  describe(schema: Schema, name: string): Schema {
    const properties = schema["properties"] as Readonly<Record<string, Schema>>;
    const described = Object.entries(properties).map(([key, property]) => {
      const { comment, type } = this.#field(name, key) ?? { comment: "", type: "" };
      if (comment === "") throw new TypeError(`Nothing is said about ${name}.${key}`);
      return [key, { description: comment, ...this.#inner(property, type) }];
    });
    const comment = this.#declarations.get(name)?.comment ?? "";
    return {
      ...(comment === "" ? {} : { description: comment }),
      ...schema,
      properties: Object.fromEntries(described),
    };
  }

  /** The schema of a value of this type: an object, a list of objects, or anything else. */
  #inner(schema: Schema, type: string): Schema {
    const name = this.#namesIn(type)[0];
    const items = schema["items"] as Schema | undefined;
    if (name === undefined) return schema;
    if (schema["properties"] !== undefined) return this.describe(schema, name);
    return items?.["properties"] === undefined ? schema : { ...schema, items: this.describe(items, name) };
  }

  #field(name: string, key: string): { readonly comment: string; readonly type: string } | undefined {
    const { fields, heritage } = this.#declarations.get(name)!;
    const own = fields.get(key);
    if (own !== undefined && own.comment !== "") return own;
    return this.#namesIn(heritage).map((parent) => this.#field(parent, key)).find((field) => field !== undefined);
  }

  #namesIn(type: string): string[] {
    const names = type.match(/\w+/g) ?? [];
    return names.filter((name) => this.#declarations.has(name) && name !== "DetailOf");
  }
}

/** A comment as one line of text. */
function plain(comment = ""): string {
  return comment.replaceAll(/^\s*\* ?/gm, "").replaceAll(/\{@linkcode (\w+)\}/g, "$1").replaceAll(/\s+/g, " ").trim();
}
