import { type SQL, sql } from "drizzle-orm";
import { standingStates } from "../../domain/exchange.ts";
import { type Id, idFromUuid, type Noun, uuidOf } from "../../domain/ids.ts";
import type { MatchState } from "../../domain/match.ts";
import type {
  NetworkExchange,
  NetworkFlow,
  NetworkGrade,
  NetworkMatchRecord,
  NetworkNoun,
  NetworkOrganization,
  NetworkSite,
  NetworkTombstone,
} from "../../domain/network.ts";
import type { Evaluation } from "../../matching/evaluation.ts";
import type { IdRange } from "../graph/port.ts";
import type { Database } from "../postgres/client.ts";
import { exchanges } from "../postgres/schema/exchanges.ts";
import { flows, matches } from "../postgres/schema/flows.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";
import { grades } from "../postgres/schema/taxonomy.ts";
import { organizations, sites } from "../postgres/schema/tenants.ts";
import { tagVersion } from "./cacheTags.ts";

/** Of which records the network is to be made, as UUIDs. */
export type NetworkSelection = Partial<Record<Exclude<NetworkNoun, "grade">, readonly string[]>> & {
  /** Organizations that take part in these, or did. */
  programme?: readonly string[];
  /** All grades. */
  grade?: boolean;
};

/** A match as the database has it: what each may know of it is worked out of the evaluations. */
export type StandingMatch = Pick<
  NetworkMatchRecord,
  "noun" | "id" | "version" | "outputFlowId" | "inputFlowId" | "isOpen"
> &
  Record<
    "evaluation" | "outputView" | "inputView",
    Pick<Evaluation, "score"> & { money: Pick<Evaluation["money"], "basis" | "perYear"> }
  >;

/** A record of the network as it is now, or that it is gone. */
export type NetworkRow =
  | NetworkOrganization
  | NetworkSite
  | NetworkFlow
  | NetworkGrade
  | StandingMatch
  | NetworkExchange
  | NetworkTombstone;

export type NetworkRecordStore = ReturnType<typeof createNetworkRecordStore>;

export function createNetworkRecordStore(database: Database) {
  return {
    /** Reads what is selected in one statement; what there is no row of, not even a deleted one, is not in the answer. */
    async read(selection: NetworkSelection): Promise<NetworkRow[]> {
      const parts: SQL[] = [];
      const organizationIds = [
        ...idCondition(selection.organization, sql`o.id`),
        ...(selection.programme?.length
          ? [
              sql`o.id IN (SELECT p.organization_id FROM ${programmeParticipants} p WHERE p.programme_id = ANY (${uuids(selection.programme)}))`,
            ]
          : []),
      ];
      if (organizationIds.length > 0)
        parts.push(rowsOf("organization", sql`(${sql.join(organizationIds, sql` OR `)})`));
      for (const noun of ["site", "flow", "match", "exchange"] as const)
        for (const condition of idCondition(selection[noun], sql`r.id`)) parts.push(rowsOf(noun, condition));
      if (selection.grade) parts.push(rowsOf("grade", sql`true`));
      if (parts.length === 0) return [];
      const rows = await database.query<Row>(sql.join(parts, sql` UNION ALL `));
      return rows.map(parse);
    },

    /** One noun by ascending id, after one id up to and including another; deleted records too. */
    async page(noun: NetworkNoun, { after, until }: IdRange, limit: number): Promise<NetworkRow[]> {
      const key = noun === "grade" ? sql`r.slug COLLATE "C"` : noun === "organization" ? sql`o.id` : sql`r.id`;
      const value = (id: string) => (noun === "grade" ? sql`${id}` : sql`${uuidOf(id as Id<Noun>)}::uuid`);
      const conditions = [
        ...(after === null ? [] : [sql`${key} > ${value(after)}`]),
        ...(until === null ? [] : [sql`${key} <= ${value(until)}`]),
      ];
      const condition = conditions.length > 0 ? sql.join(conditions, sql` AND `) : sql`true`;
      const rows = await database.query<Row>(sql`${rowsOf(noun, condition)} ORDER BY ${key} LIMIT ${limit}::integer`);
      return rows.map(parse);
    },
  };
}

type Row = {
  noun: NetworkNoun;
  id: string;
  version: string | number;
  is_gone: boolean;
  content: Record<string, unknown> | null;
};

function uuids(ids: readonly string[]): SQL {
  return sql`${`{${ids.join(",")}}`}::uuid[]`;
}

function idCondition(ids: readonly string[] | undefined, column: SQL): SQL[] {
  return ids?.length ? [sql`${column} = ANY (${uuids(ids)})`] : [];
}

/** In which a match is part of the network. */
const standingMatchStates = [
  "suggested",
  "viewed",
  "interested_one",
  "interested_both",
  "negotiating",
  "agreed",
] as const satisfies MatchState[];

/** noun, id, version, is_gone and content of the rows that a condition on `r`, or on `o` for organizations, picks. */
function rowsOf(noun: NetworkNoun, condition: SQL): SQL {
  const row = (
    version: SQL,
    isGone: SQL,
    content: SQL,
    from: SQL,
  ) => sql`SELECT ${noun}::text AS noun, r.id::text AS id, ${version} AS version, ${isGone} AS is_gone,
    CASE WHEN ${isGone} THEN NULL ELSE ${content} END AS content FROM ${from} WHERE ${condition}`;
  switch (noun) {
    case "organization":
      return organizationRows(condition);
    case "site":
      return row(
        sql`r.version::bigint`,
        sql`(r.deleted_at IS NOT NULL OR r.cell IS NULL)`,
        sql`json_build_object('organizationId', r.organization_id, 'name', r.name, 'position', ST_AsGeoJSON(r.location, 15)::json -> 'coordinates',
          'cell', json_build_object('id', r.cell, 'center', ST_AsGeoJSON(r.cell_location, 15)::json -> 'coordinates', 'radiusMeters', r.cell_radius_meters))`,
        sql`${sites} r`,
      );
    case "flow":
      return row(
        sql`r.version::bigint`,
        sql`(r.deleted_at IS NOT NULL)`,
        sql`json_build_object('organizationId', r.organization_id, 'siteId', r.site_id, 'direction', r.direction, 'kind', r.kind, 'grade', r.grade,
          'title', r.title, 'status', r.status, 'visibility', r.visibility)`,
        sql`${flows} r`,
      );
    case "match":
      return row(
        sql`r.version::bigint`,
        sql`(r.state NOT IN ${standingMatchStates})`,
        sql`json_build_object('outputFlowId', r.output_flow_id, 'inputFlowId', r.input_flow_id, 'isOpen', ${isOpen},
          'evaluation', ${figures(sql`r.evaluation`)}, 'outputView', ${figures(sql`CASE WHEN ${isOpen} THEN r.evaluation ELSE r.output_view END`)},
          'inputView', ${figures(sql`CASE WHEN ${isOpen} THEN r.evaluation ELSE r.input_view END`)})`,
        sql`${matches} r`,
      );
    case "exchange":
      return row(
        sql`r.version::bigint`,
        sql`(NOT r.is_confirmed OR r.state NOT IN ${standingStates})`,
        sql`json_build_object('outputFlowId', r.output_flow_id, 'inputFlowId', r.input_flow_id,
          'quantity', json_build_object('amount', r.quantity_amount, 'unit', r.quantity_unit), 'since', r.starts_on, 'visibility', r.visibility)`,
        sql`${exchanges} r`,
      );
    case "grade":
      return sql`SELECT 'grade'::text AS noun, r.slug AS id, ${tagVersion("taxonomy")}::bigint AS version, false AS is_gone,
        json_build_object('kind', r.kind, 'parent', r.parent) AS content FROM ${grades} r WHERE ${condition}`;
  }
}

const isOpen = sql`(r.output_interested AND r.input_interested AND r.state IN ('interested_both', 'negotiating', 'agreed'))`;

/** What of an evaluation the network shows. */
function figures(evaluation: SQL): SQL {
  return sql`(SELECT json_build_object('score', e -> 'score', 'money', json_build_object('basis', e #> '{money,basis}', 'perYear', e #> '{money,perYear}'))
    FROM (SELECT ${evaluation} AS e) AS shown)`;
}

/**
 * An organization with its programmes. Its version grows with its own and with those of all its participations and their
 * programmes, none of which is ever deleted.
 */
function organizationRows(condition: SQL): SQL {
  const joined = sql`p.state = 'joined' AND g.deleted_at IS NULL`;
  return sql`SELECT 'organization'::text AS noun, o.id::text AS id, o.version + t.version AS version, o.deleted_at IS NOT NULL AS is_gone,
    CASE WHEN o.deleted_at IS NULL THEN json_build_object('name', o.name, 'country', o.country, 'nace', o.nace,
      'programmeIds', t.programme_ids, 'facilitatorIds', t.facilitator_ids) END AS content
    FROM ${organizations} o CROSS JOIN LATERAL (
      SELECT coalesce(sum(p.version + g.version), 0)::bigint AS version,
        coalesce(json_agg(p.programme_id ORDER BY p.programme_id) FILTER (WHERE ${joined}), '[]') AS programme_ids,
        coalesce(json_agg(DISTINCT g.organization_id) FILTER (WHERE ${joined} AND p.shares_with_facilitators), '[]') AS facilitator_ids
      FROM ${programmeParticipants} p JOIN ${programmes} g ON g.id = p.programme_id WHERE p.organization_id = o.id) t
    WHERE ${condition}`;
}

/** Names of ids in a content, with their nouns. */
const idNouns = {
  organizationId: "organization",
  siteId: "site",
  outputFlowId: "flow",
  inputFlowId: "flow",
  programmeIds: "programme",
  facilitatorIds: "organization",
} as const;

function parse({ noun, id: key, version, is_gone: isGone, content }: Row): NetworkRow {
  const id = noun === "grade" ? key : idFromUuid(noun, key);
  const base = { noun, id, version: Number(version) };
  if (isGone || content === null) return { ...base, isGone: true };
  const named = Object.entries(content).map(([name, value]) => {
    const of = idNouns[name as keyof typeof idNouns];
    if (of === undefined) return [name, value];
    return [name, Array.isArray(value) ? value.map((each) => idFromUuid(of, each)) : idFromUuid(of, value as string)];
  });
  return { ...base, ...Object.fromEntries(named) } as NetworkRow;
}
