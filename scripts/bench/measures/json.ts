import { Agent } from "node:http";
import { buildComparison } from "../bundles.ts";
import { createFigure, type Figure } from "../figures.ts";
import { measureOne } from "../load.ts";
import type { Stage } from "../stage.ts";
import { median } from "../statistics.ts";

/** How often a flow's JSON can be parsed and written in workerd, by the clock outside it. */
export async function measureJson(stage: Stage): Promise<Figure[]> {
  await stage.load(stage.isQuick ? 1_000 : 10_000);
  stage.progress("JSON operations a second ...");
  const { path, headers } = stage.asOwner("GET", `/v1/flows/${stage.network.flows[0]!.id}`);
  const document = await (await fetch(`${stage.worker.url}${path}`, { headers })).text();
  const worker = await stage.startWorker({
    name: "json",
    modulePath: await buildComparison("json", stage.folder),
    bindings: { DOCUMENT: document },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (times: number) => measureOne(worker.url, { method: "GET", path: `/${times}`, headers: {} }, agent);
  const times = 20_000;
  const rounds = stage.isQuick ? 5 : 21;
  const emptyMs: number[] = [];
  const fullMs: number[] = [];
  await ask(times);
  for (let round = 0; round < rounds; round++) {
    stage.signal.throwIfAborted();
    emptyMs.push(await ask(0));
    fullMs.push(await ask(times));
  }
  agent.destroy();
  await worker.stop();
  const microseconds = ((median(fullMs) - median(emptyMs)) * 1_000) / times;
  const note = `parse and write a flow of ${Buffer.byteLength(document)} bytes, ${times} times a request, less an empty request`;
  return [
    createFigure({ measure: "json", name: "JSON operations", value: 2e6 / microseconds, unit: "op/s", note }),
    createFigure({
      measure: "json",
      name: "JSON of one request",
      value: microseconds,
      unit: "us",
      note: "one parse and one write of a flow; the same run",
    }),
  ];
}
