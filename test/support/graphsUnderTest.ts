import { inject, vi } from "vitest";
import type { CypherValue } from "../../src/stores/graph/neo4j/cypher.ts";
import { createQueryApi, type GraphAddress } from "../../src/stores/graph/neo4j/queryApi.ts";
import { openNeo4jGraph } from "../../src/stores/graph/open.ts";
import type { Graph, NetworkEntry } from "../../src/stores/graph/port.ts";
import { createSqlGraph } from "../../src/stores/graph/sql/graph.ts";
import { createDatabase } from "../../src/stores/postgres/client.ts";
import { enginesUnderTest } from "./engineUnderTest.ts";
import { neo4jWays, onNeo4jAlone, type Way } from "./neo4jUnderTest.ts";
import { openStoresUnderTest, type StoresUnderTest } from "./storesUnderTest.ts";

export type GraphUnderTest = {
  /** A graph as each request has one. */
  open(signal?: AbortSignal): Graph;
  /** One where nobody listens. */
  openAway(): Graph;
  /** Those that are refused: with a wrong password or token, or a database that is not there. None where the graph has no door of its own. */
  openRefused(): Graph[];
  /** A database with records to be projected: the graph's own where it is in one. */
  openRecords(): Promise<StoresUnderTest>;
  /** Takes everything out, the generations too, as somebody would by hand. */
  empty(): Promise<void>;
  /** Changes the title of a flow by hand. */
  retitle(flowId: string, title: string): Promise<void>;
  close(): Promise<void>;
};

const tables = ["organizations", "sites", "flows", "grades", "matches", "exchanges", "generations"];
/** Nobody listens on it: it is of the range that needs a privilege, and no service has it. */
const deadPort = 1;

async function openSql(engine: (typeof enginesUnderTest)[number]): Promise<GraphUnderTest> {
  const stores = await openStoresUnderTest(engine);
  const away = () => {
    const { connectionString } = stores.server;
    const fetchEndpoint = `http://127.0.0.1:${deadPort}/sql`;
    const graph = createSqlGraph(
      createDatabase({ connectionString, fetchEndpoint, signal: new AbortController().signal }),
    );
    // The driver has one endpoint for the whole process: it is set back when the call is over.
    const after = <Result>(work: Promise<Result>) => work.finally(() => stores.connect());
    return {
      ...graph,
      generations: () => after(graph.generations()),
      apply: (entries: readonly NetworkEntry[]) => after(graph.apply(entries)),
    };
  };
  return {
    open: (signal) => createSqlGraph(stores.connect(signal)),
    openAway: away,
    openRefused: () => [],
    openRecords: async () => stores,
    empty: () => stores.script(tables.map((table) => `DELETE FROM graph_${table};`).join(" ")),
    async retitle(flowId, title) {
      await stores.run("UPDATE graph_flows SET title = $2 WHERE id = $1", [flowId, title]);
    },
    close: () => stores.close(),
  };
}

async function openNeo4j(way: Way): Promise<GraphUnderTest> {
  const { user, password, database, httpUrl, boltUrl } = inject("neo4j");
  const url = way === "HTTP" ? httpUrl : boltUrl;
  const address = { url, credentials: { user, password }, database };
  const never = () => new AbortController().signal;
  const run = (text: string, given: Record<string, CypherValue> = {}) =>
    createQueryApi({ ...address, url: httpUrl }, never(), { known: [] }).run({ text, given }, "write");
  let records: Promise<StoresUnderTest> | undefined;
  const connect = (change: Partial<GraphAddress>, signal = never()) =>
    openNeo4jGraph({ ...address, ...change }, signal, { known: [] });
  return {
    open: (signal) => connect({}, signal),
    openAway: () => connect({ url: url.replace(/:\d+$/, `:${deadPort}`) }),
    openRefused: () => [
      connect({ credentials: { user, password: "a-wrong-password" } }),
      connect({ credentials: { token: "nobody" } }),
      connect({ database: "nowhere" }),
    ],
    async openRecords() {
      records ??= openStoresUnderTest("pglite");
      return records;
    },
    async empty() {
      await run("MATCH (n) DETACH DELETE n");
    },
    async retitle(flowId, title) {
      await run("MATCH (f:Flow {id: $given.flowId}) SET f.title = $given.title", { flowId, title });
    },
    async close() {
      await (await records)?.close();
    },
  };
}

/** Each adapter with what it stands on, and how many random networks are tried on it. */
export const graphsUnderTest: { name: string; runs: number; open(): Promise<GraphUnderTest> }[] = [
  ...(onNeo4jAlone ? [] : enginesUnderTest).map((engine) => ({
    name: `SQL on ${engine}`,
    runs: 25,
    open: () => openSql(engine),
  })),
  ...neo4jWays.map((way) => ({ name: `Neo4j over ${way}`, runs: 5, open: () => openNeo4j(way) })),
];

// Hundreds of statements, some of which Neo4j plans for seconds when it sees them first.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 600_000 });
