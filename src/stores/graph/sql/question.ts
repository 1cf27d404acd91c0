import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { OrganizationId } from "../../../domain/ids.ts";
import type { NetworkLimits, NetworkViewer } from "../../../domain/network.ts";
import {
  graphExchanges,
  graphFlows,
  graphMatches,
  graphOrganizations,
  graphSites,
} from "../../postgres/schema/graph.ts";
import type { NetworkQuestion } from "../port.ts";
import type { Start } from "../reads.ts";
import { current, type End, type Sight, sightOf, textArray } from "./sight.ts";

/**
 * One statement that finds a part of the network; its one row is a `FoundDocument`. Planning takes as long as running, so its
 * joins are few: what flags an organization has is looked up where a condition comes to it, and sites are joined only where
 * the question is of a place.
 */
export function questionStatement(
  viewer: NetworkViewer,
  start: Start,
  question: NetworkQuestion,
  limits: NetworkLimits,
): SQL {
  const part: Part = { sight: sightOf(viewer, question), isOfPlace: question.near !== undefined };
  const found = start === "everywhere" ? everywhere(part) : around(viewer, start, part, limits);
  return sql`WITH RECURSIVE ${sql.join([...part.sight.preliminaries, ...found], sql`, `)},
    nodes AS MATERIALIZED (SELECT generation, organization_id, is_named, min(distance) AS distance FROM reached
      GROUP BY generation, organization_id, is_named ORDER BY ${nodeOrder} LIMIT ${limits.organizations + 1}::integer),
    kept AS MATERIALIZED (SELECT * FROM nodes ORDER BY ${nodeOrder} LIMIT ${limits.organizations}::integer),
    kept_flows AS MATERIALIZED (${flowsOfKept(part)}),
    links AS MATERIALIZED (${linksAmong(part)} ORDER BY rank, score DESC, id LIMIT ${limits.links + 1}::integer),
    ends AS MATERIALIZED (SELECT f.* FROM kept_flows f
      WHERE ${isOneOf(sql`f.id`, sql`SELECT output_flow_id FROM links UNION ALL SELECT input_flow_id FROM links`)}),
    listed AS MATERIALIZED (SELECT f.* FROM kept_flows f ${siteOf(part, sql`f`, sql`s`)}
      WHERE ${part.sight.isListed(keptEnd)} ORDER BY f.id LIMIT ${limits.flows + 1}::integer),
    places AS (SELECT generation, site_id FROM listed UNION SELECT generation, site_id FROM ends)
    SELECT
      (SELECT json_agg(json_build_array(organization_id, is_named) ORDER BY ${nodeOrder}) FROM nodes) AS nodes,
      (SELECT json_agg(json_build_array(o.id, o.version, o.name, o.country, o.nace, o.programme_ids, o.facilitator_ids) ORDER BY o.id)
        FROM (SELECT DISTINCT generation, organization_id FROM kept) k ${oneOf(graphOrganizations, "o", sql`k.generation`, sql`k.organization_id`)}) AS organizations,
      (SELECT json_agg(json_build_array(id, version, output_flow_id, input_flow_id, score, value, is_open, amount, unit, since, visibility)
        ORDER BY rank, score DESC, id) FROM links) AS links,
      (SELECT json_agg(json_build_array(${flowColumns})) FROM ends f) AS ends,
      (SELECT json_agg(json_build_array(${flowColumns}) ORDER BY id) FROM listed f) AS listed,
      (SELECT json_agg(json_build_array(s.id, s.version, s.organization_id, s.name, s.longitude, s.latitude,
          s.cell, s.cell_longitude, s.cell_latitude, s.cell_radius_meters) ORDER BY s.id)
        FROM places p ${oneOf(graphSites, "s", sql`p.generation`, sql`p.site_id`)}) AS sites`;
}

type Part = { sight: Sight; isOfPlace: boolean };

const nodeOrder = sql`distance, organization_id, is_named DESC`;
const flowColumns = sql`f.id, f.version, f.organization_id, f.site_id, f.direction, f.kind, f.grade, f.title, f.status, f.visibility, f.is_open, f.is_named`;
/** The one row of a table with this key, found by its key: a join may be planned as a scan of all. */
function oneOf(table: PgTable, alias: "o" | "f" | "s", generation: SQL, id: SQL): SQL {
  const row = sql.raw(alias);
  return sql`CROSS JOIN LATERAL (SELECT * FROM ${table} x WHERE x.generation = ${generation} AND x.id = ${id} AND NOT x.is_gone LIMIT 1) ${row}`;
}

/** The flow of a node `n`, and the one at the other end of its link. */
const nearEnd = ({ sight }: Part): End => ({ flow: sql`f`, site: sql`s`, isOpen: sight.isOpen(sql`f`) });
const farEnd = ({ sight }: Part): End => ({ flow: sql`g`, site: sql`t`, isOpen: sight.isOpen(sql`g`) });

/** Each kind of link: its table, when it is seen, and whether one that is seen names the owner of an end. */
const linkKinds = ({ sight }: Part) => [
  { table: sql`${graphMatches}`, sees: sight.seesMatch, names: sight.isNamed },
  { table: sql`${graphExchanges}`, sees: sight.seesExchange, names: () => sql`true` },
];

/** All flows of the nodes that are kept, with what the viewer may know of each, which is worked out once. */
function flowsOfKept({ sight }: Part): SQL {
  return sql`SELECT f.*, ${sight.isOpen(sql`f`)} AS is_open, n.is_named
    FROM kept n JOIN ${graphFlows} f ON f.generation = n.generation AND f.organization_id = n.organization_id AND NOT f.is_gone
    WHERE ${sight.isNamed(sql`f`)} = n.is_named`;
}

/** A flow `f` of `kept_flows`. */
const keptEnd: End = { flow: sql`f`, site: sql`s`, isOpen: sql`f.is_open` };

/**
 * Whether an id is among those that the statement itself has found. These have no statistics, and a join with them may be planned
 * as though they were a handful; behind IS TRUE they are hashed once, however many.
 */
function isOneOf(id: SQL, found: SQL): SQL {
  return sql`(${id} IN (${found})) IS TRUE`;
}

function siteOf({ isOfPlace }: Part, flow: SQL, site: SQL): SQL {
  return isOfPlace
    ? sql`JOIN ${graphSites} ${site} ON ${site}.generation = ${flow}.generation AND ${site}.id = ${flow}.site_id AND NOT ${site}.is_gone`
    : sql``;
}

/** `l` and `g`: links of the flows `f` by one side, with the flows at their other ends. */
function linked(part: Part, table: SQL, side: "output" | "input"): SQL {
  const other = side === "output" ? "input" : "output";
  return sql`JOIN ${table} l ON l.generation = f.generation AND l.${sql.raw(side)}_flow_id = f.id AND NOT l.is_gone
    JOIN ${graphFlows} g ON g.generation = f.generation AND g.id = l.${sql.raw(other)}_flow_id AND NOT g.is_gone ${siteOf(part, sql`g`, sql`t`)}`;
}

/**
 * `reached`: the starts, all known by name or none, and step by step what their links lead to. A step takes twice as many as the
 * answer does: what was reached before comes again in it, and all that is new must fit beside that.
 */
function around(
  viewer: NetworkViewer,
  { around, steps }: Exclude<Start, "everywhere">,
  part: Part,
  limits: NetworkLimits,
): SQL[] {
  const { sight } = part;
  const far = farEnd(part);
  const near = nearEnd(part);
  const branches = linkKinds(part).flatMap(({ table, sees, names }) =>
    (["output", "input"] as const).map((side) => {
      const seen = side === "output" ? sees(sql`l`, near, far) : sees(sql`l`, far, near);
      return sql`SELECT g.organization_id, ${names(sql`g`)} AS is_named FROM ${graphFlows} f ${siteOf(part, sql`f`, sql`s`)} ${linked(part, table, side)}
        WHERE f.generation = n.generation AND f.organization_id = n.organization_id AND NOT f.is_gone AND ${names(sql`f`)} = n.is_named AND ${seen}`;
    }),
  );
  return [
    sql`known AS MATERIALIZED (${knownByName(viewer, around, sight)})`,
    sql`reached AS (
      SELECT generation, organization_id, true AS is_named, 0 AS distance FROM known WHERE (SELECT count(*) FROM known) = ${new Set(around).size}::integer
      UNION
      SELECT generation, organization_id, is_named, distance FROM (
        SELECT n.generation, x.organization_id, x.is_named, n.distance + 1 AS distance,
          dense_rank() OVER (ORDER BY x.organization_id, x.is_named DESC) AS place
        FROM reached n CROSS JOIN LATERAL (${sql.join(branches, sql` UNION ALL `)}) x WHERE n.distance < ${steps}::integer) step
      WHERE place <= ${2 * (limits.organizations + 1)}::integer)`,
  ];
}

/** Its own organization, those with a flow by which the viewer may know them, and to the operator all. */
function knownByName(viewer: NetworkViewer, ids: readonly OrganizationId[], sight: Sight): SQL {
  const isKnown = viewer
    ? // A scalar subquery, for an EXISTS may be planned as a scan of all flows.
      sql`(o.id = ${viewer.organizationId} OR (SELECT true FROM ${graphFlows} f
        WHERE f.generation = o.generation AND f.organization_id = o.id AND NOT f.is_gone AND ${sight.isNamed(sql`f`)} LIMIT 1))`
    : sql`true`;
  return sql`SELECT o.generation, o.id AS organization_id FROM ${graphOrganizations} o
    WHERE o.generation = ${current} AND o.id = ANY (${textArray([...new Set(ids)])}) AND NOT o.is_gone AND ${isKnown}`;
}

/** `reached`: every organization that the viewer meets through a flow or a link. */
function everywhere(part: Part): SQL[] {
  const output: End = { flow: sql`f`, site: sql`s`, isOpen: part.sight.isOpen(sql`f`) };
  const input = farEnd(part);
  const flows = sql`SELECT f.generation, f.organization_id, ${part.sight.isNamed(sql`f`)} AS is_named FROM ${graphFlows} f ${siteOf(part, sql`f`, sql`s`)}
    WHERE f.generation = ${current} AND NOT f.is_gone AND ${part.sight.isListed(output)}`;
  const ends = linkKinds(part).map(
    ({
      table,
      sees,
      names,
    }) => sql`SELECT f.generation, e.* FROM ${graphFlows} f ${siteOf(part, sql`f`, sql`s`)} ${linked(part, table, "output")}
      CROSS JOIN LATERAL (VALUES (f.organization_id, ${names(sql`f`)}), (g.organization_id, ${names(sql`g`)})) e
      WHERE f.generation = ${current} AND NOT f.is_gone AND ${sees(sql`l`, output, input)}`,
  );
  return [sql`reached AS (SELECT *, 0 AS distance FROM (${sql.join([flows, ...ends], sql` UNION `)}) r)`];
}

/** Visible links between nodes of `kept`; those of each flow are looked up by its id, which OFFSET 0 keeps apart from the rest. */
function linksAmong(part: Part): SQL {
  const { sight } = part;
  const far = farEnd(part);
  const [match, exchange] = linkKinds(part).map(({ table, sees }, rank) => {
    const isMatch = rank === 0;
    const [score, value] = [sight.score, sight.value].map((figure) => figure(sql`l`, sql`f`, sql`g`));
    const columns = isMatch
      ? sql`1 AS rank, ${score} AS score, ${value} AS value, l.is_open, NULL::double precision AS amount, NULL::text AS unit, NULL::text AS since, NULL::text AS visibility`
      : sql`0, NULL, NULL, NULL, l.amount, l.unit, l.since, l.visibility`;
    return sql`SELECT l.id, l.version, l.output_flow_id, l.input_flow_id, ${columns} FROM kept_flows f
        CROSS JOIN LATERAL (SELECT * FROM ${table} x WHERE x.generation = f.generation AND x.output_flow_id = f.id AND NOT x.is_gone OFFSET 0) l
        CROSS JOIN LATERAL (SELECT * FROM ${graphFlows} x WHERE x.generation = f.generation AND x.id = l.input_flow_id AND NOT x.is_gone OFFSET 0) g
        ${siteOf(part, sql`f`, sql`s`)} ${siteOf(part, sql`g`, sql`t`)}
      WHERE ${isOneOf(sql`g.id`, sql`SELECT id FROM kept_flows`)} AND ${sees(sql`l`, keptEnd, far)}`;
  });
  return sql`${match} UNION ALL ${exchange}`;
}
