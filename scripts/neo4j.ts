import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startNeo4j } from "./neo4j/startNeo4j.ts";
import { openDataFolder } from "./start/dataFolder.ts";
import { print, runUntilStopped } from "./start/run.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: ".turash" },
    fresh: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** A Neo4j in the data folder until SIGINT or SIGTERM. Standard output gets its addresses, standard error all else. */
async function serve(signal: AbortSignal): Promise<void> {
  if (values.help) return print("Usage: npm run neo4j -- [--data DIR] [--fresh] [--json]\n");
  const folder = openDataFolder(values.data, { fresh: false });
  try {
    const home = join(folder.path, "neo4j");
    if (values.fresh) rmSync(home, { recursive: true, force: true });
    const neo4j = await startNeo4j(home, console.error);
    try {
      const { version, httpUrl, boltUrl, user, password, database } = neo4j;
      await print(
        values.json
          ? `${JSON.stringify({ version, httpUrl, boltUrl, user, password, database })}\n`
          : `GRAPH_URL=${httpUrl}\nGRAPH_USER=${user}\nGRAPH_PASSWORD=${password}\nBolt: ${boltUrl}\n`,
      );
      console.error(`Neo4j ${version} runs; Ctrl-C stops it.`);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    } finally {
      await neo4j.close();
    }
  } finally {
    folder.release();
  }
}

await runUntilStopped(serve);
