import pg from "pg";
import type { Field, StatementResult } from "./engine.ts";

/** Element types of PostgreSQL's array types, by their object identifiers (pg_type.dat), for the types read below. */
const elementTypes: Record<number, number> = {
  1000: 16,
  1005: 21,
  1007: 23,
  1021: 700,
  1022: 701,
  199: 114,
  3807: 3802,
};

/** Rows of an answer: arrays or objects, of texts or of JSON values. */
export function shapeRows({ rows, fields }: StatementResult, arrayMode: boolean, rawText: boolean): unknown[] {
  const values = rawText ? rows : rows.map((row) => row.map((text, index) => toJson(text, fields[index]!)));
  if (arrayMode) return values;
  return values.map((row) => Object.fromEntries(row.map((value, index) => [fields[index]!.name, value])));
}

/** What JSON can say exactly becomes that: booleans, small integers, finite floats, json; the rest stays text. */
function toJson(text: string | null, { dataTypeID }: Pick<Field, "dataTypeID">): unknown {
  if (text === null) return null;
  switch (dataTypeID) {
    case 16:
      return text === "t";
    case 21:
    case 23:
      return Number(text);
    case 700:
    case 701:
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 114:
    case 3802:
      return JSON.parse(text);
    default:
      return toJsonArray(text, dataTypeID);
  }
}

function toJsonArray(text: string, dataTypeID: number): unknown {
  const element = elementTypes[dataTypeID] ?? (textArrays.has(dataTypeID) ? 25 : undefined);
  if (element === undefined) return text;
  return mapElements(readTextArray(text), (value) => toJson(value, { dataTypeID: element }));
}

type Nested = string | null | Nested[];

const readTextArray = pg.types.getTypeParser(1009 as 25) as (text: string) => Nested[];

function mapElements(value: Nested, map: (text: string | null) => unknown): unknown {
  return Array.isArray(value) ? value.map((element) => mapElements(element, map)) : map(value);
}

/** Arrays whose elements stay text: text, varchar, int8, numeric, uuid, date, timestamp, timestamptz. */
const textArrays = new Set([1009, 1015, 1016, 1231, 2951, 1182, 1115, 1185]);
