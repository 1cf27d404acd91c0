import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { neon, neonConfig } from "@neondatabase/serverless";
import type { EngineName } from "./engine.ts";

export type KillTrialOptions = {
  engine: EngineName;
  kills: number;
  dataDir: string;
  /** Longest time of writing before a kill. */
  longestMs?: number | undefined;
  report?: ((line: string) => void) | undefined;
};

export type KillTrial = {
  answered: number;
  /** Numbers of writes that were answered and are not there. */
  missing: number[];
  /** Writes of which one half is there and the other not. */
  halves: number[];
  /** Writes that are there though nobody was told: why clients need idempotency keys. */
  unanswered: number;
  startSeconds: number[];
};

const writers = 6;

/**
 * Runs a database in a process of its own, writes to it without pause, ends that process with SIGKILL at a random
 * moment, again and again, and then looks for every write that was answered. Each write is a batch over two tables.
 */
export async function runKillTrial(options: KillTrialOptions): Promise<KillTrial> {
  const { engine, kills, dataDir, longestMs = 1500, report = () => undefined } = options;
  const answered = new Set<number>();
  const startSeconds: number[] = [];
  let next = 1;

  const start = async () => {
    const begun = performance.now();
    const running = await startChild(engine, dataDir);
    startSeconds.push((performance.now() - begun) / 1000);
    return running;
  };

  for (let kill = 0; kill < kills; kill += 1) {
    const { child, fetchEndpoint, connectionString } = await start();
    neonConfig.fetchEndpoint = fetchEndpoint;
    const sql = neon(connectionString);
    if (kill === 0)
      await sql.transaction([
        sql`CREATE TABLE kill_trial_firsts (id integer PRIMARY KEY, filler text)`,
        sql`CREATE TABLE kill_trial_seconds (id integer PRIMARY KEY)`,
      ]);
    let isAlive = true;
    const writing = Array.from({ length: writers }, async () => {
      while (isAlive) {
        const id = next++;
        try {
          await sql.transaction([
            sql`INSERT INTO kill_trial_firsts VALUES (${id}, repeat('x', ${(id * 37) % 3000}::integer))`,
            sql`INSERT INTO kill_trial_seconds VALUES (${id})`,
          ]);
          answered.add(id);
        } catch (error) {
          // A writer is told the truth only while the database lives.
          if (isAlive) throw error;
        }
      }
    });
    await sleep(100 + Math.random() * (longestMs - 100));
    isAlive = false;
    child.kill("SIGKILL");
    await Promise.all([...writing, new Promise((done) => child.once("close", done))]);
    report(`kill ${kill + 1} of ${kills}: ${answered.size} writes answered so far`);
  }

  const { child, fetchEndpoint, connectionString } = await start();
  neonConfig.fetchEndpoint = fetchEndpoint;
  const sql = neon(connectionString, { arrayMode: true });
  const [firsts, seconds] = (await sql.transaction([
    sql`SELECT id FROM kill_trial_firsts`,
    sql`SELECT id FROM kill_trial_seconds`,
  ])) as number[][][];
  const stored = new Set(firsts!.map(([id]) => id!));
  const others = new Set(seconds!.map(([id]) => id!));
  child.kill("SIGTERM");
  await new Promise((done) => child.once("close", done));
  return {
    answered: answered.size,
    missing: [...answered].filter((id) => !stored.has(id)),
    halves: [...new Set([...stored, ...others])].filter((id) => stored.has(id) !== others.has(id)),
    unanswered: [...stored].filter((id) => !answered.has(id)).length,
    startSeconds,
  };
}

type Running = { child: ChildProcess; fetchEndpoint: string; connectionString: string };

async function startChild(engine: EngineName, dataDir: string): Promise<Running> {
  const script = resolve(import.meta.dirname, "..", engine === "pglite" ? "dbStart.ts" : "dbPostgres.ts");
  const child = spawn(process.execPath, [script, "--json", "--data", dataDir], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  for await (const line of createInterface(child.stdout)) return { child, ...JSON.parse(line) };
  throw new Error(`the database did not start: ${said.trim()}`);
}
