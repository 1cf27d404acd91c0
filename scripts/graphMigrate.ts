import { openNeo4jGraph } from "../src/stores/graph/open.ts";
import { StartProblem } from "./start/problem.ts";
import { runUntilStopped } from "./start/run.ts";

const deadlineMs = 120_000;

/** Makes the constraints and indexes of the graph in the Neo4j that GRAPH_URL and its kin name; again and again without harm. */
async function migrate(signal: AbortSignal): Promise<void> {
  const { GRAPH_URL: url, GRAPH_USER: user = "neo4j", GRAPH_PASSWORD: password, GRAPH_TOKEN: token } = process.env;
  if (!url)
    throw new StartProblem(
      "GRAPH_URL names no Neo4j. A graph in the database itself needs nothing but npm run db:migrate",
    );
  const credentials = token ? { token } : password ? { user, password } : null;
  const database = process.env.GRAPH_DATABASE || "neo4j";
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  await openNeo4jGraph({ url, credentials, database }, deadline, { known: [] }).migrate();
  console.log(`The graph at ${new URL(url).host} has its constraints and indexes.`);
}

await runUntilStopped(migrate, 1);
