import { findCell } from "../../src/domain/cell.ts";
import type { Limits } from "./engine.ts";
import type { MigrationTarget } from "./migrations.ts";

const limits: Limits = { deadlineMs: 60_000, maxRows: 2_000, maxBytes: 4 * 1024 * 1024 };

/** Gives each site that was written before `0002_places.sql` its H3 cell, which SQL cannot compute. Gives how many. */
export async function fillCells(target: MigrationTarget): Promise<number> {
  let filled = 0;
  for (;;) {
    const { rows } = await target.query(
      {
        text: "SELECT id::text, ST_X(location::geometry)::text, ST_Y(location::geometry)::text FROM sites WHERE cell IS NULL LIMIT 1000",
        parameters: [],
      },
      limits,
    );
    if (rows.length === 0) return filled;
    const cells = await Promise.all(
      rows.map(async ([id, longitude, latitude]) => ({
        id,
        ...flatten(await findCell([Number(longitude), Number(latitude)])),
      })),
    );
    await target.query(
      {
        text: `UPDATE sites SET cell = c.cell, cell_radius_meters = c.radius,
            cell_location = ST_SetSRID(ST_MakePoint(c.longitude, c.latitude), 4326)::geography
          FROM jsonb_to_recordset($1::jsonb) AS c (id uuid, cell text, longitude double precision, latitude double precision, radius double precision)
          WHERE sites.id = c.id`,
        parameters: [JSON.stringify(cells)],
      },
      limits,
    );
    filled += rows.length;
  }
}

function flatten({ id, center, radiusMeters }: Awaited<ReturnType<typeof findCell>>) {
  return { cell: id, longitude: center[0], latitude: center[1], radius: radiusMeters };
}
