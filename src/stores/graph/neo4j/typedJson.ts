import type { CypherValue } from "./cypher.ts";

/**
 * Neo4j's typed JSON, `application/vnd.neo4j.query`: every value says what it is, so that an integer stays one.
 * Source: https://neo4j.com/docs/query-api/current/result-formats/
 */
export type TypedValue = { $type: string; _value: unknown };

export function encodeTyped(value: CypherValue): TypedValue {
  if (value === null) return { $type: "Null", _value: null };
  if (typeof value === "string") return { $type: "String", _value: value };
  if (typeof value === "boolean") return { $type: "Boolean", _value: value };
  if (typeof value === "number")
    return Number.isSafeInteger(value)
      ? { $type: "Integer", _value: String(value) }
      : { $type: "Float", _value: String(value) };
  if (Array.isArray(value)) return { $type: "List", _value: value.map(encodeTyped) };
  return { $type: "Map", _value: encodeMap(value as Record<string, CypherValue>) };
}

export function encodeMap(values: Readonly<Record<string, CypherValue>>): Record<string, TypedValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, encodeTyped(value)]));
}

/** Errors: `TypeError` for a type that no statement of ours gives. */
export function decodeTyped({ $type: type, _value: value }: TypedValue): CypherValue {
  switch (type) {
    case "Null":
      return null;
    case "String":
    case "Boolean":
      return value as string | boolean;
    case "Integer":
    case "Float":
      return Number(value);
    case "List":
      return (value as TypedValue[]).map(decodeTyped);
    case "Map":
      return Object.fromEntries(
        Object.entries(value as Record<string, TypedValue>).map(([name, each]) => [name, decodeTyped(each)]),
      );
    default:
      throw new TypeError(`The graph gave a value of the type ${type}, which is not asked for.`);
  }
}
