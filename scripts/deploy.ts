import { spawnSync } from "node:child_process";
import { writeDocsPage } from "./docsPage.ts";
import { repositoryRoot, wranglerPath } from "./wrangler.ts";

writeDocsPage(repositoryRoot);
const { status } = spawnSync(process.execPath, [wranglerPath, "deploy", "--minify", ...process.argv.slice(2)], {
  cwd: repositoryRoot,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
