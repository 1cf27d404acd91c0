import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { writeDocsPage } from "../docsPage.ts";
import { repositoryRoot, wranglerEnvironment, wranglerPath } from "../wrangler.ts";

const execute = promisify(execFile);

/** The production bundle, as `wrangler deploy --minify` would send it. */
export async function buildProduction(folder: string): Promise<string> {
  writeDocsPage(repositoryRoot);
  await execute(process.execPath, [wranglerPath, "deploy", "--dry-run", "--minify", "--outdir", folder], {
    cwd: repositoryRoot,
    env: wranglerEnvironment(),
  });
  return join(folder, "index.js");
}

/** Workers beside the production one, by their file in workers/. */
export type Comparison = "hello" | "room" | "row" | "json" | "layers" | "credentials";

/** A Worker that a measure is held against, bundled as wrangler would. */
export async function buildComparison(name: Comparison, folder: string): Promise<string> {
  return bundleForWorkerd(join(import.meta.dirname, "workers", `${name}.ts`), join(folder, `${name}.js`));
}

/** Bundles a module with all that it imports; where it was written. */
export async function bundleForWorkerd(entryPath: string, outfile: string): Promise<string> {
  await build({
    entryPoints: [entryPath],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    logLevel: "error",
  });
  return outfile;
}

export function readCompatibilityDate(): string {
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(readFileSync(join(repositoryRoot, "wrangler.toml"), "utf8"));
  if (!date) throw new Error("wrangler.toml names no compatibility_date");
  return date[1]!;
}

/** Bytes of a bundle, as it is and compressed as Cloudflare counts it. */
export function measureBundle(path: string): { rawKb: number; gzipKb: number } {
  const bytes = readFileSync(path);
  return { rawKb: bytes.length / 1_000, gzipKb: gzipSync(bytes).length / 1_000 };
}
