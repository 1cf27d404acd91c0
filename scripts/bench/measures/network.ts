import { Agent } from "node:http";
import { neon, neonConfig } from "@neondatabase/serverless";
import { type OrganizationId, uuidOf } from "../../../src/domain/ids.ts";
import type { RequestContext } from "../../../src/operations/context.ts";
import {
  exportNetwork,
  findNeighbours,
  findPaths,
  listHubs,
  listLoops,
  listSimilar,
} from "../../../src/operations/network.ts";
import { findImpact } from "../../../src/operations/networkImpact.ts";
import { createBolt } from "../../../src/stores/graph/neo4j/bolt.ts";
import { createNeo4jGraph } from "../../../src/stores/graph/neo4j/graph.ts";
import { createQueryApi, type GraphAddress } from "../../../src/stores/graph/neo4j/queryApi.ts";
import { openNeo4jGraph } from "../../../src/stores/graph/open.ts";
import type { Graph } from "../../../src/stores/graph/port.ts";
import { createSqlGraph } from "../../../src/stores/graph/sql/graph.ts";
import { createDatabase } from "../../../src/stores/postgres/client.ts";
import { createOrganizationStore } from "../../../src/stores/records/organizations.ts";
import { createProgrammeStore } from "../../../src/stores/records/programmes.ts";
import { actAs, recordStatements } from "../capture.ts";
import { createFigure, type Figure, ratioAtMost } from "../figures.ts";
import { type GraphOnBench, generateGraph } from "../graphRecords.ts";
import { measureOne } from "../load.ts";
import { openNeo4jOnBench } from "../neo4jOnBench.ts";
import type { Stage } from "../stage.ts";
import { median, percentile } from "../statistics.ts";

const seed = 20_261_127;
const entriesPerWrite = 2_000;
const fewestRounds = 3;
const enoughMs = 30_000;

/** A graph that is measured: the Worker that asks it, and the statements that it asks. */
type GraphUnderMeasure = {
  name: string;
  graph: Graph;
  workerUrl: string;
  /** A graph that notes what it asks, and what asks the same again with nothing around it. */
  record(): { graph: Graph; replays: (() => Promise<unknown>)[] };
};

type Asked = { one: OrganizationId; other: OrganizationId };
type Question = {
  name: string;
  path(asked: Asked): string;
  ask(context: RequestContext, asked: Asked): Promise<{ truncated: boolean }>;
};

const questions: readonly Question[] = [
  {
    name: "neighbours, 2 steps",
    path: ({ one }) => `neighbours?organizationId=${one}&steps=2`,
    ask: (context, { one }) => findNeighbours(context, { organizationId: one, steps: 2, limit: 50, minScore: 0 }),
  },
  {
    name: "neighbours, 4 steps",
    path: ({ one }) => `neighbours?organizationId=${one}&steps=4&limit=200`,
    ask: (context, { one }) => findNeighbours(context, { organizationId: one, steps: 4, limit: 200, minScore: 0 }),
  },
  {
    name: "paths, 3 cheapest",
    path: ({ one, other }) => `paths?from=${one}&to=${other}`,
    ask: (context, { one, other }) => findPaths(context, { from: one, to: other, k: 3, isDirected: false }),
  },
  {
    name: "impact",
    path: ({ one }) => `impact?organizationId=${one}`,
    ask: (context, { one }) => findImpact(context, { organizationId: one, limit: 10 }),
  },
  {
    name: "loops through one",
    path: ({ one }) => `loops?organizationId=${one}`,
    ask: (context, { one }) => listLoops(context, { organizationId: one, minScore: 0, sizes: [3, 4, 5], limit: 20 }),
  },
  {
    name: "loops",
    path: () => "loops",
    ask: (context) => listLoops(context, { minScore: 0, sizes: [3, 4, 5], limit: 20 }),
  },
  {
    name: "hubs",
    path: () => "hubs",
    ask: (context) => listHubs(context, { limit: 20, seed: 1 }),
  },
  {
    name: "similar",
    path: ({ one }) => `similar?organizationId=${one}`,
    ask: (context, { one }) => listSimilar(context, { organizationId: one, limit: 20 }),
  },
  { name: "export", path: () => "export", ask: (context) => exportNetwork(context, {}) },
];

/** Each question of the network beside the statements that read its part of it, by the same way to the same server. */
export async function measureNetwork(stage: Stage): Promise<Figure[]> {
  const [organizations, links] = stage.isQuick ? [1_000, 3_000] : [20_000, 60_000];
  await stage.load(1_000);
  const generated = generateGraph({ ownerId: stage.network.ownerId, organizations, links }, seed);
  await insertOrganizations(stage, generated.organizationIds);
  const figures: Figure[] = [];
  const started = stage.isQuick ? null : await openNeo4jOnBench(stage, "network");
  const onNeo4j = await Promise.all((started?.addresses ?? []).map((each) => openNeo4j(stage, each)));
  for (const under of [openSql(stage), ...onNeo4j]) {
    stage.progress(`Loading ${organizations.toLocaleString("en-US")} organizations into the graph: ${under.name} ...`);
    await load(under.graph, generated);
    await settle(stage);
    for (const question of questions) {
      stage.progress(`The network is asked for ${question.name}: ${under.name} ...`);
      figures.push(...(await measureQuestion(stage, under, question, generated.organizationIds)));
    }
  }
  await started?.neo4j.close();
  return figures;
}

/** Records of the organizations, for an answer tells their industry. */
async function insertOrganizations({ database, network }: Stage, ids: readonly OrganizationId[]): Promise<void> {
  neonConfig.fetchEndpoint = database.fetchEndpoint;
  const others = ids.filter((id) => id !== network.ownerId).map(uuidOf);
  await neon(database.connectionString).query(
    `INSERT INTO organizations (id, name, country, nace, created_at, updated_at)
      SELECT id, 'Organization', 'DE', '35.11', now(), now() FROM unnest($1::uuid[]) AS id`,
    [`{${others.join()}}`],
  );
}

/** The planner is to know what is there, as it does some time after a load. */
async function settle({ database }: Stage): Promise<void> {
  neonConfig.fetchEndpoint = database.fetchEndpoint;
  await neon(database.connectionString).query("ANALYZE");
}

function openSql({ database, worker }: Stage): GraphUnderMeasure {
  neonConfig.fetchEndpoint = database.fetchEndpoint;
  const client = neon(database.connectionString);
  const direct = openDatabase(database);
  return {
    name: "SQL",
    graph: createSqlGraph(direct),
    workerUrl: worker.url,
    record() {
      const { database: recording, sent } = recordStatements(direct);
      return {
        graph: createSqlGraph(recording),
        get replays() {
          return sent.map(
            ({ query, parameters }) =>
              () =>
                client.query(query, parameters),
          );
        },
      };
    },
  };
}

/** By a Worker of its own, bound to that address. */
async function openNeo4j(
  { bindings, bundlePath, startWorker, signal }: Stage,
  { name, address }: { name: string; address: GraphAddress },
): Promise<GraphUnderMeasure> {
  const { url, credentials, database } = address;
  const { user, password } = credentials as { user: string; password: string };
  const own = { GRAPH_URL: url, GRAPH_USER: user, GRAPH_PASSWORD: password, GRAPH_DATABASE: database };
  const worker = await startWorker({
    name: name.replaceAll(" ", "-"),
    modulePath: bundlePath,
    bindings: { ...bindings, ...own },
  });
  const connect = () => (/^http/.test(url) ? createQueryApi : createBolt)(address, signal, { known: [] });
  return {
    name,
    graph: openNeo4jGraph(address, signal, { known: [] }),
    workerUrl: worker.url,
    record() {
      const runner = connect();
      const sent: (() => Promise<unknown>)[] = [];
      const graph = createNeo4jGraph({
        run(statement, access) {
          sent.push(() => runner.run(statement, access));
          return runner.run(statement, access);
        },
      });
      return { graph, replays: sent };
    },
  };
}

function openDatabase({ connectionString, fetchEndpoint }: Stage["database"]) {
  return createDatabase({ connectionString, fetchEndpoint, signal: new AbortController().signal });
}

async function load(graph: Graph, { records }: GraphOnBench): Promise<void> {
  await graph.migrate();
  for (let from = 0; from < records.length; from += entriesPerWrite)
    await graph.apply(records.slice(from, from + entriesPerWrite));
}

async function measureQuestion(
  stage: Stage,
  under: GraphUnderMeasure,
  question: Question,
  ids: readonly OrganizationId[],
): Promise<Figure[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const [apiMs, rawMs]: [number[], number[]] = [[], []];
  const mostRounds = stage.isQuick ? 3 : 20;
  const enoughAt = performance.now() + enoughMs;
  let truncated = 0;
  let rounds = 0;
  // Questions of the whole network take seconds each, and fewer of them tell as much.
  for (; rounds < mostRounds && (rounds < fewestRounds || performance.now() < enoughAt); rounds++) {
    stage.signal.throwIfAborted();
    const at = Math.floor((ids.length * rounds) / mostRounds);
    const asked = { one: ids[at]!, other: ids[(at + 60) % ids.length]! };
    const recorder = under.record();
    const answer = await question.ask(contextOf(stage, recorder.graph), asked);
    truncated += Number(answer.truncated);
    const { replays } = recorder;
    const begun = performance.now();
    // One after the other, as they build on each other.
    for (const replay of replays) await replay();
    rawMs.push(performance.now() - begun);
    apiMs.push(await measureOne(under.workerUrl, stage.asOwner("GET", `/v1/network/${question.path(asked)}`), agent));
  }
  agent.destroy();
  const raw = (share: number) => ({ name: `raw ${under.name} of its part`, value: percentile(rawMs, share) });
  const name = `GET /v1/network, ${question.name}, ${under.name}`;
  return [
    createFigure({
      measure: "network",
      name: `${name}, p50`,
      value: median(apiMs),
      unit: "ms",
      beside: raw(0.5),
      target: ratioAtMost(3),
      note: `${ids.length.toLocaleString("en-US")} organizations; ${truncated} of ${rounds} truncated; one request at a time`,
    }),
    createFigure({
      measure: "network",
      name: `${name}, p95`,
      value: percentile(apiMs, 0.95),
      unit: "ms",
      beside: raw(0.95),
    }),
  ];
}

/** A request of the one who asks, with nothing behind it but the database and a graph. */
function contextOf({ database, network }: Stage, graph: Graph): RequestContext {
  const direct = openDatabase(database);
  return {
    actor: actAs(network.ownerId),
    at: new Date(),
    requestId: "bench",
    services: {
      graph,
      programmes: createProgrammeStore(direct),
      organizations: createOrganizationStore(direct),
      pseudonymOf: (_: OrganizationId, other: OrganizationId) => other,
    },
  } as unknown as RequestContext;
}
