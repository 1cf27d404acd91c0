import { neon, neonConfig } from "@neondatabase/serverless";
import { idFromUuid, type MatchId } from "../../../src/domain/ids.ts";
import type { BenchDatabase } from "../benchDatabase.ts";
import { insertKey } from "../loadNetwork.ts";

/** Matches whose rooms are open, all between the same two organizations. */
export type RoomsOnBench = {
  matchIds: MatchId[];
  /** Two of each side, who are the members of every room. */
  keys: string[];
};

const instant = "'2026-01-01T00:00:00Z'::timestamptz";
const uuid = (noun: string, number: string) => `md5('room bench ${noun} ' || ${number})::uuid`;
const view = `'{"score": 0.7}'::jsonb`;
const roomScopes = ["matches:read", "matches:write", "rooms:join"] as const;

/** Puts `count` matches in which both sides have shown interest into an empty database, each of two flows of its own. */
export async function insertRooms(
  { connectionString, fetchEndpoint }: BenchDatabase,
  count: number,
  pepper: string,
): Promise<RoomsOnBench> {
  neonConfig.fetchEndpoint = fetchEndpoint;
  const query = neon(connectionString);
  const sides = "generate_series(0, 1) AS side";
  const each = `generate_series(0, ${count - 1}) AS n`;
  const ends = `${uuid("flow", "(2 * n)")}, ${uuid("flow", "(2 * n + 1)")}, ${uuid("organization", "0")}, ${uuid("organization", "1")}`;
  const statements = [
    "TRUNCATE organizations, outbox, idempotency_records CASCADE",
    `INSERT INTO organizations (id, name, country, created_at, updated_at)
      SELECT ${uuid("organization", "side")}, 'Side ' || side, 'DE', ${instant}, ${instant} FROM ${sides}`,
    `INSERT INTO sites (id, organization_id, name, location, cell, cell_location, cell_radius_meters, time_zone, country, created_at, updated_at)
      SELECT ${uuid("site", "side")}, ${uuid("organization", "side")}, 'Site ' || side, place, '871f05833ffffff', place, 1400, 'Europe/Berlin', 'DE', ${instant}, ${instant}
      FROM ${sides} CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(8 + side / 50.0, 48), 4326)::geography AS place) p`,
    `INSERT INTO flows (id, organization_id, site_id, direction, kind, grade, title, legal_status, codes, quantity_amount, quantity_unit, quantity_basis, quality,
        availability, economics, constraints, precision, status, visibility, dimension, canonical_amount, months_mask, location, created_at, updated_at)
      SELECT ${uuid("flow", "(2 * n + side)")}, ${uuid("organization", "side")}, s.id, CASE side WHEN 0 THEN 'output' ELSE 'input' END, 'heat', 'heat',
        'Warm water ' || n, 'product', '{}', 100, 't/a', 'rate', '{}', '{}', '{}', '{}', '{"level": "measured"}', 'active', 'public', 'mass/year', 100000, 4095,
        s.location, ${instant}, ${instant}
      FROM ${each} CROSS JOIN ${sides} JOIN sites s ON s.id = ${uuid("site", "side")}`,
    `INSERT INTO matches (id, output_flow_id, input_flow_id, output_organization_id, input_organization_id, state, output_interested, input_interested, score,
        evaluation, output_view, input_view, output_flow_version, input_flow_version, history, created_at, updated_at)
      SELECT ${uuid("match", "n")}, ${ends}, 'interested_both', true, true, 0.7, ${view}, ${view}, ${view}, 1, 1, '[{"state": "interested_both"}]', ${instant}, ${instant}
      FROM ${each}`,
    "ANALYZE",
  ];
  for (const statement of statements) await query.query(statement);
  const organizations = await query`SELECT id FROM organizations ORDER BY name`;
  const keys: string[] = [];
  for (const { id } of [...organizations, ...organizations])
    keys.push(await insertKey(query, idFromUuid("organization", id), pepper, roomScopes));
  const rows = await query`SELECT id FROM matches ORDER BY id`;
  return { matchIds: rows.map(({ id }) => idFromUuid("match", id)), keys };
}
