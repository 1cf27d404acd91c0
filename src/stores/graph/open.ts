import type { Database } from "../postgres/client.ts";
import { createBolt } from "./neo4j/bolt.ts";
import type { Bookmarks } from "./neo4j/cypher.ts";
import { createNeo4jGraph } from "./neo4j/graph.ts";
import { createQueryApi, type GraphAddress } from "./neo4j/queryApi.ts";
import type { Graph } from "./port.ts";
import { createSqlGraph } from "./sql/graph.ts";

/** The graph where it is configured to be: in Neo4j by the way that its address names, or in the database itself. */
export function openGraph(
  address: GraphAddress | null,
  database: Database,
  signal: AbortSignal,
  bookmarks: Bookmarks,
): Graph {
  return address === null ? createSqlGraph(database) : openNeo4jGraph(address, signal, bookmarks);
}

export function openNeo4jGraph(address: GraphAddress, signal: AbortSignal, bookmarks: Bookmarks): Graph {
  const connect = /^https?:/.test(address.url) ? createQueryApi : createBolt;
  return createNeo4jGraph(connect(address, signal, bookmarks));
}
