const asked = process.env.TURASH_TEST_NEO4J;

/** TURASH_TEST_NEO4J=1 brings in the real Neo4j by both ways. */
export const withNeo4j = asked === "1" || asked === "only";

/** TURASH_TEST_NEO4J=only leaves out the graph in SQL, as .ci/run does, which has tried that before. */
export const onNeo4jAlone = asked === "only";

export type Way = "HTTP" | "Bolt";

export const neo4jWays: Way[] = withNeo4j ? ["HTTP", "Bolt"] : [];

if (!withNeo4j) console.info("Neo4j is left out; TURASH_TEST_NEO4J=1 brings it in.");
