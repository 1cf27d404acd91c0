import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildClient } from "../../scripts/client/buildClient.ts";

/** A project of somebody else's, in a new folder, which has this package's client installed and imports it by name. */
export async function installClient(root: string): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), "turash-client-"));
  const installed = join(project, "node_modules", "turash");
  mkdirSync(installed, { recursive: true });
  const { name, version, type, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  writeFileSync(join(installed, "package.json"), JSON.stringify({ name, version, type, exports }));
  writeFileSync(join(project, "package.json"), '{"type": "module"}');
  // What its types are made of.
  symlinkSync(join(root, "node_modules", "zod"), join(project, "node_modules", "zod"));
  await buildClient(root, join(installed, "dist", "client"));
  return project;
}
