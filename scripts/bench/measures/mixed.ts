import type { Flow } from "../../../src/domain/flow.ts";
import { atMost, createFigure, type Figure } from "../figures.ts";
import { type LoadRequest, measureAtRate } from "../load.ts";
import { readCpuSeconds, readMemory } from "../machine.ts";
import { createRandom } from "../random.ts";
import type { Stage } from "../stage.ts";
import { percentile } from "../statistics.ts";

/** Of the concept; a fifth of it in a quick run, whose machine may be a small one. */
const fullRate = 1_000;
const farDatabaseMs = 80;
const p95TargetMs = 50;

/** 9 reads to 1 write at a fixed rate, with the database near and far. */
export async function measureMixed(stage: Stage): Promise<Figure[]> {
  await stage.load(stage.isQuick ? 1_000 : 10_000);
  const most = await findMostRate(stage);
  const near = await run(stage, "near", 0);
  const far = await run(stage, "far", farDatabaseMs);
  const memory = readMemory(stage.worker.pid);
  return [
    createFigure({
      measure: "mixed",
      name: `mixed load with p95 within ${p95TargetMs} ms`,
      value: most,
      unit: "req/s",
      note: `the highest of ${rates.join(", ")} requests/s, each held for ${stage.isQuick ? 1 : 5} s; database and load on one core where there are two`,
    }),
    ...near,
    ...far,
    createFigure({
      measure: "mixed",
      name: "memory of workerd, idle",
      value: stage.idleMb,
      unit: "MB",
      target: atMost(100),
      note: "resident set of the process after its first request",
    }),
    createFigure({
      measure: "mixed",
      name: "memory of workerd under load",
      value: memory.residentMb,
      unit: "MB",
      target: atMost(200),
      note: `at the end of this load; at most ${memory.peakMb.toFixed(0)} MB since its start`,
    }),
  ];
}

const rates = [50, 100, 150, 200, 300, 400, 600, 800, 1_000];

/** The highest rate that is answered in time; 0 where none is. */
async function findMostRate(stage: Stage): Promise<number> {
  const { worker, signal } = stage;
  stage.progress(`The most mixed load with p95 within ${p95TargetMs} ms ...`);
  const next = createMix(stage);
  let most = 0;
  let misses = 0;
  await measureAtRate(worker.url, next, { seconds: 2, perSecond: rates[0]!, signal });
  for (const perSecond of rates) {
    signal.throwIfAborted();
    const seconds = stage.isQuick ? 1 : 5;
    const { latenciesMs, failed } = await measureAtRate(worker.url, next, { seconds, perSecond, signal });
    if (failed === 0 && percentile(latenciesMs, 0.95) <= p95TargetMs) {
      most = perSecond;
      misses = 0;
    } else if (++misses === 2) break;
  }
  return most;
}

async function run(stage: Stage, name: "near" | "far", delayMs: number): Promise<Figure[]> {
  const { worker, database, signal } = stage;
  const seconds = stage.isQuick ? 3 : 20;
  const perSecond = stage.isQuick ? fullRate / 5 : fullRate;
  stage.progress(`${perSecond.toLocaleString("en-US")} requests/s of mixed load, ${delayMs} ms to the database ...`);
  const next = createMix(stage);
  database.setDelay(delayMs);
  try {
    await measureAtRate(worker.url, next, { seconds: stage.isQuick ? 1 : 4, perSecond, signal });
    worker.check();
    const cpuBefore = readCpuSeconds(worker.pid);
    const begun = performance.now();
    const { latenciesMs, failed, failure, atOnce } = await measureAtRate(worker.url, next, {
      seconds,
      perSecond,
      signal,
    });
    worker.check();
    const elapsedSeconds = (performance.now() - begun) / 1_000;
    const cpuShare = ((readCpuSeconds(worker.pid) - cpuBefore) / elapsedSeconds) * 100;
    const total = perSecond * seconds;
    const where = name === "near" ? "mixed load" : `mixed load, ${farDatabaseMs} ms a database trip`;
    return [
      createFigure({
        measure: "mixed",
        name: `p95 at ${perSecond.toLocaleString("en-US")} req/s, ${where}`,
        value: percentile(latenciesMs, 0.95),
        unit: "ms",
        ...(name === "near" && { target: atMost(p95TargetMs) }),
        note: `p50 ${percentile(latenciesMs, 0.5).toFixed(1)} ms, p99 ${percentile(latenciesMs, 0.99).toFixed(1)} ms; ${failed} of ${total} failed${failure ? ` (${failure})` : ""}; at most ${atOnce} at once; all in ${elapsedSeconds.toFixed(1)} s; ${database.engine}`,
      }),
      createFigure({
        measure: "mixed",
        name: "CPU share of workerd meanwhile",
        value: cpuShare,
        unit: "%",
        target: atMost(20),
        note: "of one core; the SQL server and the database are not part of it",
      }),
    ];
  } finally {
    database.setDelay(0);
  }
}

/**
 * Of ten requests: five read a flow, two the taxonomy, one the caller, one a page of 20 flows, and one writes a flow,
 * whose matches the Worker then looks for in the background.
 */
function createMix(stage: Stage): (index: number) => LoadRequest {
  const random = createRandom(7);
  const { flows, subjects } = stage.network;
  const kinds = ["steam", "heat", "water", "waste", "gas"];
  return (index) => {
    switch (index % 10) {
      case 0: {
        const flow = random.pick(subjects);
        const path = `/v1/flows/by-external-id/${encodeURIComponent(flow.externalId!)}`;
        return stage.asOwner("PUT", path, contentWithAmount(flow, 100 + Math.floor(random.share() * 1e6)));
      }
      case 3:
      case 6:
        return stage.asOwner("GET", `/v1/taxonomy/grades?kind=${random.pick(kinds)}`);
      case 8:
        return stage.asOwner("GET", "/v1/me");
      case 9:
        return stage.asOwner("GET", "/v1/flows?limit=20");
      default:
        return stage.asOwner("GET", `/v1/flows/${random.pick(flows).id}`);
    }
  };
}

/** What the owner would send of a stored flow. */
function contentWithAmount(flow: Flow, amount: number) {
  const {
    id: _id,
    organizationId: _organization,
    reservedAmount: _reserved,
    version: _version,
    createdAt: _created,
    updatedAt: _updated,
    ...content
  } = flow;
  return { ...content, quantity: { ...content.quantity, amount } };
}
