import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { Actor } from "../../domain/actor.ts";
import type { Cell } from "../../domain/cell.ts";
import type { Changed, ChangeStamp, Expectation } from "../../domain/change.ts";
import { idFromUuid, type OrganizationId, type SiteId, uuidOf } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import type { Site, SiteContent } from "../../domain/site.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { flows } from "../postgres/schema/flows.ts";
import { sites } from "../postgres/schema/tenants.ts";
import { assignments, type Columns, insertInto } from "../postgres/upsert.ts";
import { page } from "./page.ts";
import { type PutOutcome, putByExternalId } from "./put.ts";
import { ownedBy, readAs, timeOf, utc, visibleThroughFlows } from "./scope.ts";
import { settle, type Written } from "./written.ts";

type SiteDocument = Omit<Site, "id" | "organizationId"> & { id: string; organizationId: string };

export type SiteFilter = { externalId?: string | undefined; organizationId?: OrganizationId | undefined };

export type SiteStore = ReturnType<typeof createSiteStore>;

export function createSiteStore(database: Database) {
  return {
    async find(stamp: ChangeStamp, id: SiteId): Promise<Site | null> {
      const select = sql`SELECT s.id, s.organization_id, ${document(stamp.actor)} AS document FROM ${sites} s
        WHERE s.id = ${uuidOf(id)}::uuid AND ${visible(stamp.actor)}`;
      const [row] = await database.query<{ document: SiteDocument }>(readAs(stamp, "site.read", select));
      return row ? parse(row.document) : null;
    },

    async list(stamp: ChangeStamp, filter: SiteFilter, { limit, after }: Page): Promise<Paged<Site>> {
      const conditions = [visible(stamp.actor)];
      if (filter.externalId !== undefined)
        conditions.push(sql`s.external_id = ${filter.externalId}`, ownedBy(stamp.actor, sql`s.organization_id`));
      if (filter.organizationId !== undefined)
        conditions.push(sql`s.organization_id = ${uuidOf(filter.organizationId)}::uuid`);
      if (after !== null) conditions.push(sql`s.id < ${after}::uuid`);
      const select = sql`SELECT s.id, s.organization_id, ${document(stamp.actor)} AS document FROM ${sites} s
        WHERE ${sql.join(conditions, sql` AND `)} ORDER BY s.id DESC LIMIT ${limit + 1}::integer`;
      const rows = await database.query<{ id: string; document: SiteDocument }>(readAs(stamp, "site.list", select));
      return page(rows, limit, (row) => parse(row.document));
    },

    async create(stamp: ChangeStamp, site: Site, cell: Cell, patch: readonly Operation[]): Promise<Changed<Site>> {
      const outcome = await applyChange<SiteDocument>(database, {
        stamp,
        action: "site.create",
        eventType: "turash.site.created",
        write: sql`${insertInto(sites, "s", { ...fixedColumns(site), ...contentColumns(site, cell) })} RETURNING ${changedColumns(stamp.actor)}`,
        patch,
      });
      return { value: parse(outcome.documents[0]!), replayed: outcome.replayed };
    },

    put(
      stamp: ChangeStamp,
      site: Site,
      cell: Cell,
      expectation: Expectation,
      patch: readonly Operation[],
    ): Promise<PutOutcome<Site>> {
      return putByExternalId(database, stamp, {
        noun: "site",
        table: sites,
        alias: "s",
        fixed: fixedColumns(site),
        content: contentColumns(site, cell),
        document: document(stamp.actor),
        parse: parse,
        expectation,
        patch,
      });
    },

    async update(
      stamp: ChangeStamp,
      id: SiteId,
      version: number,
      content: SiteContent,
      cell: Cell,
      patch: readonly Operation[],
    ): Promise<Written<Site>> {
      const outcome = await applyChange<SiteDocument>(database, {
        stamp,
        action: "site.update",
        eventType: "turash.site.updated",
        write: sql`UPDATE ${sites} AS s SET ${assignments(contentColumns(content, cell))}, version = s.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${own(stamp.actor, id)} AND s.version = ${version}::integer RETURNING ${changedColumns(stamp.actor)}`,
        patch,
        current: sql`SELECT jsonb_build_object('version', s.version) FROM ${sites} s WHERE ${own(stamp.actor, id)}`,
      });
      return settle(outcome, parse);
    },

    /** Deletes a site that no flow stands on any more. */
    async delete(
      stamp: ChangeStamp,
      id: SiteId,
      version: number | null,
    ): Promise<Written<Site, { version: number; flows: number }>> {
      const standing = sql`(SELECT count(*)::integer FROM ${flows} f WHERE f.site_id = s.id AND f.deleted_at IS NULL)`;
      const outcome = await applyChange<SiteDocument>(database, {
        stamp,
        action: "site.delete",
        eventType: "turash.site.deleted",
        write: sql`UPDATE ${sites} AS s SET deleted_at = ${timeOf(stamp)}, version = s.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${own(stamp.actor, id)} AND ${version === null ? sql`true` : sql`s.version = ${version}::integer`} AND ${standing} = 0
          RETURNING ${changedColumns(stamp.actor)}`,
        patch: [{ op: "remove", path: "" }],
        current: sql`SELECT jsonb_build_object('version', s.version, 'flows', ${standing}) FROM ${sites} s WHERE ${own(stamp.actor, id)}`,
      });
      return settle(outcome, parse);
    },
  };
}

function visible(actor: Actor): SQL {
  return sql`(s.deleted_at IS NULL AND ${visibleThroughFlows(actor, sql`s.organization_id`, sql`f.site_id`, sql`s.id`)})`;
}

function own(actor: Actor, id: SiteId): SQL {
  return sql`(s.id = ${uuidOf(id)}::uuid AND s.deleted_at IS NULL AND ${ownedBy(actor, sql`s.organization_id`)})`;
}

function fixedColumns(site: Site): Columns {
  return {
    id: sql`${uuidOf(site.id)}::uuid`,
    organization_id: sql`${uuidOf(site.organizationId)}::uuid`,
    created_at: sql`${site.createdAt}::timestamptz`,
    updated_at: sql`${site.updatedAt}::timestamptz`,
  };
}

function contentColumns(site: SiteContent, cell: Cell): Columns {
  const [longitude, latitude] = site.location.coordinates;
  return {
    external_id: sql`${site.externalId}::text`,
    name: sql`${site.name}::text`,
    location: sql`ST_SetSRID(ST_MakePoint(${longitude}::double precision, ${latitude}::double precision), 4326)::geography`,
    footprint: sql`ST_SetSRID(ST_GeomFromGeoJSON(${site.footprint ? JSON.stringify(site.footprint) : null}), 4326)::geography`,
    time_zone: sql`${site.timeZone}::text`,
    country: sql`${site.country}::text`,
    nace: sql`${site.nace}::text`,
    address: sql`${site.address ? JSON.stringify(site.address) : null}::jsonb`,
    cell: sql`${cell.id}::text`,
    cell_location: sql`ST_SetSRID(ST_MakePoint(${cell.center[0]}::double precision, ${cell.center[1]}::double precision), 4326)::geography`,
    cell_radius_meters: sql`${cell.radiusMeters}::double precision`,
  };
}

function document(actor: Actor): SQL {
  const own = ownedBy(actor, sql`s.organization_id`);
  return sql`jsonb_build_object('id', s.id, 'organizationId', s.organization_id, 'externalId', CASE WHEN ${own} THEN s.external_id END, 'name', s.name,
    'location', ST_AsGeoJSON(s.location, 15)::jsonb, 'footprint', ST_AsGeoJSON(s.footprint, 15)::jsonb, 'timeZone', s.time_zone, 'country', s.country,
    'nace', s.nace, 'address', s.address, 'version', s.version, 'createdAt', s.created_at, 'updatedAt', s.updated_at)`;
}

function changedColumns(actor: Actor): SQL {
  return sql`s.id, s.organization_id, ARRAY[s.organization_id] AS audience, s.version, ${document(actor)} AS document`;
}

function parse(row: SiteDocument): Site {
  return {
    id: idFromUuid("site", row.id),
    organizationId: idFromUuid("organization", row.organizationId),
    externalId: row.externalId,
    name: row.name,
    location: row.location,
    footprint: row.footprint,
    timeZone: row.timeZone,
    country: row.country,
    nace: row.nace,
    address: row.address,
    version: row.version,
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}
