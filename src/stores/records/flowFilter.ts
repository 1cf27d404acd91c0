import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import { maximumCellRadiusMeters } from "../../domain/cell.ts";
import type { FlowFilter } from "../../domain/flowFilter.ts";
import { uuidOf } from "../../domain/ids.ts";
import { sites } from "../postgres/schema/tenants.ts";
import { flowOpenTo, ownedBy } from "./scope.ts";

/** The conditions of a filter on `flows f`. */
export function flowConditions(actor: Actor, filter: FlowFilter): SQL[] {
  const conditions: SQL[] = [];
  if (filter.direction) conditions.push(sql`f.direction = ${filter.direction}`);
  if (filter.kind) conditions.push(sql`f.kind = ${filter.kind}`);
  if (filter.grade) conditions.push(sql`f.grade = ${filter.grade}`);
  if (filter.status) conditions.push(sql`f.status = ${filter.status}`);
  // Of a flow that is shown coarsely neither its site nor its owner may be found out by asking for them.
  if (filter.siteId) conditions.push(sql`f.site_id = ${uuidOf(filter.siteId)}::uuid`, flowOpenTo(actor));
  if (filter.organizationId)
    conditions.push(sql`f.organization_id = ${uuidOf(filter.organizationId)}::uuid`, flowOpenTo(actor));
  // An externalId means something only within the organization that gave it.
  if (filter.externalId !== undefined)
    conditions.push(sql`f.external_id = ${filter.externalId}`, ownedBy(actor, sql`f.organization_id`));
  if (filter.updatedAfter) conditions.push(sql`f.updated_at > ${filter.updatedAfter}::timestamptz`);
  if (filter.near) {
    const [longitude, latitude] = filter.near.position;
    const { radiusMeters } = filter.near;
    const point = sql`ST_SetSRID(ST_MakePoint(${longitude}::double precision, ${latitude}::double precision), 4326)::geography`;
    // The first is for the index, whatever the flow's place is taken to be; the second decides.
    conditions.push(
      sql`ST_DWithin(f.location, ${point}, ${radiusMeters + maximumCellRadiusMeters}::double precision, false)`,
      sql`ST_DWithin(${placeFor(actor)}, ${point}, ${radiusMeters}::double precision, false)`,
    );
  }
  if (filter.bbox) {
    // For the index, whatever the flow's place is taken to be; the second condition decides.
    if (isFarFromEdges(filter.bbox)) conditions.push(inBox(sql`f.location`, filter.bbox, cellMarginDegrees));
    conditions.push(inBox(placeFor(actor), filter.bbox, 0));
  }
  return conditions;
}

/** More than a cell reaches in longitude anywhere between these parallels: 1.6 km is 0.165 degrees at 85 degrees. */
const cellMarginDegrees = 0.2;
const isFarFromEdges = ([west, south, east, north]: Box) =>
  south > -84 && north < 84 && west > -179 && east < 179 && west <= east;

type Box = NonNullable<FlowFilter["bbox"]>;

/** Whether a place lies in a box that is wider by a margin on each side; a box may go over the 180th meridian. */
function inBox(place: SQL, [west, south, east, north]: Box, margin: number): SQL {
  const longitudes: [number, number][] =
    west <= east
      ? [[west, east]]
      : [
          [west, 180],
          [-180, east],
        ];
  const boxes = longitudes.map(
    ([from, to]) =>
      sql`${place}::geometry && ST_MakeEnvelope(${from - margin}::double precision, ${south - margin}::double precision, ${to + margin}::double precision, ${north + margin}::double precision, 4326)`,
  );
  return sql`(${sql.join(boxes, sql` OR `)})`;
}

/** Where `flows f` is for the caller: at its site, or at the centre of the cell that stands for it. */
function placeFor(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`f.location`;
  return sql`(CASE WHEN ${flowOpenTo(actor)} THEN f.location ELSE (SELECT s.cell_location FROM ${sites} s WHERE s.id = f.site_id) END)`;
}
