import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Operation } from "rfc6902";
import type { ChangeStamp, Expectation } from "../../domain/change.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { type Columns, upsertByExternalId } from "../postgres/upsert.ts";
import type { Written } from "./written.ts";

export type Put<Document, Value> = {
  noun: "site" | "flow";
  table: PgTable;
  alias: string;
  /** Columns that only a new row takes; `organization_id` is the caller's own. */
  fixed: Columns;
  content: Columns;
  /** The row as one jsonb document, in terms of the alias. */
  document: SQL;
  parse: (document: Document) => Value;
  expectation: Expectation;
  patch: readonly Operation[];
};

export type PutOutcome<Value> = Written<{ record: Value; created: boolean }, { version: number; record: Value }>;

/**
 * Creates the record with an externalId or replaces its content, one round trip. An equal one is left as it is and told as
 * refused, as is one that is not as expected.
 */
export async function putByExternalId<Document, Value>(
  database: Database,
  stamp: ChangeStamp,
  { noun, table, alias, fixed, content, document, parse, expectation, patch }: Put<Document, Value>,
): Promise<PutOutcome<Value>> {
  const row = sql.raw(alias);
  const outcome = await applyChange<{ record: Document; created: boolean }>(database, {
    stamp,
    action: sql`CASE WHEN created THEN ${`${noun}.create`} ELSE ${`${noun}.replace`} END`,
    eventType: sql`CASE WHEN created THEN ${`turash.${noun}.created`} ELSE ${`turash.${noun}.updated`} END`,
    write: sql`${upsertByExternalId(table, alias, fixed, content, expectation)}
      RETURNING ${row}.id, ${row}.organization_id, ARRAY[${row}.organization_id] AS audience, ${row}.version, ${row}.xmax = 0 AS created,
        jsonb_build_object('record', ${document}, 'created', ${row}.xmax = 0) AS document`,
    patch,
    current: sql`SELECT jsonb_build_object('version', ${row}.version, 'record', ${document}) FROM ${table} ${row}
      WHERE ${row}.organization_id = ${fixed.organization_id} AND ${row}.external_id = ${content.external_id} AND ${row}.deleted_at IS NULL`,
  });
  const [written] = outcome.documents;
  if (written)
    return {
      kind: "written",
      value: { record: parse(written.record), created: written.created },
      replayed: outcome.replayed,
    };
  const current = outcome.current as { version: number; record: Document } | null;
  return current
    ? { kind: "refused", current: { version: current.version, record: parse(current.record) } }
    : { kind: "missing" };
}
