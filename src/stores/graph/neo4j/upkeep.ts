import { type NetworkNoun, networkNouns } from "../../../domain/network.ts";
import { contentColumns, entryColumns } from "../columns.ts";
import type { NetworkEntry } from "../port.ts";
import type { Cypher, CypherValue } from "./cypher.ts";

const labels: Record<NetworkNoun, string> = {
  organization: "Organization",
  site: "Site",
  flow: "Flow",
  grade: "Grade",
  match: "Match",
  exchange: "Exchange",
};

/**
 * The graph's own migrations, in order; each is one statement that may be run again. Every record is a node `Record` with a key of
 * its generation, noun and id, and beside it a label of its noun; matches and exchanges are relationships as well.
 */
export const migrations = [
  "CREATE CONSTRAINT turash_graph_id IF NOT EXISTS FOR (n:Graph) REQUIRE n.id IS UNIQUE",
  "CREATE CONSTRAINT turash_record_key IF NOT EXISTS FOR (n:Record) REQUIRE n.key IS UNIQUE",
  "CREATE INDEX turash_flow_generation IF NOT EXISTS FOR (n:Flow) ON (n.generation)",
  "CREATE INDEX turash_record_generation IF NOT EXISTS FOR (n:Record) ON (n.generation)",
  "CREATE INDEX turash_matches_key IF NOT EXISTS FOR ()-[r:MATCHES]-() ON (r.key)",
  "CREATE INDEX turash_supplies_key IF NOT EXISTS FOR ()-[r:SUPPLIES]-() ON (r.key)",
] as const;

export const schemaVersion = migrations.length;

const statement = (text: string, given: Record<string, CypherValue> = {}): Cypher => ({ text, given });

const theGraph = "MATCH (graph:Graph {id: 'network'})";
/** The generations that are written. */
const written = `${theGraph} WITH graph, [each IN [graph.current, graph.building] WHERE each IS NOT NULL] AS generations`;

/** Makes the node that says which generation is read, and notes which migrations were made. */
export const begin = (at: Date, label: string): Cypher =>
  statement(
    `MERGE (graph:Graph {id: 'network'}) ON CREATE SET graph.current = $given.label, graph.currentSince = $given.at, graph.retired = [], graph.retiredSince = []
    SET graph.schema = $given.schema`,
    { at: at.toISOString(), label, schema: schemaVersion },
  );

/**
 * A statement for each noun among the entries, parents before what hangs on them; its row says that the graph was not emptied. Each
 * is planned once for all, for what it touches it finds by key, and planning anew as the graph grows takes longer than writing.
 */
export function writeStatements(entries: readonly NetworkEntry[], into: string | null): Cypher[] {
  return networkNouns.flatMap((noun) => {
    const rows = entryColumns(noun, entries).map(({ isGone, ...row }) => ({ ...row, stands: !isGone }));
    return rows.length === 0 ? [] : [statement(writeTexts[noun], { rows, into })];
  });
}

/** How a child hangs on what it names: the old edge goes, and where the child stands a new one comes, be it to what is not there yet. */
const hang = (label: string, type: string, key: string, isFromParent = true) => {
  const edge = (name: string, end: string) =>
    isFromParent ? `(${end})-[${name}:${type}]->(n)` : `(n)-[${name}:${type}]->(${end})`;
  return `CALL (n, row, generation) {
    OPTIONAL MATCH ${edge("old", `:${label}`)}
    DELETE old
    WITH DISTINCT n, row, generation WHERE row.stands
    MERGE (parent:Record {key: generation + '/${key}}) ON CREATE SET parent:${label}, parent.generation = generation, parent.stands = false
    CREATE ${edge("", "parent")}
  }`;
};
const ownedBy = hang("Organization", "OWNS", "organization/' + row.content.organizationId");

/** A relationship with all that the record says. Its ends are the record's for good, and it is found by its key. */
const link = (type: string) => `CALL (n, row, generation) {
    OPTIONAL MATCH ()-[old:${type} {key: n.key}]->()
    DELETE old
    WITH DISTINCT n, row, generation WHERE row.stands
    MERGE (output:Record {key: generation + '/flow/' + row.content.outputFlowId}) ON CREATE SET output:Flow, output.generation = generation, output.stands = false
    MERGE (input:Record {key: generation + '/flow/' + row.content.inputFlowId}) ON CREATE SET input:Flow, input.generation = generation, input.stands = false
    CREATE (output)-[link:${type}]->(input)
    SET link = row.content, link.key = n.key, link.id = n.id, link.version = n.version
  }`;

const edges: Record<NetworkNoun, string> = {
  organization: "",
  site: ownedBy,
  flow: [
    ownedBy,
    hang("Site", "HAS", "site/' + row.content.siteId"),
    hang("Grade", "OF", "grade/' + row.content.grade", false),
  ].join("\n  "),
  grade: "",
  match: link("MATCHES"),
  exchange: link("SUPPLIES"),
};

const writeTexts = Object.fromEntries(
  networkNouns.map((noun) => [
    noun,
    `CYPHER replan=skip ${written}
WITH [generation IN generations WHERE $given.into IS NULL OR generation = $given.into] AS generations
CALL (generations) {
  UNWIND generations AS generation
  UNWIND $given.rows AS row
  MERGE (n:Record {key: generation + '/${noun}/' + row.id})
  WITH n, row, generation WHERE n.version IS NULL OR n.version < row.version OR n.version = row.replaces
  SET n = row.content, n:${labels[noun]}
  SET n.key = generation + '/${noun}/' + row.id, n.generation = generation, n.id = row.id, n.version = row.version, n.stands = row.stands, n.hash = row.hash
  ${edges[noun] && `WITH n, row, generation\n  ${edges[noun]}`}
}
RETURN size(generations) AS generations`,
  ]),
) as Record<NetworkNoun, string>;

export const removeStatement = (noun: NetworkNoun, ids: readonly string[]): Cypher =>
  statement(
    `${written}
    UNWIND generations AS generation UNWIND $given.ids AS id
    MATCH (n:Record {key: generation + '/${noun}/' + id})
    ${
      noun === "match" || noun === "exchange"
        ? `CALL (n) { OPTIONAL MATCH ()-[link:${noun === "match" ? "MATCHES" : "SUPPLIES"} {key: n.key}]->() DELETE link } DETACH DELETE n`
        : // What hangs on it keeps a node to hang on.
          "SET n = {key: n.key, generation: generation, stands: false} WITH n MATCH (n) WHERE NOT EXISTS { (n)--() } DELETE n"
    }`,
    { ids },
  );

export const readGenerations = statement(
  `${theGraph} RETURN graph.current AS current, graph.currentSince AS currentSince, graph.building AS building, graph.buildingSince AS buildingSince,
    size(graph.retired) AS retired`,
);

export const beginGenerationStatement = (label: string, at: Date): Cypher =>
  statement(
    `${theGraph} SET graph.building = coalesce(graph.building, $given.label), graph.buildingSince = coalesce(graph.buildingSince, $given.at) RETURN graph.building AS label`,
    { label, at: at.toISOString() },
  );

/** Setting a property first takes the node's lock, so that of two at once the second sees what the first has made of it. */
const locked = `${theGraph} SET graph.lock = true WITH graph`;
const retire = (which: "current" | "building") =>
  `graph.retired = graph.retired + graph.${which}, graph.retiredSince = graph.retiredSince + $given.at`;

export const switchStatement = (label: string, at: Date): Cypher =>
  statement(
    `${locked} WHERE graph.building = $given.label
    SET ${retire("current")}
    SET graph.current = $given.label, graph.currentSince = $given.at, graph.building = null, graph.buildingSince = null RETURN graph.current AS label`,
    { label, at: at.toISOString() },
  );

export const abandonStatement = (at: Date): Cypher =>
  statement(
    `${locked} WHERE graph.building IS NOT NULL
    SET ${retire("building")} SET graph.building = null, graph.buildingSince = null`,
    { at: at.toISOString() },
  );

/** Deletes some nodes of a generation that was given up, and forgets the generation with the last of them. */
export const dropStatement = (before: Date, limit: number): Cypher =>
  statement(
    `${theGraph}
    WITH graph, [place IN range(0, size(graph.retired) - 1) WHERE graph.retiredSince[place] < $given.before | graph.retired[place]] AS old
    WITH graph, old, head(old) AS generation WHERE generation IS NOT NULL
    CALL (generation) {
      MATCH (n:Record {generation: generation}) WITH n LIMIT $given.limit
      DETACH DELETE n RETURN count(*) AS dropped
    }
    WITH graph, old, generation, dropped,
      CASE WHEN dropped < $given.limit THEN [place IN range(0, size(graph.retired) - 1) WHERE graph.retired[place] <> generation] ELSE range(0, size(graph.retired) - 1) END AS kept
    WITH graph, old, dropped, [place IN kept | graph.retired[place]] AS retired, [place IN kept | graph.retiredSince[place]] AS since
    SET graph.retired = retired, graph.retiredSince = since
    RETURN dropped = $given.limit OR size(old) > 1 AS isMore`,
    { before: before.toISOString(), limit },
  );

export const summaryStatement = statement(
  `${theGraph} WITH graph.current AS generation
  ${networkNouns
    .map(
      (noun) =>
        `CALL (generation) { MATCH (n:${labels[noun]} {generation: generation}) WHERE n.stands RETURN count(*) AS ${noun}Count, toString(coalesce(sum(n.hash), 0)) AS ${noun}Hash }`,
    )
    .join("\n  ")}
  RETURN ${networkNouns.map((noun) => `${noun}Count, ${noun}Hash`).join(", ")}`,
);

/** The content of what stands, and of links what the relationship says, for it is that which is read. */
export function heldStatement(noun: NetworkNoun, after: string | null, until: string | null, limit: number): Cypher {
  const columns = Object.keys(contentColumns[noun])
    .map((name) => `${name}: r.${name}`)
    .join(", ");
  const from = `${noun}/`;
  const relationship = noun === "match" ? "MATCHES" : noun === "exchange" ? "SUPPLIES" : null;
  return statement(
    `${theGraph} WITH graph.current + '/${from}' AS prefix
    MATCH (n:Record) WHERE n.key > prefix + $given.after AND n.key < ${until === null ? `prefix + '~'` : "prefix + $given.until + ' '"} AND n.stands
    ${relationship ? `OPTIONAL MATCH ()-[r:${relationship} {key: n.key}]->() WITH n, r` : "WITH n, n AS r"}
    ORDER BY n.key LIMIT $given.limit
    RETURN collect({id: n.id, version: n.version, ${columns}}) AS held`,
    { after: after ?? "", ...(until !== null && { until }), limit },
  );
}
