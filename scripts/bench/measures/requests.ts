import { uuidOf } from "../../../src/domain/ids.ts";
import { buildComparison } from "../bundles.ts";
import { captureFlowRead } from "../capture.ts";
import { atLeast, createFigure, type Figure, ratioAtLeast } from "../figures.ts";
import { type LoadRequest, measureThroughput } from "../load.ts";
import { readCpuSeconds } from "../machine.ts";
import type { Stage } from "../stage.ts";
import { median } from "../statistics.ts";

const connections = 50;

/** Answers that are kept whole: a short and a long one. */
export const keptPath = "/v1/taxonomy/ewc?q=gypsum";
const keptLongPath = "/v1/taxonomy/grades?kind=steam";

type Side = { url: string; pid: number; requests: LoadRequest[] };
type Measured = { perSecond: number; cpuMicroseconds: number };

/** All sides in turn, some rounds each, so that a machine that slows down slows them all; medians. */
export async function compare(stage: Stage, ...sides: Side[]): Promise<Measured[]> {
  const rounds = stage.isQuick ? 1 : 4;
  const seconds = stage.isQuick ? 2 : 5;
  const results: Measured[][] = sides.map(() => []);
  for (const { url, requests } of sides)
    await measureThroughput(url, requests, { seconds: stage.isQuick ? 1 : 3, connections });
  for (let round = 0; round < rounds; round++)
    for (const [index, { url, pid, requests }] of sides.entries()) {
      stage.signal.throwIfAborted();
      const cpuBefore = readCpuSeconds(pid);
      const measured = await measureThroughput(url, requests, { seconds, connections });
      results[index]!.push({
        perSecond: measured.requestsPerSecond,
        cpuMicroseconds: ((readCpuSeconds(pid) - cpuBefore) / measured.requests) * 1e6,
      });
    }
  return results.map((measured) => ({
    perSecond: median(measured.map(({ perSecond }) => perSecond)),
    cpuMicroseconds: median(measured.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  }));
}

/** An authenticated answer of reference data beside the least that the framework answers. */
export async function measureRequests(stage: Stage): Promise<Figure[]> {
  await stage.load(stage.isQuick ? 1_000 : 10_000);
  stage.progress("Requests a second: taxonomy beside a bare hello ...");
  const hello = await stage.startWorker({
    name: "hello",
    modulePath: await buildComparison("hello", stage.folder),
    bindings: {},
  });
  const [bare, own, long] = await compare(
    stage,
    { ...hello, requests: [{ method: "GET", path: "/", headers: {} }] },
    { ...stage.worker, requests: [stage.asOwner("GET", keptPath)] },
    { ...stage.worker, requests: [stage.asOwner("GET", keptLongPath)] },
  );
  await hello.stop();
  if (!bare || !own || !long) throw new Error("three sides were measured");
  return [
    createFigure({
      measure: "requests",
      name: `GET ${keptPath}`,
      value: own.perSecond,
      unit: "req/s",
      beside: { name: "bare Hono hello", value: bare.perSecond },
      target: ratioAtLeast(0.6),
      note: "with an API key and every middleware; key and answer kept in the isolate; rounds in turn, medians",
    }),
    createFigure({
      measure: "requests",
      name: `GET ${keptLongPath}`,
      value: long.perSecond,
      unit: "req/s",
      beside: { name: "bare Hono hello", value: bare.perSecond },
      note: "the same with an answer of 6 kB instead of 0.7 kB",
    }),
    createFigure({
      measure: "requests",
      name: "the first, for the concept's figure",
      value: own.perSecond,
      unit: "req/s",
      target: atLeast(10_000),
      note: "one workerd on one core",
    }),
    createFigure({
      measure: "requests",
      name: "CPU of workerd for one such request",
      value: own.cpuMicroseconds,
      unit: "us",
      beside: { name: "bare Hono hello", value: bare.cpuMicroseconds },
      note: "user and system time of the process, /proc",
    }),
  ];
}

/** One flow beside the same row, read by the same statement through the same driver, with nothing around it. */
export async function measureRow(stage: Stage): Promise<Figure[]> {
  await stage.load(stage.isQuick ? 1_000 : 10_000);
  stage.progress("Requests a second: one flow beside the same row read bare ...");
  const flows = stage.network.flows.slice(0, 500);
  const { query, parameters } = await captureFlowRead(stage.network.ownerId, flows[0]!.id);
  const row = await stage.startWorker({
    name: "row",
    modulePath: await buildComparison("row", stage.folder),
    bindings: {
      DATABASE_URL: stage.database.connectionString,
      DATABASE_FETCH_ENDPOINT: stage.database.fetchEndpoint,
      QUERY: query,
      PARAMETERS: JSON.stringify(parameters),
    },
  });
  const [bare, own] = await compare(
    stage,
    { ...row, requests: flows.map(({ id }) => ({ method: "GET", path: `/${uuidOf(id)}`, headers: {} })) },
    { ...stage.worker, requests: flows.map(({ id }) => stage.asOwner("GET", `/v1/flows/${id}`)) },
  );
  await row.stop();
  if (!bare || !own) throw new Error("two sides were measured");
  return [
    createFigure({
      measure: "row",
      name: "GET /v1/flows/{id}",
      value: own.perSecond,
      unit: "req/s",
      beside: { name: "bare Worker, same driver and statement", value: bare.perSecond },
      target: ratioAtLeast(0.7),
      note: `500 flows in turn, ${stage.database.engine}; rounds in turn, medians`,
    }),
    createFigure({
      measure: "row",
      name: "CPU of workerd for one such request",
      value: own.cpuMicroseconds,
      unit: "us",
      beside: { name: "bare Worker, same driver and statement", value: bare.cpuMicroseconds },
      note: "user and system time of the process, /proc",
    }),
  ];
}
