import * as z from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** JSON Schemas (draft 7, which AsyncAPI's own are a superset of) of zod's; those that have an `id` are kept once, by that. */
export class SchemaComponents {
  readonly schemas: Record<string, JsonSchema> = {};

  /** Of `io`: what a writer may send, or what a reader gets; the first can have fewer fields than the second of the same name. */
  describe(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const converted = z.toJSONSchema(schema, { io, target: "draft-7", override: renameExample });
    const nameOf = (id: string) => (io === "input" ? `${id}Input` : id);
    const {
      $schema: _,
      definitions,
      ...whole
    } = JSON.parse(JSON.stringify(converted), (key, value) =>
      key === "$ref" ? referenceTo(nameOf(value.slice("#/definitions/".length))) : value,
    ) as JsonSchema & { definitions?: Record<string, JsonSchema> };
    for (const [id, definition] of Object.entries(definitions ?? {})) this.keep(nameOf(id), definition);
    return whole;
  }

  /** Keeps a schema by a name of its own, and gives a reference to it. */
  keep(name: string, schema: JsonSchema): JsonSchema {
    this.schemas[name] = schema;
    return { $ref: referenceTo(name) };
  }
}

function referenceTo(name: string): string {
  return `#/components/schemas/${name}`;
}

/** OpenAPI calls it `example`; JSON Schema has only a list. */
function renameExample({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.example === undefined) return;
  jsonSchema.examples = [jsonSchema.example];
  delete jsonSchema.example;
}
