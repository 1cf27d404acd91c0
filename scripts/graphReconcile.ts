import { parseArgs } from "node:util";
import { connectAsOperator, connectionOptions, connectionUsage } from "./graph/operator.ts";
import { reconcileWhole } from "./graph/reconcile.ts";
import { StartProblem } from "./start/problem.ts";
import { runUntilStopped } from "./start/run.ts";

const { values } = parseArgs({ options: { ...connectionOptions, repair: { type: "boolean", default: false } } });

/** Compares the graph of a running API with its records, and with --repair writes anew what differs; ends with 1 where something does. */
async function reconcile(signal: AbortSignal): Promise<void> {
  if (values.help)
    return console.log(`Usage: npm run graph:reconcile -- [--repair] [--url URL] [--data DIR]   ${connectionUsage}`);
  const { api, key } = connectAsOperator(values.url, values.data, signal);
  const { records, missing, changed, extra, repaired } = await reconcileWhole(
    (body) => api.post("/v1/operations/graph/reconcile", key, body, crypto.randomUUID()),
    values.repair,
    ({ noun, id, kind }) => console.log(`${kind} ${noun} ${id}`),
  );
  console.log(
    `${records} records: ${missing} missing in the graph, ${changed} changed, ${extra} too much; ${repaired} repaired.`,
  );
  if (missing + changed + extra > repaired)
    throw new StartProblem("the graph differs from the records; --repair writes anew what does");
}

await runUntilStopped(reconcile, 1);
