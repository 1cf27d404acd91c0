import type { NetworkLimits, NetworkViewer } from "../../../domain/network.ts";
import type { FoundDocument } from "../found.ts";
import type { NetworkQuestion } from "../port.ts";
import type { Start } from "../reads.ts";
import type { CypherRunner, CypherValue } from "./cypher.ts";
import { type Sight, sightOf } from "./sight.ts";

/** An organization's id and whether it is known by name. */
type Node = [id: string, isNamed: boolean];

/**
 * Finds a part of the network: what is open to the viewer, step by step the organizations that links lead to, each step limited so that
 * none takes more than the answer can, and then all that lies between them. Each is a statement of its own, and lists go into it as
 * given: within one statement the server counts a list anew for each row that is sorted beside it, and takes seconds to plan the
 * steps. Null where nothing was ever written.
 */
export async function findPart(
  cypher: CypherRunner,
  viewer: NetworkViewer,
  start: Start,
  question: NetworkQuestion,
  limits: NetworkLimits,
): Promise<FoundDocument | null> {
  const sight = sightOf(viewer, question);
  const read = async <Row extends Record<string, unknown>>(text: string, given: Record<string, CypherValue>) => {
    const [row] = await cypher.run<Row>({ text, given: { ...sight.given, ...given } }, "read");
    return row ?? null;
  };
  const begun = await read<{ generation: string; opened: string[] }>(beginStatement(sight), {});
  if (begun === null) return null;
  const most = limits.organizations + 1;
  const readNodes = async (text: string, given: Record<string, CypherValue>) =>
    (await read<{ nodes: Node[] }>(text, { ...begun, most, ...given }))?.nodes ?? [];

  let nodes: Node[];
  if (start === "everywhere") nodes = await readNodes(everywhereStatement(sight), {});
  else {
    const starts = [...new Set(start.around)];
    const known = await readNodes(startsStatement(viewer, sight), { starts });
    nodes = known.length === starts.length ? known : [];
    const step = stepStatement(sight);
    for (let steps = 0, level = nodes; steps < start.steps && level.length > 0 && nodes.length < most; steps++) {
      level = await readNodes(step, { level, seen: nodes.map(toKey) });
      nodes = [...nodes, ...level];
    }
  }
  nodes = nodes.slice(0, most);
  const kept = nodes.slice(0, limits.organizations);
  const between = await read<Omit<FoundDocument, "nodes">>(betweenStatement(sight), {
    ...begun,
    kept,
    keys: kept.map(toKey),
    links: limits.links + 1,
    flows: limits.flows + 1,
  });
  return between && { ...between, nodes };
}

/** As Cypher joins the two. */
function toKey([id, isNamed]: Node): string {
  return `${id}${isNamed}`;
}

/** The flow of a node, and the one at the other end of its link, each with its owner. */
const near = { flow: "f", owner: "o", isOpen: "fOpen" };
const far = { flow: "g", owner: "p", isOpen: "gOpen" };

const flowColumns =
  "[f.id, f.version, f.organizationId, f.siteId, f.direction, f.kind, f.grade, f.title, f.status, f.visibility, isOpen, isNamed]";

/** The generation that is read, and the ids of flows that matches and exchanges have opened to the viewer. */
function beginStatement(sight: Sight): string {
  return `MATCH (graph:Graph {id: 'network'})
WITH graph.current AS generation
${sight.opening}
RETURN generation, opened`;
}

/** The organizations that it begins at, those that the viewer knows by name. */
function startsStatement(viewer: NetworkViewer, sight: Sight): string {
  const isKnown =
    viewer === null
      ? "true"
      : `(o.id = $given.me OR EXISTS { MATCH (o)-[:OWNS]->(f:Flow) WHERE f.stands AND ${sight.isNamed({ ...near, isOpen: sight.isOpen(near) })} })`;
  return `UNWIND $given.starts AS start
MATCH (o:Record {key: $given.generation + '/organization/' + start}) WHERE o.stands AND ${isKnown}
WITH o ORDER BY o.id
RETURN collect([o.id, true]) AS nodes`;
}

/** What the links of a level lead to that was not seen before. */
function stepStatement(sight: Sight): string {
  return `${flowsOf("$given.level", sight)}
MATCH (f)-[l:MATCHES|SUPPLIES]-(g:Flow)<-[:OWNS]-(p:Organization) WHERE g.stands
WITH f, o, fOpen, g, p, l, startNode(l) = f AS isOut, ${sight.isOpen(far)} AS gOpen
WHERE ${sight.sees("l", "isOut", near, far)}
WITH DISTINCT g, p, gOpen
WITH DISTINCT g.organizationId AS id, ${sight.isNamed(far)} AS isNamed
WITH id, isNamed WHERE NOT id + isNamed IN $given.seen
WITH id, isNamed ORDER BY id, isNamed DESC LIMIT $given.most
RETURN collect([id, isNamed]) AS nodes`;
}

/** Every organization that the viewer meets through a flow or a link. */
function everywhereStatement(sight: Sight): string {
  return `CALL () {
  MATCH (f:Flow {generation: $given.generation})<-[:OWNS]-(o:Organization) WHERE f.stands
  WITH f, o, ${sight.isOpen(near)} AS fOpen WHERE ${sight.isListed(near)}
  RETURN DISTINCT f.organizationId AS id, ${sight.isNamed(near)} AS isNamed
  UNION
  MATCH (f:Flow {generation: $given.generation})-[l:MATCHES|SUPPLIES]->(g:Flow) WHERE f.stands AND g.stands
  MATCH (f)<-[:OWNS]-(o:Organization)
  MATCH (g)<-[:OWNS]-(p:Organization)
  WITH f, o, g, p, l, ${sight.isOpen(near)} AS fOpen, ${sight.isOpen(far)} AS gOpen WHERE ${sight.sees("l", "true", near, far)}
  UNWIND [[f, o, fOpen], [g, p, gOpen]] AS end
  WITH DISTINCT end[0] AS f, end[1] AS o, end[2] AS fOpen
  RETURN DISTINCT f.organizationId AS id, ${sight.isNamed(near)} AS isNamed
}
WITH id, isNamed ORDER BY id, isNamed DESC LIMIT $given.most
RETURN collect([id, isNamed]) AS nodes`;
}

/** The links between the nodes that are kept, the flows that these name, those that are seen without a link, and the records of all. */
function betweenStatement(sight: Sight): string {
  return `CALL () {
  ${flowsOf("$given.kept", sight)}
  MATCH (f)-[l:MATCHES|SUPPLIES]->(g:Flow)<-[:OWNS]-(p:Organization) WHERE g.stands
  WITH node, f, o, fOpen, g, p, l, ${sight.isOpen(far)} AS gOpen
  WHERE ${sight.sees("l", "true", near, far)}
  WITH node, f, fOpen, g, gOpen, l, ${sight.isNamed(far)} AS isNamed, ${sight.score("l", "true", near, far)} AS score, ${sight.value("l", "true", near, far)} AS value
  WHERE g.organizationId + isNamed IN $given.keys
  WITH node, f, fOpen, g, gOpen, l, isNamed, CASE type(l) WHEN 'SUPPLIES' THEN null ELSE score END AS score, CASE type(l) WHEN 'SUPPLIES' THEN null ELSE value END AS value
  ORDER BY coalesce(score, 2.0) DESC, l.id LIMIT $given.links
  RETURN collect([l.id, l.version, f.id, g.id, score, value, l.isOpen, l.amount, l.unit, l.since, l.visibility]) AS links,
    collect([f, fOpen, node[1]]) + collect([g, gOpen, isNamed]) AS linked
}
CALL () {
  ${flowsOf("$given.kept", sight)}
  WITH f, o, fOpen, node WHERE ${sight.isListed(near)}
  WITH f, fOpen, node ORDER BY f.id LIMIT $given.flows
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
CALL (linked, seen) {
  UNWIND linked + seen AS end
  WITH DISTINCT end[0].siteId AS siteId
  MATCH (s:Record {key: $given.generation + '/site/' + siteId}) WHERE s.stands
  RETURN collect([s.id, s.version, s.organizationId, s.name, s.longitude, s.latitude, s.cell, s.cellLongitude, s.cellLatitude, s.cellRadiusMeters]) AS sites
}
CALL () {
  UNWIND $given.kept AS node
  WITH DISTINCT node[0] AS id
  MATCH (o:Record {key: $given.generation + '/organization/' + id}) WHERE o.stands
  RETURN collect([o.id, o.version, o.name, o.country, o.nace, o.programmeIds, o.facilitatorIds]) AS organizations
}
RETURN organizations, links, ends, listed, sites`;
}

/** `f`, the standing flows of each `node` of a list by which it is met, their owner `o`, and whether they are open. */
function flowsOf(nodes: string, sight: Sight): string {
  return `UNWIND ${nodes} AS node
  MATCH (o:Record {key: $given.generation + '/organization/' + node[0]})-[:OWNS]->(f:Flow) WHERE f.stands
  WITH node, o, f, ${sight.isOpen(near)} AS fOpen
  WHERE ${sight.isNamed(near)} = node[1]
  WITH node, o, f, fOpen`;
}
