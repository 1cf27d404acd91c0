import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { type FlowId, uuidOf } from "../../domain/ids.ts";
import type { CandidateSearch } from "../../matching/candidateSearch.ts";
import type { Party } from "../../matching/party.ts";
import type { Database } from "../postgres/client.ts";
import { flows, matches } from "../postgres/schema/flows.ts";
import { organizations, sites } from "../postgres/schema/tenants.ts";
import { type FlowDocument, flowDocumentFor, parseFlow } from "../records/flowRow.ts";
import { flowVisibleTo, ownedBy, readAs } from "../records/scope.ts";
import { boundExpression, candidateConditions, candidateProbes } from "./candidateQuery.ts";

type PartyDocument = {
  flow: FlowDocument;
  position: { coordinates: [number, number] };
  timeZone: string;
  country: string;
  verified: boolean;
  exchangesCompleted: number;
};

/** A counterpart that may match: `bound` is no less than its score, `isRecorded` whether the pair has a record already. */
export type Candidate = { party: Party; bound: number; isRecorded: boolean };

/** A flow to find counterparts for; only pairs of active flows are recorded. */
export type Subject = { party: Party; isActive: boolean };

export type CandidatePage = { candidates: Candidate[]; isLast: boolean };

export type CandidateStore = ReturnType<typeof createCandidateStore>;

export function createCandidateStore(database: Database) {
  return {
    /** The caller's own flow, or for the operator any, with all that matching reads of it. */
    async findSubject(stamp: ChangeStamp, id: FlowId): Promise<Subject | null> {
      const select = sql`SELECT f.id, f.organization_id, f.status = 'active' AS is_active, ${partyDocument} AS document FROM ${partyTables}
        WHERE f.id = ${uuidOf(id)}::uuid AND f.deleted_at IS NULL AND ${ownedBy(stamp.actor, sql`f.organization_id`)}`;
      const [row] = await database.query<{ document: PartyDocument; is_active: boolean }>(
        readAs(stamp, "match.list", select),
      );
      return row ? { party: parseParty(row.document), isActive: row.is_active } : null;
    },

    /** Two flows that the caller may see, of which one is its own; the operator may ask for any two. */
    async findPair(stamp: ChangeStamp, one: FlowId, other: FlowId): Promise<Map<FlowId, Party>> {
      const own = sql`EXISTS (SELECT FROM ${flows} mine WHERE mine.id IN (${uuidOf(one)}::uuid, ${uuidOf(other)}::uuid) AND ${ownedBy(stamp.actor, sql`mine.organization_id`)})`;
      const select = sql`SELECT f.id, f.organization_id, ${partyDocument} AS document FROM ${partyTables}
        WHERE f.id IN (${uuidOf(one)}::uuid, ${uuidOf(other)}::uuid) AND ${flowVisibleTo(stamp.actor)} AND ${own}`;
      const rows = await database.query<{ document: PartyDocument }>(readAs(stamp, "match.evaluate", select));
      return new Map(rows.map(({ document }) => parseParty(document)).map((party) => [party.flowId, party]));
    },

    /** What matching reads of a place and its organization besides the flow, for a flow that is not stored. */
    async findPlace(actor: Actor, siteUuid: string): Promise<Pick<Party, "site" | "organization"> | null> {
      const [row] = await database.query<{ document: Omit<PartyDocument, "flow"> }>(sql`
        SELECT jsonb_build_object(${placeFields}) AS document FROM ${sites} s JOIN ${organizations} o ON o.id = s.organization_id
        WHERE s.id = ${siteUuid}::uuid AND s.deleted_at IS NULL AND ${ownedBy(actor, sql`s.organization_id`)}`);
      return row ? parsePlace(row.document) : null;
    },

    /**
     * Candidates that the caller may see, by descending bound, below `after`; one round trip. `limits` chooses between what
     * can match and the wider reach in which near misses lie.
     */
    async findPage(
      stamp: ChangeStamp,
      search: CandidateSearch,
      limits: "match" | "near",
      { after, limit }: { after: Candidate | null; limit: number },
    ): Promise<CandidatePage> {
      const subject = sql`${uuidOf(search.subject.flowId)}::uuid`;
      const [output, input] = search.directions.includes("input") ? [subject, sql`f.id`] : [sql`f.id`, subject];
      const select = sql`
        WITH probed AS (${candidateProbes(search, search[limits])}),
        bounded AS (
          SELECT p.id, ${boundExpression(search.bound)} AS bound
          FROM (SELECT id, max(quality_bound) AS quality_bound, min(distance_meters) AS distance_meters FROM probed GROUP BY id) AS p
          JOIN ${flows} f ON f.id = p.id JOIN ${organizations} o ON o.id = f.organization_id
          WHERE ${candidateConditions(search, search[limits])} AND ${flowVisibleTo(stamp.actor)}),
        ranked AS (
          SELECT * FROM bounded WHERE ${after ? below(after) : sql`true`} ORDER BY bound DESC, id LIMIT ${limit + 1}::integer)
        SELECT f.id, f.organization_id, ${partyDocument} AS document, ranked.bound,
          EXISTS (SELECT FROM ${matches} m WHERE m.output_flow_id = ${output} AND m.input_flow_id = ${input}) AS is_recorded
        FROM ranked JOIN ${flows} f ON f.id = ranked.id JOIN ${sites} s ON s.id = f.site_id JOIN ${organizations} o ON o.id = f.organization_id
        ORDER BY ranked.bound DESC, ranked.id`;
      const rows = await database.query<{ document: PartyDocument; bound: number; is_recorded: boolean }>(
        readAs(stamp, "match.candidates", select),
      );
      return {
        candidates: rows
          .slice(0, limit)
          .map((row) => ({ party: parseParty(row.document), bound: row.bound, isRecorded: row.is_recorded })),
        isLast: rows.length <= limit,
      };
    },
  };
}

function below({ bound, party }: Candidate): SQL {
  return sql`(bound < ${bound}::double precision OR (bound = ${bound}::double precision AND id > ${uuidOf(party.flowId)}::uuid))`;
}

const placeFields = sql`'position', ST_AsGeoJSON(s.location, 15)::jsonb, 'timeZone', s.time_zone, 'country', s.country,
  'verified', o.verified, 'exchangesCompleted', o.exchanges_completed`;

const partyDocument: SQL = sql`jsonb_build_object('flow', ${flowDocumentFor(sql`true`)}, ${placeFields})`;

const partyTables = sql`flows f JOIN ${sites} s ON s.id = f.site_id JOIN ${organizations} o ON o.id = f.organization_id`;

function parseParty({ flow: row, ...place }: PartyDocument): Party {
  const flow = parseFlow(row);
  return { flowId: flow.id, organizationId: flow.organizationId, version: flow.version, flow, ...parsePlace(place) };
}

function parsePlace({
  position,
  timeZone,
  country,
  verified,
  exchangesCompleted,
}: Omit<PartyDocument, "flow">): Pick<Party, "site" | "organization"> {
  return {
    site: { position: position.coordinates, radiusMeters: 0, timeZone, country },
    organization: { verified, exchangesCompleted },
  };
}
