import { monitorEventLoopDelay } from "node:perf_hooks";
import { createFigure, type Figure } from "../figures.ts";
import { measureAtRate, measureThroughput } from "../load.ts";
import type { Stage } from "../stage.ts";
import { median, percentile } from "../statistics.ts";

const probesPerSecond = 200;
/** One after the other: what a probe waits for is then a span that nothing interrupts, and no queue. */
const matchingAtOnce = 1;

/** How long a cheap request has to wait while the same isolate computes matches. */
export async function measureStall(stage: Stage): Promise<Figure[]> {
  await stage.load(stage.isQuick ? 1_000 : 100_000);
  stage.progress("Longest stall of the event loop while matching ...");
  const { worker, signal } = stage;
  const seconds = stage.isQuick ? 3 : 15;
  const probe = () => ({ method: "GET" as const, path: "/health/live", headers: {} });
  const matches = stage.network.subjects.map(({ id }) => stage.asOwner("GET", `/v1/flows/${id}/matches?limit=200`));
  // Every pair recorded, so that reading is all that goes on.
  for (const { path, headers } of matches) await (await fetch(`${worker.url}${path}`, { headers })).text();
  const options = { seconds, perSecond: probesPerSecond, signal };
  const idle = await measureAtRate(worker.url, probe, options);
  const own = monitorEventLoopDelay({ resolution: 1 });
  own.enable();
  const [busy, load] = await Promise.all([
    measureAtRate(worker.url, probe, options),
    measureThroughput(worker.url, matches, { seconds, connections: matchingAtOnce }),
  ]);
  own.disable();
  if (busy.failed > 0) throw new Error(`${busy.failed} probes failed: ${busy.failure}`);
  const baseline = median(idle.latenciesMs);
  return [
    createFigure({
      measure: "stall",
      name: "longest stall while matching",
      value: percentile(busy.latenciesMs, 1) - baseline,
      unit: "ms",
      beside: { name: "longest with nothing else to do", value: percentile(idle.latenciesMs, 1) - baseline },
      note: `slowest of ${busy.latenciesMs.length} probes of /health/live over the idle median of ${baseline.toFixed(2)} ms, lists of up to 200 matches one after the other; the load generator's own longest was ${(own.max / 1e6).toFixed(1)} ms`,
    }),
    createFigure({
      measure: "stall",
      name: "p99 of the same",
      value: percentile(busy.latenciesMs, 0.99) - baseline,
      unit: "ms",
      beside: { name: "p99 with nothing else to do", value: percentile(idle.latenciesMs, 0.99) - baseline },
    }),
    createFigure({
      measure: "stall",
      name: "match lists a second meanwhile",
      value: load.requestsPerSecond,
      unit: "req/s",
      note: `${stage.network.flows.length.toLocaleString("en-US")} flows, ${stage.database.engine}`,
    }),
  ];
}
