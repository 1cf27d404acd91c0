import type { NetworkViewer } from "../../../domain/network.ts";
import { earthRadiusMeters } from "../columns.ts";
import type { NetworkQuestion } from "../port.ts";
import type { CypherValue } from "./cypher.ts";

/** Variables of one end of a link: a flow that stands, the organization that owns it, and whether it is open to the viewer. */
export type End = { flow: string; owner: string; isOpen: string };

/**
 * What a viewer sees, as Cypher over variables: the same rules as in ../sql/sight.ts, and in test/support/graphModel.ts as plain
 * words. Values are in `given` only, also those that are not asked for, so that few texts have to be planned; and all is
 * worked out of the properties of an end, for the planner takes long over patterns inside conditions.
 */
export type Sight = {
  given: Record<string, CypherValue>;
  /** From `generation` to `opened`: ids of flows that matches and exchanges have opened to the viewer. All else takes them as given. */
  opening: string;
  isOpen(end: End): string;
  isNamed(end: End): string;
  /** Whether a flow is seen without a link. */
  isListed(end: End): string;
  /** The score and the value of a link from `one` to `other`, or the other way where `isOut` is false. */
  score(link: string, isOut: string, one: End, other: End): string;
  value(link: string, isOut: string, one: End, other: End): string;
  /** Whether such a link between flows that stand is seen and asked for. */
  sees(link: string, isOut: string, one: End, other: End): string;
};

export function sightOf(viewer: NetworkViewer, { kinds, minScore, near }: NetworkQuestion): Sight {
  const isOfKinds = (kind: string) => `($given.kinds IS NULL OR ${kind} IN $given.kinds)`;
  const isNear = ({ flow, isOpen }: End) =>
    near ? `EXISTS { MATCH (${flow})<-[:HAS]-(place:Site) WHERE place.stands AND ${nearTo(isOpen)} }` : "true";
  const isEnough = (score: string) => `($given.minScore IS NULL OR ${score} >= $given.minScore)`;
  const asks = (isOut: string, one: End, other: End) =>
    `${isOfKinds(`CASE WHEN ${isOut} THEN ${one.flow}.kind ELSE ${other.flow}.kind END`)} AND ${isNear(one)} AND ${isNear(other)}`;
  const given: Sight["given"] = {
    kinds: kinds ?? null,
    minScore: minScore ?? null,
    ...(near && { longitude: near.center[0], latitude: near.center[1], radiusMeters: near.radiusMeters }),
  };

  if (viewer === null)
    return {
      given,
      opening: "WITH generation, [] AS opened",
      isOpen: () => "true",
      isNamed: () => "true",
      isListed: (end) => `(${isOfKinds(`${end.flow}.kind`)} AND ${isNear(end)})`,
      score: (link) => `${link}.score`,
      value: (link) => `${link}.value`,
      sees: (link, isOut, one, other) =>
        `(${asks(isOut, one, other)} AND (type(${link}) = 'SUPPLIES' OR ${isEnough(`${link}.score`)}))`,
    };

  const isOwn = ({ flow }: End) => `${flow}.organizationId = $given.me`;
  const isFacilitated = ({ owner }: End) => `(${owner}.stands AND $given.me IN ${owner}.facilitatorIds)`;
  const shares = ({ owner }: End) =>
    `(${owner}.stands AND any(programme IN ${owner}.programmeIds WHERE programme IN $given.programmeIds))`;
  const isOpen = (end: End) =>
    `(${isOwn(end)} OR ${end.flow}.id IN $given.opened
      OR (${end.flow}.status <> 'draft' AND (${end.flow}.visibility = 'public' OR (${end.flow}.visibility = 'network' AND ${isFacilitated(end)}))))`;
  const mayKnow = (exchange: string, one: End, other: End) =>
    `(${exchange}.visibility = 'public' OR (${isFacilitated(one)} AND ${isFacilitated(other)}) OR (${exchange}.visibility = 'network' AND ${shares(one)} AND ${shares(other)}))`;
  const figure = (name: string) => (link: string, isOut: string, one: End, other: End) => {
    const side = (output: string, input: string) =>
      `CASE WHEN ${isOut} THEN ${link}.${output}${capitalize(name)} ELSE ${link}.${input}${capitalize(name)} END`;
    return `CASE WHEN ${isOwn(one)} AND ${isOwn(other)} THEN ${link}.${name} WHEN ${isOwn(one)} THEN ${side("output", "input")}
      WHEN ${isOwn(other)} THEN ${side("input", "output")} ELSE ${link}.others${capitalize(name)} END`;
  };
  const score = figure("score");
  return {
    given: { ...given, me: viewer.organizationId, programmeIds: viewer.programmeIds },
    // A match of which both sides know each other opens the flow on the other side, and so does an exchange.
    opening: `OPTIONAL MATCH (:Record {key: generation + '/organization/' + $given.me})-[:OWNS]->(mine:Flow)-[opening:MATCHES|SUPPLIES]-(other:Flow)
WHERE mine.stands AND (type(opening) = 'SUPPLIES' OR opening.isOpen)
WITH generation, collect(DISTINCT other.id) AS opened`,
    isOpen,
    isNamed: (end) =>
      `(${end.isOpen} OR EXISTS { MATCH (${end.flow})-[known:SUPPLIES]-(partner:Flow)<-[:OWNS]-(ally:Organization)
        WHERE partner.stands AND ${mayKnow("known", end, { flow: "partner", owner: "ally", isOpen: "false" })} })`,
    isListed: (end) =>
      `(${isOfKinds(`${end.flow}.kind`)} AND ${isNear(end)} AND (${end.isOpen} OR (${end.flow}.visibility = 'network' AND ${end.flow}.status <> 'draft' AND ${shares(end)})))`,
    score,
    value: figure("value"),
    sees: (link, isOut, one, other) =>
      `(${asks(isOut, one, other)} AND CASE type(${link})
        WHEN 'MATCHES' THEN (${isOwn(one)} OR ${isOwn(other)} OR (${one.isOpen} AND ${other.isOpen})) AND ${isEnough(score(link, isOut, one, other))}
        ELSE ${isOwn(one)} OR ${isOwn(other)} OR ${mayKnow(link, one, other)} END)`,
  };
}

const capitalize = (name: string) => name[0]!.toUpperCase() + name.slice(1);

/** On a sphere, of `place`; of a flow that is not open its cell's centre counts. */
function nearTo(isOpen: string): string {
  const coordinate = (name: string) =>
    `(CASE WHEN ${isOpen} THEN place.${name} ELSE place.cell${capitalize(name)} END)`;
  const half = (one: string, other: string) => `sin(radians(${one} - ${other}) / 2) ^ 2`;
  const latitude = coordinate("latitude");
  const square = `${half(latitude, "$given.latitude")} + cos(radians($given.latitude)) * cos(radians(${latitude})) * ${half(coordinate("longitude"), "$given.longitude")}`;
  return `2 * ${earthRadiusMeters} * asin(CASE WHEN sqrt(${square}) > 1 THEN 1 ELSE sqrt(${square}) END) <= $given.radiusMeters`;
}
