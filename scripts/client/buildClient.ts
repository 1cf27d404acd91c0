import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";

/**
 * The client of rooms as its users import it, into a folder: one file for Node and browsers without anything of Node's, and its types.
 * Errors: `Error` with what the compiler said.
 */
export async function buildClient(root: string, folder: string): Promise<void> {
  const entry = join(root, "src", "client", "index.ts");
  await build({
    entryPoints: [entry],
    outfile: join(folder, "index.js"),
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    sourcemap: true,
    logLevel: "warning",
  });
  const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--rootDir", join(root, "src")];
  const compiled = spawnSync(
    process.execPath,
    [
      join(root, "node_modules", "typescript", "bin", "tsc"),
      "-p",
      join(root, "tsconfig.client.json"),
      ...options,
      "--outDir",
      join(folder, "types"),
    ],
    { cwd: root, encoding: "utf8" },
  );
  if (compiled.status !== 0)
    throw new Error(`The types of the client cannot be made:\n${compiled.stdout}${compiled.stderr}`);
}
