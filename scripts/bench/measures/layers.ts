import { buildComparison } from "../bundles.ts";
import { createFigure, type Figure } from "../figures.ts";
import type { Stage } from "../stage.ts";
import { compare, keptPath } from "./requests.ts";

/** What each thing that stands before an answer adds to the CPU time of one, from a bare hello to the whole. */
export async function measureLayers(stage: Stage): Promise<Figure[]> {
  await stage.load(stage.isQuick ? 1_000 : 10_000);
  stage.progress("What each layer adds to a request ...");
  const modulePath = await buildComparison("layers", stage.folder);
  const hello = await stage.startWorker({
    name: "bareHello",
    modulePath: await buildComparison("hello", stage.folder),
    bindings: {},
  });
  const quiet = await stage.startWorker({
    name: "quietLayers",
    modulePath,
    bindings: { ...stage.bindings, LOG_REQUESTS: "none" },
  });
  const layers = await stage.startWorker({ name: "layers", modulePath, bindings: stage.bindings });
  const measured = await compare(
    stage,
    { ...hello, requests: [{ method: "GET", path: "/", headers: {} }] },
    { ...quiet, requests: [stage.asOwner("GET", "/visit")] },
    { ...layers, requests: [stage.asOwner("GET", "/visit")] },
    { ...layers, requests: [stage.asOwner("GET", "/address")] },
    { ...layers, requests: [stage.asOwner("GET", "/credential")] },
    { ...stage.worker, requests: [stage.asOwner("GET", keptPath)] },
  );
  for (const worker of [hello, quiet, layers]) await worker.stop();
  const names = [
    "a bare hello",
    "the visit: request id, trace, headers",
    "the log's line",
    "opening the request, limit of the address",
    "the key, its limit and the organization's",
    "the kept answer, ETag",
  ];
  const whole = measured.at(-1)!.cpuMicroseconds;
  return names.map((name, index) => {
    const { cpuMicroseconds } = measured[index]!;
    const added = cpuMicroseconds - (index === 0 ? 0 : measured[index - 1]!.cpuMicroseconds);
    return createFigure({
      measure: "layers",
      name: `CPU of ${name}`,
      value: added,
      unit: "us",
      beside: { name: "the whole request", value: whole },
      note: "user and system time of workerd, less that of the layers before; rounds in turn, medians",
    });
  });
}
