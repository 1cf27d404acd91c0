import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { type FlowId, idFromUuid, type MatchId, uuidOf } from "../../domain/ids.ts";
import type { MatchState } from "../../domain/match.ts";
import type { CandidateSearch, Coarseness } from "../../matching/candidateSearch.ts";
import type { Party } from "../../matching/party.ts";
import type { Database } from "../postgres/client.ts";
import { flows, matches, matchRefreshes } from "../postgres/schema/flows.ts";
import { organizations, sites } from "../postgres/schema/tenants.ts";
import { type FlowDocument, parseFlow, wholeFlowDocument } from "../records/flowRow.ts";
import { facilitates } from "../records/programmeScope.ts";
import { flowVisibleTo, ownedBy, readAs } from "../records/scope.ts";
import { parseSight, type Sight, type SightDocument, sightFields } from "../records/sight.ts";
import { wasUsedUp } from "../records/withdrawal.ts";
import { boundExpression, candidateConditions, candidateProbes } from "./candidateQuery.ts";

type PlaceDocument = {
  position: { coordinates: [number, number] };
  timeZone: string;
  country: string;
  verified: boolean;
  exchangesCompleted: number;
};

type PartyDocument = PlaceDocument & { flow: FlowDocument; basis: number[] } & SightDocument;

/** A party as it is, how much of it the caller may know, and the versions of site, organization and exchanges completed. */
export type SightedParty = Party & { sight: Sight; basis: readonly number[] };

/**
 * A counterpart that may match: `bound` is no less than its score, `isRecorded` whether the pair has a record that is not superseded,
 * `floorScore` the least of the best matches that are suggested for it where those are not all; null else, or where that was not asked.
 */
export type Candidate = { party: SightedParty; bound: number; isRecorded: boolean; floorScore: number | null };

export type PageOptions = {
  after: Candidate | null;
  limit: number;
  coarseness: Coarseness;
  /** Asks only for candidates among whose own best matches the pair can be. */
  withRoom?: boolean;
};

/** A flow to find counterparts for; only pairs of active flows are recorded. */
export type Subject = { party: SightedParty; isActive: boolean };

/** A pair that has a record, by its counterpart; `isOutput` where the flow that was asked for is on the output's side of it. */
export type RecordedPair = { matchId: MatchId; state: MatchState; isOutput: boolean; counterpart: Subject };

export type CandidatePage = { candidates: Candidate[]; isLast: boolean };

export type CandidateStore = ReturnType<typeof createCandidateStore>;

export function createCandidateStore(database: Database) {
  return {
    /** The caller's own flow, or one that it facilitates, or for the operator any, with all that matching reads of it. */
    async findSubject(stamp: ChangeStamp, id: FlowId): Promise<Subject | null> {
      const select = sql`SELECT f.id, f.organization_id, f.status = 'active' AS is_active, ${partyDocument(stamp.actor)} AS document FROM ${partyTables}
        WHERE f.id = ${uuidOf(id)}::uuid AND f.deleted_at IS NULL AND ${actsFor(stamp.actor)}`;
      const [row] = await database.query<{ document: PartyDocument; is_active: boolean }>(
        readAs(stamp, "match.list", select),
      );
      return row ? { party: parseParty(row.document), isActive: row.is_active } : null;
    },

    /**
     * Two flows of which the caller may act for one, while the other is one that it sees or that matching shows it; the
     * operator may ask for any two.
     */
    async findPair(stamp: ChangeStamp, one: FlowId, other: FlowId): Promise<Map<FlowId, SightedParty>> {
      const select = sql`
        WITH asked AS MATERIALIZED (
          SELECT f.id, f.organization_id, ${partyDocument(stamp.actor)} AS document, ${actsFor(stamp.actor)} AS is_own FROM ${partyTables}
          WHERE f.id IN (${uuidOf(one)}::uuid, ${uuidOf(other)}::uuid) AND (${flowVisibleTo(stamp.actor)} OR ${matchableFor(stamp.actor)}))
        SELECT id, organization_id, document FROM asked WHERE EXISTS (SELECT FROM asked WHERE is_own)`;
      const rows = await database.query<{ document: PartyDocument }>(readAs(stamp, "match.evaluate", select));
      return new Map(rows.map(({ document }) => parseParty(document)).map((party) => [party.flowId, party]));
    },

    /**
     * A flow, in whatever status, and the counterparts of its next recorded matches by id: all of one moment. Matches that were
     * withdrawn with a flow are left out. Null where there is no such flow.
     */
    async findRecorded(
      stamp: ChangeStamp,
      id: FlowId,
      { after, limit }: { after: MatchId | null; limit: number },
    ): Promise<{ subject: Subject; pairs: RecordedPair[] } | null> {
      const flowId = sql`${uuidOf(id)}::uuid`;
      const side = (
        own: SQL,
        other: SQL,
        isOutput: SQL,
      ) => sql`SELECT m.id, m.state, ${isOutput} AS is_output, ${other} AS flow_id FROM ${matches} m
        WHERE ${own} = ${flowId} AND (m.state <> 'withdrawn' OR ${wasUsedUp}) AND ${after ? sql`m.id > ${uuidOf(after)}::uuid` : sql`true`}`;
      const rows = await database.query<{
        document: PartyDocument;
        is_active: boolean;
        match_id: string | null;
        state: MatchState | null;
        is_output: boolean | null;
      }>(sql`
        WITH recorded AS (
          SELECT * FROM (${side(sql`m.output_flow_id`, sql`m.input_flow_id`, sql`true`)}
            UNION ALL ${side(sql`m.input_flow_id`, sql`m.output_flow_id`, sql`false`)}) AS m
          ORDER BY id LIMIT ${limit}::integer)
        SELECT f.status = 'active' AND f.deleted_at IS NULL AS is_active, ${partyDocument(stamp.actor)} AS document, recorded.id AS match_id, recorded.state, recorded.is_output
        FROM ${partyTables} LEFT JOIN recorded ON recorded.flow_id = f.id
        WHERE f.id = ${flowId} OR f.id IN (SELECT flow_id FROM recorded) ORDER BY recorded.id NULLS FIRST`);
      const [subject, ...counterparts] = rows.map((row) => ({
        ...row,
        side: { party: parseParty(row.document), isActive: row.is_active },
      }));
      if (!subject) return null;
      return {
        subject: subject.side,
        pairs: counterparts.map((row) => ({
          matchId: idFromUuid("match", row.match_id!),
          state: row.state!,
          isOutput: row.is_output!,
          counterpart: row.side,
        })),
      };
    },

    /** What matching reads of a place and its organization besides the flow, for a flow that is not stored. */
    async findPlace(actor: Actor, siteUuid: string): Promise<Pick<Party, "site" | "organization"> | null> {
      const [row] = await database.query<{ document: PlaceDocument }>(sql`
        SELECT jsonb_build_object(${placeFields}) AS document FROM ${sites} s JOIN ${organizations} o ON o.id = s.organization_id
        WHERE s.id = ${siteUuid}::uuid AND s.deleted_at IS NULL AND ${ownedBy(actor, sql`s.organization_id`)}`);
      return row ? parsePlace(row.document) : null;
    },

    /**
     * Candidates by descending bound, below `after`; one round trip. Matching sees all active flows: what the caller may know
     * of each is its sight. `limits` chooses between what can match and the wider reach in which near misses lie.
     */
    async findPage(
      stamp: ChangeStamp,
      search: CandidateSearch,
      limits: "match" | "near",
      { after, limit, coarseness, withRoom = false }: PageOptions,
    ): Promise<CandidatePage> {
      const subject = sql`${uuidOf(search.subject.flowId)}::uuid`;
      const [output, input] = search.directions.includes("input") ? [subject, sql`f.id`] : [sql`f.id`, subject];
      const select = sql`
        WITH probed AS (${candidateProbes(search, search[limits], coarseness)}),
        bounded AS (
          SELECT p.id, ${boundExpression(search.bound, coarseness)} AS bound
          FROM (SELECT id, max(quality_bound) AS quality_bound, min(distance_meters) AS distance_meters FROM probed GROUP BY id) AS p
          JOIN ${flows} f ON f.id = p.id JOIN ${organizations} o ON o.id = f.organization_id
          WHERE ${candidateConditions(search, search[limits])}),
        roomy AS (${withRoom ? roomy : sql`SELECT *, NULL::double precision AS floor_score FROM bounded`}),
        ranked AS (
          SELECT * FROM roomy WHERE ${after ? below(after) : sql`true`} ORDER BY bound DESC, id LIMIT ${limit + 1}::integer)
        SELECT f.id, f.organization_id, ${partyDocument(stamp.actor)} AS document, ranked.bound, ranked.floor_score,
          EXISTS (SELECT FROM ${matches} m WHERE m.output_flow_id = ${output} AND m.input_flow_id = ${input} AND m.state <> 'superseded') AS is_recorded
        FROM ranked JOIN ${flows} f ON f.id = ranked.id JOIN ${sites} s ON s.id = f.site_id JOIN ${organizations} o ON o.id = f.organization_id
        ORDER BY ranked.bound DESC, ranked.id`;
      const rows = await database.query<{
        document: PartyDocument;
        bound: number;
        is_recorded: boolean;
        floor_score: number | null;
      }>(readAs(stamp, "match.candidates", select));
      return {
        candidates: rows.slice(0, limit).map((row) => ({
          party: parseParty(row.document),
          bound: row.bound,
          isRecorded: row.is_recorded,
          floorScore: row.floor_score,
        })),
        isLast: rows.length <= limit,
      };
    },
  };
}

const roomy = sql`SELECT bounded.*, r.floor_score FROM bounded LEFT JOIN ${matchRefreshes} r ON r.flow_id = bounded.id
  WHERE r.floor_score IS NULL OR r.floor_score <= bounded.bound`;

function below({ bound, party }: Candidate): SQL {
  return sql`(bound < ${bound}::double precision OR (bound = ${bound}::double precision AND id > ${uuidOf(party.flowId)}::uuid))`;
}

const placeFields = sql`'position', ST_AsGeoJSON(s.location, 15)::jsonb, 'timeZone', s.time_zone, 'country', s.country,
  'verified', o.verified, 'exchangesCompleted', o.exchanges_completed`;

function partyDocument(actor: Actor): SQL {
  return sql`jsonb_build_object('flow', ${wholeFlowDocument}, ${placeFields}, ${sightFields(actor)},
    'basis', jsonb_build_array(s.version, o.version, o.exchanges_completed))`;
}

/** Flows that the caller asks for as their owner would: its own, and as a facilitator those of organizations that let it. */
function actsFor(actor: Actor): SQL {
  return sql`(${ownedBy(actor, sql`f.organization_id`)} OR (f.visibility <> 'private' AND ${facilitates(actor, sql`f.organization_id`)}))`;
}

/** Flows that matching shows to others, coarsely where it must: the active ones of whoever has not blocked the caller. */
function matchableFor(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`true`;
  return sql`(f.status = 'active' AND f.deleted_at IS NULL AND (f.constraints -> 'blockedOrganizationIds' ? ${actor.organizationId}) IS NOT TRUE)`;
}

const partyTables = sql`flows f JOIN ${sites} s ON s.id = f.site_id JOIN ${organizations} o ON o.id = f.organization_id`;

function parseParty({ flow: row, sight, basis, ...place }: PartyDocument): SightedParty {
  const flow = parseFlow(row);
  const { id: flowId, organizationId, version } = flow;
  return { flowId, organizationId, version, flow, ...parsePlace(place), sight: parseSight(sight), basis };
}

function parsePlace({
  position,
  timeZone,
  country,
  verified,
  exchangesCompleted,
}: PlaceDocument): Pick<Party, "site" | "organization"> {
  return {
    site: { position: position.coordinates, radiusMeters: 0, timeZone, country },
    organization: { verified, exchangesCompleted },
  };
}
