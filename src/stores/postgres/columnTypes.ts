import { customType } from "drizzle-orm/pg-core";

/** PostGIS point on WGS 84. Written by ST_MakePoint and read by ST_AsGeoJSON in the statements themselves. */
export const geographyPoint = customType<{ data: string }>({ dataType: () => "geography(Point,4326)" });

export const geographyPolygon = customType<{ data: string }>({ dataType: () => "geography(Polygon,4326)" });

export const bytea = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });

/** PostgreSQL's own transaction id, 64 bits. */
export const xid8 = customType<{ data: string }>({ dataType: () => "xid8" });
