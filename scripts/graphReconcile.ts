import { parseArgs } from "node:util";
import type { Reconciliation } from "../src/operations/graphReconciliation.ts";
import { connectAsOperator, connectionOptions, connectionUsage } from "./graph/operator.ts";
import { StartProblem } from "./start/problem.ts";
import { runUntilStopped } from "./start/run.ts";

const { values } = parseArgs({ options: { ...connectionOptions, repair: { type: "boolean", default: false } } });

/** Compares the graph of a running API with its records, and with --repair writes anew what differs; ends with 1 where something does. */
async function reconcile(signal: AbortSignal): Promise<void> {
  if (values.help)
    return console.log(`Usage: npm run graph:reconcile -- [--repair] [--url URL] [--data DIR]   ${connectionUsage}`);
  const { api, key } = connectAsOperator(values.url, values.data, signal);
  const totals = { records: 0, missing: 0, changed: 0, extra: 0, repaired: 0 };
  let from: Reconciliation["next"] = null;
  do {
    const step: Reconciliation = await api.post(
      "/v1/operations/graph/reconcile",
      key,
      { repair: values.repair, from },
      crypto.randomUUID(),
    );
    for (const { noun, id, kind } of step.differences) console.log(`${kind} ${noun} ${id}`);
    for (const { records, missing, changed, extra } of Object.values(step.nouns)) {
      totals.records += records.count;
      totals.missing += missing;
      totals.changed += changed;
      totals.extra += extra;
    }
    totals.repaired += step.repaired;
    from = step.next;
  } while (from !== null);
  const { records, missing, changed, extra, repaired } = totals;
  console.log(
    `${records} records: ${missing} missing in the graph, ${changed} changed, ${extra} too much; ${repaired} repaired.`,
  );
  if (missing + changed + extra > repaired)
    throw new StartProblem("the graph differs from the records; --repair writes anew what does");
}

await runUntilStopped(reconcile, 1);
