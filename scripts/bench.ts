import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Figure, formatFigures } from "./bench/figures.ts";
import { type Cores, describeMachine, divideCores } from "./bench/machine.ts";
import { measureBundleSize } from "./bench/measures/bundle.ts";
import { measureCredentials } from "./bench/measures/credentials.ts";
import { measureGraph } from "./bench/measures/graph.ts";
import { measureJson } from "./bench/measures/json.ts";
import { measureLayers } from "./bench/measures/layers.ts";
import { measureMatching } from "./bench/measures/matching.ts";
import { measureMixed } from "./bench/measures/mixed.ts";
import { measureNetwork } from "./bench/measures/network.ts";
import { measureRequests, measureRow } from "./bench/measures/requests.ts";
import { measureRooms } from "./bench/measures/rooms.ts";
import { measureScorer } from "./bench/measures/scorer.ts";
import { measureStall } from "./bench/measures/stall.ts";
import { measureStart } from "./bench/measures/start.ts";
import { openStage, type Stage } from "./bench/stage.ts";
import { createProgress } from "./start/progress.ts";
import { print, runUntilStopped } from "./start/run.ts";

/** In the order in which they are run: the mixed load may leave the Worker behind, so little comes after it. */
const measures: Record<string, (stage: Stage) => Promise<Figure[]>> = {
  bundle: measureBundleSize,
  scorer: measureScorer,
  requests: measureRequests,
  layers: measureLayers,
  credentials: measureCredentials,
  row: measureRow,
  json: measureJson,
  matching: measureMatching,
  network: measureNetwork,
  stall: measureStall,
  mixed: measureMixed,
  graph: measureGraph,
  rooms: measureRooms,
  start: measureStart,
};
const names = Object.keys(measures);

const usage = `Usage: npm run bench -- [--quick] [--only NAME]... [--json FILE]
  --quick   small data and short rounds: shows that everything runs, in less than a minute; its figures mean little
  --only    ${names.join(", ")}; may be repeated
  --json    writes the figures to FILE as well`;

type Options = { isQuick: boolean; only: string[]; jsonFile: string | null };

function parseOptions(parameters: readonly string[]): Options | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        quick: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        json: { type: "string" },
      },
    });
    const unknown = values.only.find((name) => !names.includes(name));
    if (unknown !== undefined) return { problem: `--only takes one of ${names.join(", ")}, not "${unknown}"` };
    return { isQuick: values.quick, only: values.only, jsonFile: values.json ?? null };
  } catch (error) {
    return { problem: (error as Error).message.split(". ")[0]! };
  }
}

async function bench(options: Options, cores: Cores, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  const machine = describeMachine();
  const stage = await openStage({ isQuick: options.isQuick, cores, signal, progress: createProgress() });
  const figures: Figure[] = [];
  try {
    for (const [name, measure] of Object.entries(measures))
      if (options.only.length === 0 || options.only.includes(name)) figures.push(...(await measure(stage)));
  } finally {
    stage.progress("Stopping ...");
    await stage.close();
  }
  const { engine, note } = stage.database;
  const circumstances = [
    machine,
    `production bundle (wrangler deploy --dry-run --minify) on bare workerd serve; ${cores.description}`,
    `database: ${engine === "postgres" ? "real PostgreSQL with PostGIS" : `embedded (${note})`} behind the project's SQL-over-HTTP server`,
    `${((performance.now() - begun) / 1_000).toFixed(0)} s${options.isQuick ? "; --quick: small data and short rounds, the figures mean little" : ""}`,
  ];
  if (options.jsonFile !== null)
    writeFileSync(options.jsonFile, `${JSON.stringify({ circumstances, figures }, null, 2)}\n`);
  await print(`\n${circumstances.join("\n")}\n\n${formatFigures(figures)}\n`);
}

const options = parseOptions(process.argv.slice(2));
if ("problem" in options) {
  process.stderr.write(`turash: ${options.problem}\n${usage}\n`);
  process.exit(2);
}
const cores = divideCores();
await runUntilStopped((signal) => bench(options, cores, signal));
