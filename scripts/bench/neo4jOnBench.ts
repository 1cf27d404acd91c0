import { join } from "node:path";
import type { GraphAddress } from "../../src/stores/graph/neo4j/queryApi.ts";
import { type LocalNeo4j, startNeo4j } from "../neo4j/startNeo4j.ts";
import { StartProblem } from "../start/problem.ts";
import type { Stage } from "./stage.ts";

export type Neo4jOnBench = { neo4j: LocalNeo4j; addresses: { name: string; address: GraphAddress }[] };

/** An empty Neo4j for a measure; null, and told, on a machine that cannot run one. */
export async function openNeo4jOnBench({ folder, progress }: Stage, name: string): Promise<Neo4jOnBench | null> {
  progress("Starting Neo4j ...");
  try {
    const neo4j = await startNeo4j(join(folder, `neo4j-${name}`), progress);
    const { user, password, database } = neo4j;
    const credentials = { user, password };
    return {
      neo4j,
      addresses: [
        { name: "Neo4j over HTTP", address: { url: neo4j.httpUrl, credentials, database } },
        { name: "Neo4j over Bolt", address: { url: neo4j.boltUrl, credentials, database } },
      ],
    };
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error;
    progress(`Neo4j is left out: ${error.message}`);
    return null;
  }
}
