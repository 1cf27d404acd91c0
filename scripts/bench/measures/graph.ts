import type { TurashEvent } from "../../../src/domain/event.ts";
import { createId, idFromUuid } from "../../../src/domain/ids.ts";
import type { RequestContext } from "../../../src/operations/context.ts";
import { beginRebuild, continueRebuild, type GraphServices } from "../../../src/operations/graphRebuild.ts";
import { reconcileFrom } from "../../../src/operations/graphReconciliation.ts";
import { projectEvents } from "../../../src/operations/networkProjection.ts";
import { openNeo4jGraph } from "../../../src/stores/graph/open.ts";
import type { Graph } from "../../../src/stores/graph/port.ts";
import { createSqlGraph } from "../../../src/stores/graph/sql/graph.ts";
import { createDatabase, type Database } from "../../../src/stores/postgres/client.ts";
import { createGraphTaskStore } from "../../../src/stores/records/graphTasks.ts";
import { createNetworkRecordStore } from "../../../src/stores/records/networkRecords.ts";
import { createFigure, type Figure } from "../figures.ts";
import { findFlows, insertGraphRows } from "../graphRows.ts";
import { openNeo4jOnBench } from "../neo4jOnBench.ts";
import type { Stage } from "../stage.ts";

/** As many events as a queue hands over at once. */
const eventsPerBatch = 100;

/** What events and a rebuild of the graph take, in each place where it can be kept. */
export async function measureGraph(stage: Stage): Promise<Figure[]> {
  const [organizations, links] = stage.isQuick ? [100, 300] : [20_000, 60_000];
  stage.progress(`Writing records of ${organizations.toLocaleString("en-US")} organizations ...`);
  const records = await insertGraphRows(stage.database, organizations, links);
  const { connectionString, fetchEndpoint } = stage.database;
  const database = createDatabase({ connectionString, fetchEndpoint, signal: stage.signal });
  const figures = await measureOne(stage, database, "SQL", createSqlGraph(database), records);
  const started = await openNeo4jOnBench(stage, "graph");
  if (!started) return figures;
  try {
    for (const { name, address } of started.addresses)
      figures.push(
        ...(await measureOne(stage, database, name, openNeo4jGraph(address, stage.signal, { known: [] }), records)),
      );
  } finally {
    await started.neo4j.close();
  }
  return figures;
}

async function measureOne(
  stage: Stage,
  database: Database,
  name: string,
  graph: Graph,
  records: number,
): Promise<Figure[]> {
  const services: GraphServices = {
    graph,
    networkRecords: createNetworkRecordStore(database),
    graphTasks: createGraphTaskStore(database),
  };
  const always = () => !stage.signal.aborted;
  await graph.migrate();
  stage.progress(`The graph is made anew: ${name} ...`);
  const rebuildSeconds = await secondsOf(async () => {
    const at = new Date();
    await continueRebuild(services, await beginRebuild(services, at), at, always);
  });
  stage.progress(`The graph follows events: ${name} ...`);
  const events = await eventsOf(stage, stage.isQuick ? 200 : 5_000);
  const eventSeconds = await secondsOf(async () => {
    for (let from = 0; from < events.length; from += eventsPerBatch)
      await projectEvents(
        { services: services as RequestContext["services"] },
        events.slice(from, from + eventsPerBatch),
      );
  });
  const reconcileSeconds = await secondsOf(async () => {
    await reconcileFrom(services, { noun: "organization", after: null }, false, always);
  });
  const among = `${records.toLocaleString("en-US")} records`;
  const figure = (what: string, value: number, unit: string, note: string) =>
    createFigure({ measure: "graph", name: `${what}, ${name}`, value, unit, note });
  return [
    figure(
      "events projected",
      events.length / eventSeconds,
      "events/s",
      `of flows, ${eventsPerBatch} a batch, one batch at a time, ${among} there`,
    ),
    figure("rebuild", rebuildSeconds, "s", `${among}, read from the database`),
    figure("reconcile", reconcileSeconds, "s", among),
  ];
}

async function eventsOf({ database }: Stage, count: number): Promise<TurashEvent[]> {
  const flows = await findFlows(database, count);
  return Array.from({ length: count }, (_, index) => ({
    id: createId("event"),
    type: "turash.flow.updated",
    subject: idFromUuid("flow", flows[index % flows.length]!),
    time: "2026-01-01T00:00:00.000Z",
    data: { version: 1 },
    organizationIds: [],
    traceparent: null,
  }));
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
}
