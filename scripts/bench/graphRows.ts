import { neon, neonConfig } from "@neondatabase/serverless";
import type { BenchDatabase } from "./benchDatabase.ts";

/** Of a hundred links, exchanges; the rest are matches. */
const exchangePercent = 10;
const instant = "'2026-01-01T00:00:00Z'::timestamptz";
const uuid = (noun: string, number: string) => `md5('graph bench ${noun} ' || ${number})::uuid`;
const evaluation = `'{"score": 0.7, "money": {"basis": "per_year", "perYear": {"joint": "300.00", "seller": "100.00", "buyer": "200.00", "currency": "EUR"}}}'::jsonb`;

/**
 * Puts records of a network into an empty database, made by the database itself: organizations with a site, an output and an input
 * each, linked with those nearby. Gives how many records there are.
 */
export async function insertGraphRows(
  { connectionString, fetchEndpoint }: BenchDatabase,
  organizations: number,
  links: number,
): Promise<number> {
  neonConfig.fetchEndpoint = fetchEndpoint;
  const query = neon(connectionString);
  await query`TRUNCATE organizations, outbox, idempotency_records CASCADE`;
  const each = `generate_series(0, ${organizations - 1}) AS n`;
  const statements = [
    `INSERT INTO organizations (id, name, country, nace, created_at, updated_at)
      SELECT ${uuid("organization", "n")}, 'Organization ' || n, 'DE', '35.11', ${instant}, ${instant} FROM ${each}`,
    `INSERT INTO sites (id, organization_id, name, location, cell, cell_location, cell_radius_meters, time_zone, country, created_at, updated_at)
      SELECT ${uuid("site", "n")}, ${uuid("organization", "n")}, 'Site ' || n, place, '871f05833ffffff', place, 1400, 'Europe/Berlin', 'DE', ${instant}, ${instant}
      FROM ${each} CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(8 + n % 200 / 50.0, 48 + n / 200 / 20.0), 4326)::geography AS place) p`,
    `INSERT INTO flows (id, organization_id, site_id, direction, kind, grade, title, legal_status, codes, quantity_amount, quantity_unit, quantity_basis, quality,
        availability, economics, constraints, precision, status, visibility, dimension, canonical_amount, months_mask, location, created_at, updated_at)
      SELECT ${uuid("flow", "(2 * n + side)")}, ${uuid("organization", "n")}, ${uuid("site", "n")}, CASE side WHEN 0 THEN 'output' ELSE 'input' END, 'heat', 'heat',
        'Warm water ' || n, 'product', '{}', 100, 't/a', 'rate', '{}', '{}', '{}', '{}', '{"level": "measured"}', 'active', 'public', 'mass/year', 100000, 4095,
        s.location, ${instant}, ${instant}
      FROM ${each} JOIN sites s ON s.id = ${uuid("site", "n")} CROSS JOIN generate_series(0, 1) AS side`,
  ];
  const from = `(n % ${organizations})`;
  const to = `((n + 1 + n / ${organizations}) % ${organizations})`;
  const ends = `${uuid("flow", `(2 * ${from})`)}, ${uuid("flow", `(2 * ${to} + 1)`)}, ${uuid("organization", from)}, ${uuid("organization", to)}`;
  const linkEnds = "output_flow_id, input_flow_id, output_organization_id, input_organization_id";
  statements.push(
    `INSERT INTO matches (id, ${linkEnds}, state, score, evaluation, output_view, input_view, output_flow_version, input_flow_version, history, created_at, updated_at)
      SELECT ${uuid("match", "n")}, ${ends}, 'suggested', 0.7, ${evaluation}, ${evaluation}, ${evaluation}, 1, 1, '[]', ${instant}, ${instant}
      FROM generate_series(0, ${links - 1}) AS n WHERE n % 100 >= ${exchangePercent}`,
    `INSERT INTO exchanges (id, ${linkEnds}, origin, state, quantity_amount, quantity_unit, reserves, recorded_by, output_confirmed_at, input_confirmed_at, history,
        created_at, updated_at)
      SELECT ${uuid("exchange", "n")}, ${ends}, 'recorded', 'active', 5, 't/a', false, 'operator', ${instant}, ${instant}, '[]', ${instant}, ${instant}
      FROM generate_series(0, ${links - 1}) AS n WHERE n % 100 < ${exchangePercent}`,
    "ANALYZE",
  );
  for (const statement of statements) await query.query(statement);
  return 4 * organizations + links;
}

/** UUIDs of flows of the first organizations. */
export async function findFlows({ connectionString }: BenchDatabase, count: number): Promise<string[]> {
  const rows = await neon(connectionString).query("SELECT id FROM flows ORDER BY id LIMIT $1", [count]);
  return rows.map(({ id }) => id as string);
}
