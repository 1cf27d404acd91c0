import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { Cell } from "../../domain/cell.ts";
import { type NaceDivisionOrSection, naceSectionOf } from "../../domain/nace.ts";
import { organizations } from "../postgres/schema/tenants.ts";
import { flowOpenTo } from "./scope.ts";

/** How much of a flow the caller may know. */
export type Sight = {
  /** Whether owner, place and words may be known; else only what follows. */
  isOpen: boolean;
  isPublic: boolean;
  cell: Cell;
  /** The owner's NACE division where enough organizations share it, else its section; null where it states none. */
  industry: NaceDivisionOrSection | null;
};

export type SightDocument = {
  sight: {
    isOpen: boolean;
    isPublic: boolean;
    cell: string;
    center: { coordinates: [number, number] };
    radiusMeters: number;
    division: string | null;
    isDivisionShared: boolean;
  };
};

/** A division that fewer organizations share would tell which one it is. */
const organizationsThatHide = 5;

/**
 * The field `sight` of a jsonb document over `flows f`, its site `s` and its organization `o`. `alsoOpen` is a further
 * condition that opens the flow.
 */
export function sightFields(actor: Actor, alsoOpen?: SQL): SQL {
  const isOpen = alsoOpen ? sql`(${alsoOpen} OR ${flowOpenTo(actor)})` : flowOpenTo(actor);
  return sql`'sight', jsonb_build_object('isOpen', ${isOpen}, 'isPublic', f.visibility = 'public' AND f.status <> 'draft', 'cell', s.cell,
    'center', ST_AsGeoJSON(s.cell_location, 15)::jsonb, 'radiusMeters', s.cell_radius_meters, 'division', "left"(o.nace, 2),
    'isDivisionShared', ${isDivisionShared})`;
}

/** Whether the division of `organizations o` may be shown. */
export const isDivisionShared = sql`((SELECT count(*) FROM (SELECT FROM ${organizations} d WHERE "left"(d.nace, 2) = "left"(o.nace, 2) AND d.deleted_at IS NULL
  LIMIT ${organizationsThatHide}::integer) AS sharing) = ${organizationsThatHide}::integer)`;

export function industryOf(division: string | null, isShared: boolean): NaceDivisionOrSection | null {
  return division === null || isShared ? division : naceSectionOf(division);
}

export function parseSight({
  isOpen,
  isPublic,
  cell,
  center,
  radiusMeters,
  division,
  isDivisionShared: isShared,
}: SightDocument["sight"]): Sight {
  return {
    isOpen,
    isPublic,
    cell: { id: cell, center: center.coordinates, radiusMeters },
    industry: industryOf(division, isShared),
  };
}
