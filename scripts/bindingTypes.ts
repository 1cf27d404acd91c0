import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot, wranglerEnvironment, wranglerPath } from "./wrangler.ts";

/** Writes worker-configuration.d.ts from wrangler.toml, without the line in which wrangler mutes a linter that is not used here. */
const { status } = spawnSync(
  process.execPath,
  [wranglerPath, "types", "--include-runtime=false", "--strict-vars=false"],
  { cwd: repositoryRoot, stdio: "inherit", env: wranglerEnvironment() },
);
const path = join(repositoryRoot, "worker-configuration.d.ts");
writeFileSync(path, readFileSync(path, "utf8").replace(/^\/\* eslint-disable \*\/\n/, ""));
process.exitCode = status ?? 1;
