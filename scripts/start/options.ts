import { parseArgs } from "node:util";

export type StartOptions = {
  /** 0 takes any free port. */
  port: number;
  dataFolder: string;
  fresh: boolean;
  once: boolean;
  json: boolean;
  /** Keeps the graph in a Neo4j of its own. */
  neo4j: boolean;
};

export const usage =
  "Usage: npm start -- [--port N] [--data DIR] [--fresh] [--once] [--json] [--neo4j]   (port 8787, data .turash; --fresh forgets local data, --once prints the main job and stops, --neo4j keeps the graph in Neo4j)";

/** The options, or what is wrong with them. */
export function parseStartOptions(parameters: readonly string[]): StartOptions | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: "string", default: "8787" },
        data: { type: "string", default: ".turash" },
        fresh: { type: "boolean", default: false },
        once: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        neo4j: { type: "boolean", default: false },
      },
    });
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
      return { problem: `--port takes a number from 0 to 65535, not "${values.port}"` };
    if (values.data.trim() === "") return { problem: "--data takes a folder" };
    return {
      port: Number(values.port),
      dataFolder: values.data,
      fresh: values.fresh,
      once: values.once,
      json: values.json,
      neo4j: values.neo4j,
    };
  } catch (error) {
    return { problem: (error as Error).message.split(". ")[0]!.replaceAll("\n", " ") };
  }
}
