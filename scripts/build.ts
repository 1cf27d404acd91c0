import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildClient } from "./client/buildClient.ts";
import { writeDocsPage } from "./docsPage.ts";
import { repositoryRoot, wranglerEnvironment, wranglerPath } from "./wrangler.ts";

writeDocsPage(repositoryRoot);
const { status } = spawnSync(
  process.execPath,
  [wranglerPath, "deploy", "--dry-run", "--minify", "--outdir", "dist", ...process.argv.slice(2)],
  { cwd: repositoryRoot, stdio: "inherit", env: wranglerEnvironment() },
);
process.exitCode = status ?? 1;
if (status === 0) await buildClient(repositoryRoot, join(repositoryRoot, "dist", "client"));
