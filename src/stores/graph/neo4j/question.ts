import type { NetworkLimits, NetworkViewer } from "../../../domain/network.ts";
import type { NetworkQuestion } from "../port.ts";
import type { Start } from "../reads.ts";
import type { Cypher } from "./cypher.ts";
import { type Sight, sightOf } from "./sight.ts";

/**
 * One statement that finds a part of the network; its one row is a `FoundDocument`. A node is the list of its organization's id
 * and whether it is named; levels come one after the other, each limited, so that none takes more than the answer can.
 */
export function questionStatement(
  viewer: NetworkViewer,
  start: Start,
  question: NetworkQuestion,
  limits: NetworkLimits,
): Cypher {
  const sight = sightOf(viewer, question);
  const nodes = start === "everywhere" ? everywhere(sight) : around(viewer, start, sight);
  return {
    text: `MATCH (graph:Graph {id: 'network'})
WITH graph.current AS generation
${sight.opening}
${nodes}
WITH generation, opened, nodes, nodes[0..$organizations] AS kept
WITH generation, opened, nodes, kept, [node IN kept | node[0] + node[1]] AS keys
CALL (generation, opened, kept, keys) {
  ${flowsOf("kept", sight)}
  MATCH (f)-[l:MATCHES|SUPPLIES]->(g:Flow)<-[:OWNS]-(p:Organization) WHERE g.stands
  WITH opened, keys, node, f, o, fOpen, g, p, l, ${sight.isOpen(far)} AS gOpen
  WHERE ${sight.sees("l", "true", near, far)}
  WITH keys, node, f, fOpen, g, gOpen, l, ${sight.isNamed(far)} AS isNamed, ${sight.score("l", "true", near, far)} AS score, ${sight.value("l", "true", near, far)} AS value
  WHERE g.organizationId + isNamed IN keys
  WITH node, f, fOpen, g, gOpen, l, isNamed, CASE type(l) WHEN 'SUPPLIES' THEN null ELSE score END AS score, CASE type(l) WHEN 'SUPPLIES' THEN null ELSE value END AS value
  ORDER BY coalesce(score, 2.0) DESC, l.id LIMIT $links
  RETURN collect([l.id, l.version, f.id, g.id, score, value, l.isOpen, l.amount, l.unit, l.since, l.visibility]) AS links,
    collect([f, fOpen, node[1]]) + collect([g, gOpen, isNamed]) AS linked
}
CALL (generation, opened, kept) {
  ${flowsOf("kept", sight)}
  WITH f, o, fOpen, node WHERE ${sight.isListed(near)}
  WITH f, fOpen, node ORDER BY f.id LIMIT $flows
  RETURN collect([f, fOpen, node[1]]) AS seen
}
CALL (linked) {
  UNWIND linked AS end
  WITH DISTINCT end[0] AS f, end[1] AS isOpen, end[2] AS isNamed
  RETURN collect(${flowColumns}) AS ends
}
CALL (seen) {
  UNWIND seen AS end
  WITH end[0] AS f, end[1] AS isOpen, end[2] AS isNamed
  RETURN collect(${flowColumns}) AS listed
}
CALL (generation, linked, seen) {
  UNWIND linked + seen AS end
  WITH DISTINCT generation, end[0].siteId AS siteId
  MATCH (s:Record {key: generation + '/site/' + siteId}) WHERE s.stands
  WITH s ORDER BY s.id
  RETURN collect([s.id, s.version, s.organizationId, s.name, s.longitude, s.latitude, s.cell, s.cellLongitude, s.cellLatitude, s.cellRadiusMeters]) AS sites
}
CALL (generation, kept) {
  UNWIND kept AS node
  WITH DISTINCT generation, node[0] AS id
  MATCH (o:Record {key: generation + '/organization/' + id}) WHERE o.stands
  WITH o ORDER BY o.id
  RETURN collect([o.id, o.version, o.name, o.country, o.nace, o.programmeIds, o.facilitatorIds]) AS organizations
}
RETURN nodes, organizations, links, ends, listed, sites`,
    parameters: {
      ...sight.parameters,
      ...(start !== "everywhere" && { starts: [...new Set(start.around)] }),
      organizations: limits.organizations,
      most: limits.organizations + 1,
      links: limits.links + 1,
      flows: limits.flows + 1,
    },
  };
}

/** The flow of a node, and the one at the other end of its link, each with its owner. */
const near = { flow: "f", owner: "o", isOpen: "fOpen" };
const far = { flow: "g", owner: "p", isOpen: "gOpen" };

/** `f`, the standing flows of each `node` of a list by which it is met, their owner `o`, and whether they are open. */
function flowsOf(nodes: string, sight: Sight): string {
  return `UNWIND ${nodes} AS node
  MATCH (o:Record {key: generation + '/organization/' + node[0]})-[:OWNS]->(f:Flow) WHERE f.stands
  WITH *, ${sight.isOpen(near)} AS fOpen
  WITH * WHERE ${sight.isNamed(near)} = node[1]`;
}

const flowColumns =
  "[f.id, f.version, f.organizationId, f.siteId, f.direction, f.kind, f.grade, f.title, f.status, f.visibility, isOpen, isNamed]";

/** `nodes`: the starts, all known by name or none, and step by step what their links lead to. */
function around(viewer: NetworkViewer, { steps }: Exclude<Start, "everywhere">, sight: Sight): string {
  const isKnown =
    viewer === null
      ? "true"
      : `(o.id = $me OR EXISTS { MATCH (o)-[:OWNS]->(f:Flow) WHERE f.stands AND ${sight.isNamed({ ...near, isOpen: sight.isOpen(near) })} })`;
  const levels = Array.from(
    { length: steps },
    () => `CALL (generation, opened, level, seen) {
  ${flowsOf("level", sight)}
  MATCH (f)-[l:MATCHES|SUPPLIES]-(g:Flow)<-[:OWNS]-(p:Organization) WHERE g.stands
  WITH seen, f, o, fOpen, g, p, l, startNode(l) = f AS isOut, ${sight.isOpen(far)} AS gOpen
  WHERE ${sight.sees("l", "isOut", near, far)}
  WITH DISTINCT g, p, gOpen, seen
  WITH DISTINCT g.organizationId AS id, ${sight.isNamed(far)} AS isNamed, seen
  WHERE NOT id + isNamed IN seen
  WITH id, isNamed ORDER BY id, isNamed DESC LIMIT $most
  RETURN collect([id, isNamed]) AS next
}
WITH generation, opened, next AS level, nodes + next AS nodes, seen + [node IN next | node[0] + node[1]] AS seen`,
  );
  return `CALL (generation, opened) {
  UNWIND $starts AS start
  MATCH (o:Record {key: generation + '/organization/' + start}) WHERE o.stands AND ${isKnown}
  WITH o ORDER BY o.id
  RETURN collect([o.id, true]) AS known
}
WITH generation, opened, CASE WHEN size(known) = size($starts) THEN known ELSE [] END AS level
WITH generation, opened, level, level AS nodes, [node IN level | node[0] + node[1]] AS seen
${levels.join("\n")}
WITH generation, opened, nodes[0..$most] AS nodes`;
}

/** `nodes`: every organization that the viewer meets through a flow or a link. */
function everywhere(sight: Sight): string {
  return `CALL (generation, opened) {
  CALL (generation, opened) {
    MATCH (f:Flow {generation: generation})<-[:OWNS]-(o:Organization) WHERE f.stands
    WITH f, o, ${sight.isOpen(near)} AS fOpen WHERE ${sight.isListed(near)}
    RETURN DISTINCT f.organizationId AS id, ${sight.isNamed(near)} AS isNamed
    UNION
    MATCH (f:Flow {generation: generation})-[l:MATCHES|SUPPLIES]->(g:Flow) WHERE f.stands AND g.stands
    MATCH (f)<-[:OWNS]-(o:Organization)
    MATCH (g)<-[:OWNS]-(p:Organization)
    WITH f, o, g, p, l, ${sight.isOpen(near)} AS fOpen, ${sight.isOpen(far)} AS gOpen WHERE ${sight.sees("l", "true", near, far)}
    UNWIND [[f, o, fOpen], [g, p, gOpen]] AS end
    WITH DISTINCT end[0] AS f, end[1] AS o, end[2] AS fOpen
    RETURN DISTINCT f.organizationId AS id, ${sight.isNamed(near)} AS isNamed
  }
  WITH id, isNamed ORDER BY id, isNamed DESC LIMIT $most
  RETURN collect([id, isNamed]) AS nodes
}`;
}
