import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connectAsOperator, connectionOptions, connectionUsage } from "./graph/operator.ts";
import { runUntilStopped } from "./start/run.ts";

const { values } = parseArgs({ options: connectionOptions });
/** The schedule goes on with it as well; who is refused a step because the other one made it waits a little. */
const pauseMs = 200;

type Rebuild = { state: "running" | "done"; noun: string | null; written: number };

/** Makes the graph of a running API anew, step by step. */
async function rebuild(signal: AbortSignal): Promise<void> {
  if (values.help) return console.log(`Usage: npm run graph:rebuild -- [--url URL] [--data DIR]   ${connectionUsage}`);
  const { api, key } = connectAsOperator(values.url, values.data, signal);
  for (;;) {
    const { state, noun, written } = await api.post<Rebuild>(
      "/v1/operations/graph/rebuild",
      key,
      undefined,
      crypto.randomUUID(),
    );
    if (state === "done") return console.log(`The graph was made anew from ${written} records.`);
    console.error(`${written} records written, now each ${noun}`);
    await sleep(pauseMs, undefined, { signal });
  }
}

await runUntilStopped(rebuild, 1);
