import { type SQL, sql } from "drizzle-orm";
import { type FlowId, idFromUuid, type MatchId, type OrganizationId, type SiteId, uuidOf } from "../../domain/ids.ts";
import type { Database } from "../postgres/client.ts";
import { flows, matches, matchRefreshes } from "../postgres/schema/flows.ts";
import { organizations, sites } from "../postgres/schema/tenants.ts";
import { isRescored } from "./withdrawal.ts";

/** A flow whose matches are to be computed, and which of the requests for it a computation that begins now answers. */
export type DueFlow = { flowId: FlowId; requests: number };

/** What was changed, by which the flows are found whose matches depend on it. */
export type ChangedRecords = {
  flowIds: readonly FlowId[];
  siteIds: readonly SiteId[];
  organizationIds: readonly OrganizationId[];
  /** Matches that were recorded: one that was scored from what is no longer so has its flows computed anew. */
  matchIds: readonly MatchId[];
};

/** What a computation rested on. */
export type Computation = {
  /** Versions of flow, site and organization, and how many exchanges that had completed. */
  basis: readonly number[];
  taxonomyVersion: number;
  /** The score of the last match that it kept, where there may be more; null where it kept all. */
  floorScore: number | null;
};

export type MatchRefreshStore = ReturnType<typeof createMatchRefreshStore>;

/** For how long a flow that is being computed is nobody else's; doubled with each attempt that was not finished, up to a day. */
const leaseSeconds = 60;
const maximumDoublings = 10;
/** A flow is not computed again sooner than this, so that one that changes many times in a second is computed once or twice. */
export const quietSeconds = 1;
/** After this many days a flow is computed again, for the year over which hours are shared begins with the day of computing. */
const maximumAgeDays = 7;

export function createMatchRefreshStore(database: Database) {
  return {
    /** Asks for the flows that depend on what was changed, where that is not what they were computed from; gives how many. */
    async request(changed: ChangedRecords, at: Date): Promise<number> {
      const rows = await database.query(
        insertRequests(
          sql`WITH recorded AS (
              SELECT side.flow_id, side.version, side.basis FROM ${matches} m CROSS JOIN LATERAL (VALUES
                (m.output_flow_id, m.output_flow_version, m.output_basis), (m.input_flow_id, m.input_flow_version, m.input_basis)) AS side (flow_id, version, basis)
              WHERE m.id IN (${uuids(changed.matchIds)})),
            named AS (
              ${uuids(changed.flowIds)}
              UNION SELECT id FROM ${flows} WHERE site_id IN (${uuids(changed.siteIds)}) AND deleted_at IS NULL
              UNION SELECT id FROM ${flows} WHERE organization_id IN (${uuids(changed.organizationIds)}) AND deleted_at IS NULL)
            SELECT f.id FROM ${flowTables} LEFT JOIN ${matchRefreshes} r ON r.flow_id = f.id
            WHERE (f.id IN (SELECT * FROM named) AND r.basis IS DISTINCT FROM ${currentBasis} AND (r.flow_id IS NOT NULL OR ${isActive} OR ${hasMatches}))
              OR EXISTS (SELECT FROM recorded WHERE recorded.flow_id = f.id AND ${isScoredFromOlder(sql`recorded.version`, sql`recorded.basis`)})`,
          at,
          { isUrgent: true },
        ),
      );
      return rows.length;
    },

    /** Asks for the next flows that were computed under an older version of the taxonomy; gives how many. */
    async requestOutdated(taxonomyVersion: number, at: Date, limit: number): Promise<number> {
      const rows = await database.query(
        insertRequests(
          sql`SELECT r.flow_id FROM ${matchRefreshes} r WHERE r.taxonomy_version < ${taxonomyVersion}::bigint AND r.requests = r.answered
            ORDER BY r.taxonomy_version LIMIT ${limit}::integer`,
          at,
          { isUrgent: false },
        ),
      );
      return rows.length;
    },

    /**
     * Looks through the next flows by id for what was missed: one that was never computed or from something else than what is so
     * now, one with a match that was scored from something older, and one that time alone has moved. Gives the last id that it
     * looked at, null at the end, and how many it asked for.
     */
    async requestMissed(
      at: Date,
      after: FlowId | null,
      limit: number,
    ): Promise<{ last: FlowId | null; asked: number }> {
      const day = sql`date_trunc('day', ${time(at)} AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'`;
      const isDated = sql`(f.availability ->> 'from' IS NOT NULL OR f.availability ->> 'until' IS NOT NULL OR f.availability ->> 'rrule' IS NOT NULL)`;
      const [page] = await database.query<{ last: string | null; count: number }>(sql`
        SELECT max(id::text) AS last, count(*)::integer AS count FROM (
          SELECT f.id FROM ${flows} f WHERE ${after ? sql`f.id > ${uuidOf(after)}::uuid` : sql`true`} ORDER BY f.id LIMIT ${limit}::integer) AS page`);
      if (!page?.last) return { last: null, asked: 0 };
      const rows = await database.query(
        insertRequests(
          sql`SELECT f.id FROM ${flowTables} LEFT JOIN ${matchRefreshes} r ON r.flow_id = f.id
            WHERE ${after ? sql`f.id > ${uuidOf(after)}::uuid` : sql`true`} AND f.id <= ${page.last}::uuid AND (r.flow_id IS NULL OR r.requests = r.answered)
              AND (CASE WHEN r.flow_id IS NULL THEN ${isActive} ELSE r.basis IS DISTINCT FROM ${currentBasis} END
                OR (${isActive} AND r.computed_at < ${time(at)} - make_interval(days => CASE WHEN ${isDated} THEN 0 ELSE ${maximumAgeDays}::integer END)
                  AND r.computed_at < ${day})
                OR EXISTS (SELECT FROM ${matches} m WHERE m.output_flow_id = f.id AND ${isRescored} AND ${isScoredFromOlder(sql`m.output_flow_version`, sql`m.output_basis`)})
                OR EXISTS (SELECT FROM ${matches} m WHERE m.input_flow_id = f.id AND ${isRescored} AND ${isScoredFromOlder(sql`m.input_flow_version`, sql`m.input_basis`)}))`,
          at,
          { isUrgent: false },
        ),
      );
      return { last: page.count < limit ? null : idFromUuid("flow", page.last), asked: rows.length };
    },

    /**
     * Takes flows that are due, so that nobody else does before the lease ends. Where none is, tells when the next one will be;
     * null where nothing waits.
     */
    async claim(at: Date, limit: number): Promise<{ claimed: DueFlow[]; nextDueAt: Date | null }> {
      const [row] = await database.query<{
        claimed: { id: string; requests: number }[] | null;
        next: string | null;
      }>(sql`
        WITH due AS MATERIALIZED (
          SELECT flow_id FROM ${matchRefreshes} WHERE requests > answered AND due_at <= ${time(at)}
          ORDER BY is_urgent DESC, due_at LIMIT ${limit}::integer FOR UPDATE SKIP LOCKED),
        leased AS (
          UPDATE ${matchRefreshes} r SET attempts = r.attempts + 1,
            due_at = ${time(at)} + make_interval(secs => ${leaseSeconds}::double precision * 2 ^ least(r.attempts, ${maximumDoublings}::integer))
          FROM due WHERE r.flow_id = due.flow_id RETURNING r.flow_id, r.requests)
        SELECT (SELECT jsonb_agg(jsonb_build_object('id', flow_id, 'requests', requests)) FROM leased) AS claimed,
          CASE WHEN NOT EXISTS (SELECT FROM leased) THEN
            (SELECT min(due_at) FROM ${matchRefreshes} WHERE requests > answered AND due_at > ${time(at)}) END AS next`);
      return {
        claimed: (row?.claimed ?? []).map(({ id, requests }) => ({ flowId: idFromUuid("flow", id), requests })),
        nextDueAt: row?.next ? new Date(row.next) : null,
      };
    },

    /** Notes what a flow was computed from. What was asked for since stays to be done. */
    async finish(
      { flowId, requests }: DueFlow,
      { basis, taxonomyVersion, floorScore }: Computation,
      at: Date,
    ): Promise<void> {
      await database.query(sql`
        UPDATE ${matchRefreshes} SET answered = greatest(answered, ${requests}::integer), attempts = 0, basis = ${`{${basis.join(",")}}`}::bigint[],
          taxonomy_version = ${taxonomyVersion}::bigint, computed_at = ${time(at)}, floor_score = ${floorScore}::double precision,
          due_at = ${time(at)} + make_interval(secs => ${quietSeconds}::double precision)
        WHERE flow_id = ${uuidOf(flowId)}::uuid`);
    },

    /** Asks for the flows in whose best matches a flow that is no longer to be had has left a place. */
    async requestDisplacedBy(flowId: FlowId, at: Date): Promise<void> {
      const id = sql`${uuidOf(flowId)}::uuid`;
      await database.query(
        sql`WITH ${requestDisplaced(
          { at },
          sql`SELECT input_flow_id FROM ${matches} WHERE output_flow_id = ${id} UNION ALL SELECT output_flow_id FROM ${matches} WHERE input_flow_id = ${id}`,
        )} SELECT 1`,
      );
    },
  };
}

/**
 * Asks for flows, of those that a subquery names, of whose matches only the best are recorded: where one of these has changed,
 * another may have its place now. An expression to go alongside a change.
 */
export function requestDisplaced({ at }: { at: Date }, flowIds: SQL): SQL {
  return sql`displaced AS (${insertRequests(sql`SELECT r.flow_id FROM ${matchRefreshes} r WHERE r.floor_score IS NOT NULL AND r.flow_id IN (${flowIds})`, at, { isUrgent: false })})`;
}

const flowTables = sql`${flows} f JOIN ${sites} s ON s.id = f.site_id JOIN ${organizations} o ON o.id = f.organization_id`;
const isActive = sql`(f.status = 'active' AND f.deleted_at IS NULL)`;
const hasMatches = sql`(EXISTS (SELECT FROM ${matches} m WHERE m.output_flow_id = f.id) OR EXISTS (SELECT FROM ${matches} m WHERE m.input_flow_id = f.id))`;

/** What a flow would be computed from now. With the same flow version the others only grow, so that arrays compare by age. */
const currentBasis = sql`ARRAY[f.version, s.version, o.version, o.exchanges_completed]::bigint[]`;

/** Whether one side of a match was scored from an older state of its flow `f` than stands; of a basis, the taxonomy comes last. */
function isScoredFromOlder(version: SQL, basis: SQL): SQL {
  return sql`(${version}, ${basis}[1:3]) < (f.version, ARRAY[s.version, o.version, o.exchanges_completed]::bigint[])`;
}

/** Asks for the flows of a subquery. One that is being computed, or whose computation failed, is due when that lease would end. */
function insertRequests(flowIds: SQL, at: Date, { isUrgent }: { isUrgent: boolean }): SQL {
  return sql`INSERT INTO ${matchRefreshes} AS r (flow_id, due_at, is_urgent)
    SELECT asked.flow_id, ${time(at)}, ${isUrgent}::boolean FROM (${flowIds}) AS asked (flow_id) ORDER BY asked.flow_id
    ON CONFLICT (flow_id) DO UPDATE SET requests = r.requests + 1,
      due_at = CASE WHEN r.requests > r.answered THEN least(r.due_at, excluded.due_at + make_interval(secs => ${leaseSeconds}::double precision))
        ELSE greatest(r.due_at, excluded.due_at) END,
      is_urgent = excluded.is_urgent OR (r.is_urgent AND r.requests > r.answered)
    RETURNING 1`;
}

function uuids(ids: readonly Parameters<typeof uuidOf>[0][]): SQL {
  return sql`SELECT unnest(${`{${ids.map(uuidOf).join(",")}}`}::uuid[])`;
}

function time(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}
