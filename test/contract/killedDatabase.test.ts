import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runKillTrial } from "../../scripts/database/killTrial.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe.each(enginesUnderTest)("a database on %s whose process is killed in the middle of writes", (engine) => {
  it("has every write that was answered, and none by half", { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "turash-kills-"));
    folders.push(folder);
    const trial = await runKillTrial({ engine, kills: 5, dataDir: folder, longestMs: 1000 });
    expect(trial.missing).toEqual([]);
    expect(trial.halves).toEqual([]);
    expect(trial.answered).toBeGreaterThan(100);
  });
});
