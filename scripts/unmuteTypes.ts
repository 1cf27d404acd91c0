import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./wrangler.ts";

/** Takes out of worker-configuration.d.ts the line in which wrangler mutes a linter that is not used here. */
const path = join(repositoryRoot, "worker-configuration.d.ts");
writeFileSync(path, readFileSync(path, "utf8").replace(/^\/\* eslint-disable \*\/\n/, ""));
