import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runKillTrial } from "./database/killTrial.ts";

// Kills a database in the middle of writes, as often as asked, and counts what was answered and is not there.
const { values } = parseArgs({
  options: { kills: { type: "string", default: "20" }, engine: { type: "string", default: "pglite" } },
});
const folder = mkdtempSync(join(tmpdir(), "turash-kills-"));
try {
  const engine = values.engine === "postgres" ? "postgres" : "pglite";
  const trial = await runKillTrial({
    engine,
    kills: Number(values.kills),
    dataDir: folder,
    report: console.error,
  });
  const starts = trial.startSeconds.toSorted((a, b) => a - b);
  console.log(
    `${engine}: ${trial.answered} writes answered, ${trial.missing.length} of them missing, ${trial.halves.length} half done, ` +
      `${trial.unanswered} done and not answered; starts ${starts[0]!.toFixed(1)}-${starts.at(-1)!.toFixed(1)} s`,
  );
  if (trial.missing.length + trial.halves.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
