import type { Direction, FlowStatus, Kind } from "./flow.ts";
import type { Position } from "./geography.ts";
import type { OrganizationId, SiteId } from "./ids.ts";

/** What a list of flows is narrowed to; every part that is given must hold. */
export type FlowFilter = {
  direction?: Direction | undefined;
  kind?: Kind | undefined;
  grade?: string | undefined;
  status?: FlowStatus | undefined;
  siteId?: SiteId | undefined;
  organizationId?: OrganizationId | undefined;
  externalId?: string | undefined;
  updatedAfter?: string | undefined;
  near?: { position: Position; radiusMeters: number } | undefined;
  /** West, south, east, north in degrees; west is east of east for a box across the antimeridian. */
  bbox?: readonly [number, number, number, number] | undefined;
};
