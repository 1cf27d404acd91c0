import { openNeo4jGraph } from "../../src/stores/graph/open.ts";
import { startNeo4j } from "../neo4j/startNeo4j.ts";
import type { ApiClient } from "./apiClient.ts";
import { StartProblem } from "./problem.ts";
import type { Progress } from "./progress.ts";

/** Where the Worker finds the graph: what it is bound to for that. */
export type LocalGraph = {
  secrets: Record<string, string>;
  variables: Record<string, string>;
  /** Whether records that are there already are to be written into it. */
  isNew: boolean;
  close(): Promise<void>;
};

const migrationDeadlineMs = 120_000;
const maximumRounds = 10_000;

/** A Neo4j of the project's own with the graph's constraints and indexes, or what the shell names, or nothing: then the database is it. */
export async function openGraph(isInNeo4j: boolean, folder: string, progress: Progress): Promise<LocalGraph> {
  if (!isInNeo4j) return { secrets: credentialsOfShell(), variables: {}, isNew: false, close: async () => {} };
  progress("Starting Neo4j for the graph ...");
  const neo4j = await startNeo4j(folder, progress);
  try {
    const { httpUrl: url, user, password, database } = neo4j;
    const address = { url, credentials: { user, password }, database };
    const graph = openNeo4jGraph(address, AbortSignal.timeout(migrationDeadlineMs), { known: [] });
    await graph.migrate();
    const isNew = (await graph.summarize()).grade.count === 0;
    progress(`The graph is kept in Neo4j ${neo4j.version} at ${url} (Bolt: ${neo4j.boltUrl})`);
    return {
      secrets: { GRAPH_USER: user, GRAPH_PASSWORD: password },
      variables: { GRAPH_URL: url, GRAPH_DATABASE: database },
      isNew,
      close: neo4j.close,
    };
  } catch (error) {
    await neo4j.close();
    throw error;
  }
}

/** Of a Neo4j that the shell's GRAPH_URL names. */
function credentialsOfShell(): Record<string, string> {
  if (!process.env.GRAPH_URL) return {};
  const names = ["GRAPH_USER", "GRAPH_PASSWORD", "GRAPH_TOKEN"] as const;
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Writes the records of a data folder that had its graph elsewhere before into the new one. */
export async function fillGraph(api: ApiClient, operatorKey: string, progress: Progress): Promise<void> {
  for (let round = 0; round < maximumRounds; round++) {
    const answer = await api.post<{ state: string; written: number }>(
      "/v1/operations/graph/rebuild",
      operatorKey,
      undefined,
      crypto.randomUUID(),
    );
    if (answer.state === "done") return progress(`The graph has ${answer.written} records`);
  }
  throw new StartProblem("the graph could not be filled from the records");
}
