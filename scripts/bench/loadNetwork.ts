import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";
import { type SQL, StringChunk } from "drizzle-orm";
import type { Scope } from "../../src/domain/actor.ts";
import { findCell } from "../../src/domain/cell.ts";
import { computeSearchFacts } from "../../src/domain/flowSearch.ts";
import { createId, type OrganizationId, uuidOf } from "../../src/domain/ids.ts";
import { createApiKeyText } from "../../src/platform/auth/apiKeyText.ts";
import { computeDigest, toHex } from "../../src/platform/auth/keyDigest.ts";
import { contentColumns, fixedColumns } from "../../src/stores/records/flowRow.ts";
import type { BenchDatabase } from "./benchDatabase.ts";
import type { GeneratedNetwork } from "./network.ts";

const rowsPerStatement = 2_000;
const timeZone = "Europe/Berlin";
const country = "DE";
const networkScopes = ["flows:read", "flows:write", "matches:read", "matches:write"] as const;
const sampleInstant = "2026-01-01T00:00:00Z";

/** Puts a network into an empty database by SQL, and makes the planner know it. Gives the key of its owner. */
export async function loadNetwork(
  { connectionString, fetchEndpoint }: BenchDatabase,
  network: GeneratedNetwork,
  pepper: string,
): Promise<string> {
  neonConfig.fetchEndpoint = fetchEndpoint;
  const query = neon(connectionString);
  const insert = async (statement: string, rows: readonly unknown[]) => {
    for (let from = 0; from < rows.length; from += rowsPerStatement)
      await query.query(statement, [JSON.stringify(rows.slice(from, from + rowsPerStatement))]);
  };
  // With all that hangs on an organization, in whatever tables.
  await query`TRUNCATE organizations, outbox, idempotency_records CASCADE`;
  await insert(
    `INSERT INTO organizations (id, name, country, verified, exchanges_completed, created_at, updated_at)
      SELECT (r ->> 'id')::uuid, r ->> 'name', '${country}', (r ->> 'verified')::boolean, (r ->> 'exchanges')::integer, '${sampleInstant}', '${sampleInstant}'
      FROM jsonb_array_elements($1::jsonb) r`,
    network.organizationIds.map((id, index) => ({
      id: uuidOf(id),
      name: `Organization ${index}`,
      verified: index % 3 === 0,
      exchanges: index % 7,
    })),
  );
  await insert(
    `INSERT INTO sites (id, organization_id, name, location, cell, cell_location, cell_radius_meters, time_zone, country, created_at, updated_at)
      SELECT (r ->> 'id')::uuid, (r ->> 'organization')::uuid, r ->> 'name',
        ST_SetSRID(ST_MakePoint((r ->> 'longitude')::double precision, (r ->> 'latitude')::double precision), 4326)::geography, r ->> 'cell',
        ST_SetSRID(ST_MakePoint((r ->> 'cellLongitude')::double precision, (r ->> 'cellLatitude')::double precision), 4326)::geography, (r ->> 'radius')::double precision,
        '${timeZone}', '${country}', '${sampleInstant}', '${sampleInstant}'
      FROM jsonb_array_elements($1::jsonb) r`,
    await Promise.all(
      network.sites.map(async ({ id, organizationId, longitude, latitude }, index) => {
        const cell = await findCell([longitude, latitude]);
        return {
          id: uuidOf(id),
          organization: uuidOf(organizationId),
          name: `Site ${index}`,
          longitude,
          latitude,
          cell: cell.id,
          cellLongitude: cell.center[0],
          cellLatitude: cell.center[1],
          radius: cell.radiusMeters,
        };
      }),
    ),
  );
  const rows = [...network.flows, ...network.subjects].map((flow) => ({
    ...fixedColumns(flow),
    ...contentColumns(flow, computeSearchFacts(flow)),
  }));
  await insert(describeInsert("flows", rows[0]!), rows.map(takeValues));
  const key = await insertKey(query, network.ownerId, pepper, networkScopes);
  await query`VACUUM ANALYZE`.catch(() => query`ANALYZE`);
  return key;
}

/** An owner's key, stored as the API would. */
export async function insertKey(
  query: NeonQueryFunction<false, false>,
  organizationId: OrganizationId,
  pepper: string,
  scopes: readonly Scope[],
): Promise<string> {
  const text = createApiKeyText("live");
  const digest = toHex(await computeDigest(pepper, "api-key", text));
  await query`INSERT INTO api_keys (id, organization_id, name, digest, hint, role, scopes, created_at)
    VALUES (${uuidOf(createId("apiKey"))}::uuid, ${uuidOf(organizationId)}::uuid, 'bench', decode(${digest}, 'hex'), ${text.slice(-4)}, 'owner',
      ${`{${scopes.join(",")}}`}::text[], ${sampleInstant}::timestamptz)`;
  return text;
}

/** One statement for many rows out of the columns that the store writes one of: each is a value and its cast. */
function describeInsert(table: string, columns: Record<string, SQL>): string {
  const names = Object.keys(columns);
  const values = names.map((name) => `(r ->> '${name}')${readChunks(columns[name]!).cast}`);
  return `INSERT INTO ${table} (${names.join(", ")}) SELECT ${values.join(", ")} FROM jsonb_array_elements($1::jsonb) r`;
}

function takeValues(columns: Record<string, SQL>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, readChunks(column).value]));
}

function readChunks({ queryChunks }: SQL): { value: unknown; cast: string } {
  const value = queryChunks.find((chunk) => !(chunk instanceof StringChunk));
  const cast = queryChunks.at(-1);
  if (!(cast instanceof StringChunk)) throw new TypeError("a column without a cast");
  return { value: value ?? null, cast: cast.value.join("") };
}
