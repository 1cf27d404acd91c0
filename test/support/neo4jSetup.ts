import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startNeo4j } from "../../scripts/neo4j/startNeo4j.ts";
import { withNeo4j } from "./neo4jUnderTest.ts";

/** Starts the Neo4j that all files of the suite share, where it is asked for. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!withNeo4j) return;
  const folder = await mkdtemp(join(tmpdir(), "turash-neo4j-"));
  const { close, ...address } = await startNeo4j(folder, console.info);
  project.provide("neo4j", address);
  return async () => {
    await close();
    await rm(folder, { recursive: true, force: true });
  };
}
