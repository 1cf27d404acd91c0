import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Expectation } from "../../domain/change.ts";

/** Values by column name. Names come from this program's own text, never from a caller. */
export type Columns = Record<string, SQL>;

export function insertInto(table: PgTable, alias: string, columns: Columns): SQL {
  return sql`INSERT INTO ${table} AS ${sql.raw(alias)} (${names(columns)}) VALUES (${sql.join(Object.values(columns), sql`, `)})`;
}

/** `a = ..., b = ...` for an UPDATE. */
export function assignments(columns: Columns): SQL {
  return sql.join(
    Object.entries(columns).map(([name, value]) => sql`${sql.raw(name)} = ${value}`),
    sql`, `,
  );
}

/**
 * Inserts a row, or gives the row with the same externalId the new content and the next version. An equal row is left
 * untouched, as is one that is not as expected: then nothing is returned.
 */
export function upsertByExternalId(
  table: PgTable,
  alias: string,
  fixed: Columns,
  content: Columns,
  expectation: Expectation,
): SQL {
  const row = sql.raw(alias);
  const all = { ...fixed, ...content };
  const known = sql`(SELECT version FROM ${table} WHERE organization_id = ${fixed.organization_id}
    AND external_id = ${content.external_id} AND deleted_at IS NULL)`;
  const expected = isVersion(expectation) ? sql`${known} = ${expectation.version}::integer` : sql`true`;
  const replaceable =
    expectation === "absent"
      ? sql`false`
      : isVersion(expectation)
        ? sql`${row}.version = ${expectation.version}::integer`
        : sql`true`;
  const contentNames = Object.keys(content);
  const excluded = sql.raw(contentNames.map((name) => `excluded.${name}`).join(", "));
  const present = sql.raw(contentNames.map((name) => `${alias}.${name}`).join(", "));
  return sql`INSERT INTO ${table} AS ${row} (${names(all)})
    SELECT ${sql.join(Object.values(all), sql`, `)} WHERE ${expected}
    ON CONFLICT (organization_id, external_id) WHERE deleted_at IS NULL DO UPDATE
    SET (${names(content)}, version, updated_at) = ROW(${excluded}, ${row}.version + 1, excluded.updated_at)
    WHERE (${present}) IS DISTINCT FROM (${excluded}) AND ${replaceable}`;
}

function isVersion(expectation: Expectation): expectation is { version: number } {
  return expectation !== null && expectation !== "absent";
}

function names(columns: Columns): SQL {
  return sql.raw(Object.keys(columns).join(", "));
}
