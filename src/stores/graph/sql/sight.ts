import { type SQL, sql } from "drizzle-orm";
import type { NetworkViewer } from "../../../domain/network.ts";
import {
  graphExchanges,
  graphFlows,
  graphGenerations,
  graphMatches,
  graphOrganizations,
} from "../../postgres/schema/graph.ts";
import { earthRadiusMeters } from "../columns.ts";
import type { NetworkQuestion } from "../port.ts";

/** The generation that is read. */
export const current = sql`(SELECT id FROM ${graphGenerations} WHERE state = 'current')`;

/** An array as one parameter. */
export function textArray(values: readonly string[]): SQL {
  return sql`${`{${values.map((value) => JSON.stringify(value)).join(",")}}`}::text[]`;
}

/** Aliases of one end of a link: its flow, its site where `near` is asked, and whether it is open to the viewer. */
export type End = { flow: SQL; site: SQL; isOpen: SQL };

/** What a viewer sees, as conditions inside a statement that begins with `preliminaries`. */
export type Sight = {
  /** `facilitated` and `opened`: organizations and flows that are open to the viewer beside its own and public ones. */
  preliminaries: readonly SQL[];
  /** Whether owner, place and words of a flow may be known. */
  isOpen(flow: SQL): SQL;
  /** Whether its owner may be known. */
  isNamed(flow: SQL): SQL;
  /** Whether a flow is seen without a link. */
  isListed(end: End): SQL;
  /** The score and the value of a match, as the viewer may know them. */
  score(match: SQL, output: SQL, input: SQL): SQL;
  value(match: SQL, output: SQL, input: SQL): SQL;
  /** Whether a link is seen and is one that is asked for. */
  seesMatch(match: SQL, output: End, input: End): SQL;
  seesExchange(exchange: SQL, output: End, input: End): SQL;
};

export function sightOf(viewer: NetworkViewer, question: NetworkQuestion): Sight {
  return viewer === null ? sightOfOperator(question) : sightOfMember(viewer, question);
}

/** What a question asks for, whoever asks. */
function asked({ kinds, minScore, near }: NetworkQuestion) {
  const isOfKinds = (flow: SQL) => (kinds ? sql`${flow}.kind = ANY (${textArray(kinds)})` : sql`true`);
  const isNear = ({ site, isOpen }: End) => (near ? nearTo(near, site, isOpen) : sql`true`);
  return {
    flow: (end: End) => sql`${isOfKinds(end.flow)} AND ${isNear(end)}`,
    link: (output: End, input: End) => sql`${isOfKinds(output.flow)} AND ${isNear(output)} AND ${isNear(input)}`,
    score: (score: SQL) => (minScore === undefined ? sql`true` : sql`${score} >= ${minScore}::double precision`),
  };
}

function sightOfOperator(question: NetworkQuestion): Sight {
  const is = asked(question);
  return {
    preliminaries: [],
    isOpen: () => sql`true`,
    isNamed: () => sql`true`,
    isListed: is.flow,
    score: (match) => sql`${match}.score`,
    value: (match) => sql`${match}.value`,
    seesMatch: (match, output, input) => sql`(${is.link(output, input)} AND ${is.score(sql`${match}.score`)})`,
    seesExchange: (_, output, input) => is.link(output, input),
  };
}

function sightOfMember({ organizationId, programmeIds }: NonNullable<NetworkViewer>, question: NetworkQuestion): Sight {
  const is = asked(question);
  const me = sql`${organizationId}::text`;
  const isOwn = (flow: SQL) => sql`${flow}.organization_id = ${me}`;
  const isFacilitated = (flow: SQL) => sql`${flow}.organization_id IN (SELECT id FROM facilitated)`;
  // A look at one row, for a regional programme has nearly all organizations.
  const shares = (flow: SQL) => sql`(SELECT o.programme_ids && ${textArray(programmeIds)} FROM ${graphOrganizations} o
    WHERE o.generation = ${flow}.generation AND o.id = ${flow}.organization_id AND NOT o.is_gone)`;
  const figure = (name: string) => (match: SQL, output: SQL, input: SQL) => {
    const of = (whose: string) => sql`${match}.${sql.raw(whose + name)}`;
    return sql`CASE WHEN ${isOwn(output)} AND ${isOwn(input)} THEN ${of("")} WHEN ${isOwn(output)} THEN ${of("output_")}
      WHEN ${isOwn(input)} THEN ${of("input_")} ELSE ${of("others_")} END`;
  };
  const score = figure("score");
  const isOpen = (flow: SQL) =>
    sql`(${isOwn(flow)} OR (${flow}.status <> 'draft' AND (${flow}.visibility = 'public' OR (${flow}.visibility = 'network' AND ${isFacilitated(flow)})))
      OR ${flow}.id IN (SELECT id FROM opened))`;
  const mayKnow = (exchange: SQL, one: SQL, other: SQL) =>
    sql`(${exchange}.visibility = 'public' OR (${isFacilitated(one)} AND ${isFacilitated(other)})
      OR (${exchange}.visibility = 'network' AND ${shares(one)} AND ${shares(other)}))`;
  const isShown = (
    flow: SQL,
    side: "output" | "input",
    other: "output" | "input",
  ) => sql`(SELECT true FROM ${graphExchanges} x
    JOIN ${graphFlows} y ON y.generation = x.generation AND y.id = x.${sql.raw(other)}_flow_id AND NOT y.is_gone
    WHERE x.generation = ${flow}.generation AND x.${sql.raw(side)}_flow_id = ${flow}.id AND NOT x.is_gone AND ${mayKnow(sql`x`, flow, sql`y`)} LIMIT 1)`;
  return {
    preliminaries: [
      sql`facilitated AS MATERIALIZED (SELECT o.id FROM ${graphOrganizations} o
        WHERE o.generation = ${current} AND NOT o.is_gone AND o.facilitator_ids @> ARRAY[${me}])`,
      ...openedTo(me),
    ],
    isOpen,
    isNamed: (flow) =>
      sql`(${isOpen(flow)} OR coalesce(${isShown(flow, "output", "input")}, ${isShown(flow, "input", "output")}, false))`,
    isListed: (end) =>
      sql`(${is.flow(end)} AND (${end.isOpen} OR (${end.flow}.visibility = 'network' AND ${end.flow}.status <> 'draft' AND ${shares(end.flow)})))`,
    score,
    value: figure("value"),
    seesMatch: (match, output, input) =>
      sql`(${is.link(output, input)} AND (${isOwn(output.flow)} OR ${isOwn(input.flow)} OR (${output.isOpen} AND ${input.isOpen}))
        AND ${is.score(score(match, output.flow, input.flow))})`,
    seesExchange: (exchange, output, input) =>
      sql`(${is.link(output, input)} AND (${isOwn(output.flow)} OR ${isOwn(input.flow)} OR ${mayKnow(exchange, output.flow, input.flow)}))`,
  };
}

/** A match of which both sides know each other opens the flow on the other side, and so does an exchange. */
function openedTo(me: SQL): SQL[] {
  const sides = [
    ["output", "input"],
    ["input", "output"],
  ] as const;
  const others = (table: SQL, condition: SQL) =>
    sides.map(
      ([
        side,
        other,
      ]) => sql`SELECT l.${sql.raw(`${other}_flow_id`)} AS id FROM own JOIN ${table} l ON l.generation = own.generation
        AND l.${sql.raw(`${side}_flow_id`)} = own.id AND NOT l.is_gone AND ${condition}`,
    );
  const branches = [...others(sql`${graphMatches}`, sql`l.is_open`), ...others(sql`${graphExchanges}`, sql`true`)];
  return [
    sql`own AS MATERIALIZED (SELECT f.generation, f.id FROM ${graphFlows} f WHERE f.generation = ${current} AND f.organization_id = ${me} AND NOT f.is_gone)`,
    sql`opened AS MATERIALIZED (${sql.join(branches, sql` UNION `)})`,
  ];
}

/** Less than a degree of latitude is anywhere on that sphere, so that no band is too narrow. */
const metersPerDegree = 111_000;
/** More than the centre of a cell lies away from any place in it. */
const cellAllowanceMeters = 2_000;

/** On a sphere; of a flow that is not open its cell's centre counts. The band of latitudes is there for the index. */
function nearTo(
  { center: [longitude, latitude], radiusMeters }: NonNullable<NetworkQuestion["near"]>,
  site: SQL,
  isOpen: SQL,
): SQL {
  const band = (radiusMeters + cellAllowanceMeters) / metersPerDegree;
  const number = (value: number) => sql`${value}::double precision`;
  const lon = sql`CASE WHEN ${isOpen} THEN ${site}.longitude ELSE ${site}.cell_longitude END`;
  const lat = sql`CASE WHEN ${isOpen} THEN ${site}.latitude ELSE ${site}.cell_latitude END`;
  return sql`(${site}.cell_latitude BETWEEN ${number(latitude - band)} AND ${number(latitude + band)}
    AND 2 * ${number(earthRadiusMeters)} * asin(least(1, sqrt(power(sin(radians(${lat} - ${number(latitude)}) / 2), 2)
      + cos(radians(${number(latitude)})) * cos(radians(${lat})) * power(sin(radians(${lon} - ${number(longitude)}) / 2), 2)))) <= ${number(radiusMeters)})`;
}
