import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDataFolder } from "./start/dataFolder.ts";

// Forgets what the local databases hold; the next start begins with an empty one. Refused while one of them runs.
try {
  const { values } = parseArgs({ options: { data: { type: "string", default: ".turash" } } });
  const folder = openDataFolder(values.data, { fresh: false });
  try {
    for (const name of ["pglite", "pglite.version", "postgres"])
      rmSync(join(folder.path, name), { recursive: true, force: true });
    console.log(`The local databases in ${folder.path} are forgotten.`);
  } finally {
    folder.release();
  }
} catch (error) {
  console.error(`turash: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
