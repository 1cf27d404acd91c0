import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalNeo4j, startNeo4j } from "../../scripts/neo4j/startNeo4j.ts";

const asked = process.env.TURASH_TEST_NEO4J;
const withNeo4j = asked === "1" || asked === "only";

/** TURASH_TEST_NEO4J=only leaves out the graph in SQL, as .ci/run does, which has tried that before. */
export const onNeo4jAlone = asked === "only";

export type Way = "HTTP" | "Bolt";

/** TURASH_TEST_NEO4J=1 brings in the real Neo4j by both ways. */
export const neo4jWays: Way[] = withNeo4j ? ["HTTP", "Bolt"] : [];

if (!withNeo4j) console.info("Neo4j is left out; TURASH_TEST_NEO4J=1 brings it in.");

let running: Promise<LocalNeo4j & { folder: string }> | null = null;
let users = 0;

/** One server for all suites of a file; it stops with the last way to it, or with this process. */
export async function openNeo4jUnderTest(): Promise<LocalNeo4j> {
  users += 1;
  running ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), "turash-neo4j-"));
    return { folder, ...(await startNeo4j(folder, console.info)) };
  })();
  const neo4j = await running;
  return {
    ...neo4j,
    async close() {
      if (users < neo4jWays.length || !running) return;
      running = null;
      await neo4j.close();
      await rm(neo4j.folder, { recursive: true, force: true });
    },
  };
}
