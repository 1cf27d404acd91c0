import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { StartAnswer } from "./provided.ts";

/** Starts the whole service as `npm start -- --json` does, on a folder and a port of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "turash-e2e-"));
  const root = join(import.meta.dirname, "..", "..");
  const service = spawn(
    process.execPath,
    [join(root, "scripts", "bootstrap.mjs"), "start", "--json", "--port", "0", "--data", folder],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  const closed = new Promise<number | null>((resolve) => service.on("close", resolve));
  let progress = "";
  service.stderr.setEncoding("utf8").on("data", (text: string) => {
    progress += text;
  });
  const line = await new Promise<string>((resolve, reject) => {
    let output = "";
    service.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("\n")) resolve(output);
    });
    void closed.then((code) => reject(new Error(`npm start ended with exit ${code}:\n${progress}`)));
  });
  project.provide("service", JSON.parse(line) as StartAnswer);
  project.provide("serviceProcess", { pid: service.pid!, folder });
  return async () => {
    service.kill("SIGTERM");
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
}
