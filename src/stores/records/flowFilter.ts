import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { FlowFilter } from "../../domain/flowFilter.ts";
import { uuidOf } from "../../domain/ids.ts";
import { ownedBy } from "./scope.ts";

/** The conditions of a filter on `flows f`. */
export function flowConditions(actor: Actor, filter: FlowFilter): SQL[] {
  const conditions: SQL[] = [];
  if (filter.direction) conditions.push(sql`f.direction = ${filter.direction}`);
  if (filter.kind) conditions.push(sql`f.kind = ${filter.kind}`);
  if (filter.grade) conditions.push(sql`f.grade = ${filter.grade}`);
  if (filter.status) conditions.push(sql`f.status = ${filter.status}`);
  if (filter.siteId) conditions.push(sql`f.site_id = ${uuidOf(filter.siteId)}::uuid`);
  if (filter.organizationId) conditions.push(sql`f.organization_id = ${uuidOf(filter.organizationId)}::uuid`);
  // An externalId means something only within the organization that gave it.
  if (filter.externalId !== undefined)
    conditions.push(sql`f.external_id = ${filter.externalId}`, ownedBy(actor, sql`f.organization_id`));
  if (filter.updatedAfter) conditions.push(sql`f.updated_at > ${filter.updatedAfter}::timestamptz`);
  if (filter.near) {
    const [longitude, latitude] = filter.near.position;
    conditions.push(sql`ST_DWithin(f.location, ST_SetSRID(ST_MakePoint(${longitude}::double precision, ${latitude}::double precision), 4326)::geography,
      ${filter.near.radiusMeters}::double precision, false)`);
  }
  if (filter.bbox) {
    const [west, south, east, north] = filter.bbox;
    const longitudes: [number, number][] =
      west <= east
        ? [[west, east]]
        : [
            [west, 180],
            [-180, east],
          ];
    const boxes = longitudes.map(
      ([from, to]) =>
        sql`f.location::geometry && ST_MakeEnvelope(${from}::double precision, ${south}::double precision, ${to}::double precision, ${north}::double precision, 4326)`,
    );
    conditions.push(sql`(${sql.join(boxes, sql` OR `)})`);
  }
  return conditions;
}
