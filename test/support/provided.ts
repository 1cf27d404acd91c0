import type { LocalNeo4j } from "../../scripts/neo4j/startNeo4j.ts";

/** What `npm start -- --json` prints: see "The command line's contract" in docs/architecture.md. */
export type StartAnswer = {
  url: string;
  keys: Record<string, string>;
  mainJob: {
    need: string;
    /** Where both sides of the best match came to an agreement. */
    room?: { matchId: string; round: number; events: number; agreementHash: string; verified: boolean };
    matches: {
      output: string;
      rank: number;
      score: number;
      low: number;
      high: number;
      distanceMeters: number;
    }[];
  }[];
};

declare module "vitest" {
  interface ProvidedContext {
    /** Secrets and variables of the Worker under test; `OPERATOR_KEY` among them. */
    workerBindings: Record<string, string>;
    /** The Neo4j that the graph is tried on, where it is. */
    neo4j: Omit<LocalNeo4j, "close">;
    /** The service that the end-to-end tests talk to. */
    service: StartAnswer;
    /** The process that runs it, and the data folder that it has locked. */
    serviceProcess: { pid: number; folder: string };
  }
}
