import { spawn } from "node:child_process";
import { join } from "node:path";
import { startLocalDatabase } from "../../database/localDatabase.ts";
import { repositoryRoot } from "../../wrangler.ts";
import { createFigure, type Figure } from "../figures.ts";
import type { Stage } from "../stage.ts";

/** `npm start -- --once --json` on a new data folder and on one that is kept. */
export async function measureStart(stage: Stage): Promise<Figure[]> {
  stage.progress("npm start, first and second ...");
  const data = join(stage.folder, "start");
  const figures: Figure[] = [];
  const first = await timeStart(data, stage.signal);
  figures.push(
    createFigure({
      measure: "start",
      name: "npm start -- --once, first",
      value: first,
      unit: "s",
      note: "the whole command, its stop as well; new data folder, seeded; packages and the prebuilt database are there",
    }),
  );
  if (stage.isQuick) return figures;
  figures.push(
    createFigure({
      measure: "start",
      name: "npm start -- --once, second",
      value: await timeStart(data, stage.signal),
      unit: "s",
      beside: { name: "first", value: first },
      note: "the whole command; the data is kept",
    }),
    await measurePrebuilding(stage),
  );
  return figures;
}

async function timeStart(data: string, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const begun = performance.now();
  const npm = spawn("npm", ["start", "--", "--once", "--json", "--port", "0", "--data", data], {
    cwd: repositoryRoot,
    stdio: ["ignore", "ignore", "pipe"],
    signal,
    killSignal: "SIGTERM",
  });
  let words = "";
  npm.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-1_000);
  });
  const code = await new Promise((resolve, reject) => npm.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`npm start ended with ${code}: ${words.trim().split("\n").at(-1)}`);
  return (performance.now() - begun) / 1_000;
}

/** What the first start of a clone takes longer. */
async function measurePrebuilding(stage: Stage): Promise<Figure> {
  const open = async (name: string) => {
    const begun = performance.now();
    const database = await startLocalDatabase({
      dataDir: join(stage.folder, name),
      snapshotsDir: join(stage.folder, "snapshots"),
    });
    const seconds = (performance.now() - begun) / 1_000;
    await database.close();
    return seconds;
  };
  const without = await open("prebuilding");
  const having = await open("prebuilt");
  return createFigure({
    measure: "start",
    name: "making the prebuilt database",
    value: without - having,
    unit: "s",
    note: "once in a clone; kept in node_modules/.cache",
  });
}
