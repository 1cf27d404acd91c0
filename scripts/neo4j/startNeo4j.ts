import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createQueryApi } from "../../src/stores/graph/neo4j/queryApi.ts";
import { findFreePort } from "../freePort.ts";
import { readIfThere, writePrivateFile } from "../start/files.ts";
import { StartProblem } from "../start/problem.ts";
import { untilParentEnds } from "../start/untilParentEnds.ts";
import { fetchNeo4j, type Neo4jFiles } from "./fetchNeo4j.ts";

const execute = promisify(execFile);

export type LocalNeo4j = {
  version: string;
  /** Of the Query API, and of Bolt. */
  httpUrl: string;
  boltUrl: string;
  user: string;
  password: string;
  database: string;
  close(): Promise<void>;
};

const user = "neo4j";
const database = "neo4j";
/** A start takes 8 s; on a busy machine far more. */
const startDeadlineMs = 180_000;
const stopDeadlineMs = 30_000;
const opens = ["java.nio", "java.io", "sun.nio.ch", "java.util.concurrent"];
const heap = ["-Xms256m", "-Xmx512m"];

/**
 * Starts a Neo4j of the project's own on Java: its files and its password in `folder`, on free ports of 127.0.0.1, stopping with
 * this process. Errors: `StartProblem` of one line.
 */
export async function startNeo4j(folder: string, report: (line: string) => void): Promise<LocalNeo4j> {
  const files = await fetchNeo4j(report);
  const password = await preparePassword(folder, files);
  const begun = Date.now();
  for (;;) {
    const [http, bolt] = [await findFreePort(), await findFreePort()];
    await mkdir(join(folder, "conf"), { recursive: true, mode: 0o700 });
    writePrivateFile(join(folder, "conf", "neo4j.conf"), configuration(http, bolt));
    const log = join(folder, "neo4j.log");
    const server = spawnServer(folder, files, log);
    const address = { url: `http://127.0.0.1:${http}`, credentials: { user, password }, database };
    const problem = await waitUntilUp(server, address, begun + startDeadlineMs);
    if (problem === null)
      return {
        version: files.version,
        httpUrl: address.url,
        boltUrl: `bolt://127.0.0.1:${bolt}`,
        user,
        password,
        database,
        close: () => stopServer(server),
      };
    await stopServer(server);
    const said = existsSync(log) ? readFileSync(log, "utf8") : "";
    if (!/Address already in use/.test(said) || Date.now() - begun > startDeadlineMs)
      throw new StartProblem(
        `Neo4j does not start on ${folder} (${lastError(said) ?? problem}). See ${log}, or start with --fresh to replace it`,
      );
  }
}

/** Authentication is on, with a password that is made with the folder and kept in it. */
async function preparePassword(folder: string, files: Neo4jFiles): Promise<string> {
  const path = join(folder, "password");
  const known = readIfThere(path)?.trim();
  if (known) return known;
  if (existsSync(join(folder, "data")))
    throw new StartProblem(`${folder} holds a Neo4j whose password is lost; start with --fresh to replace it`);
  await mkdir(join(folder, "conf"), { recursive: true, mode: 0o700 });
  writePrivateFile(join(folder, "conf", "neo4j.conf"), configuration(0, 0));
  const password = randomBytes(24).toString("base64url");
  // Java reads its arguments from a file, so that the password does not show in the list of processes.
  const argumentsFile = join(folder, "initial-password.args");
  writePrivateFile(
    argumentsFile,
    `-cp "${files.jars}/*"\norg.neo4j.cli.AdminTool\ndbms set-initial-password "${password}"\n`,
  );
  try {
    await execute(files.java, [`@${argumentsFile}`], {
      env: environment({ NEO4J_HOME: folder, NEO4J_CONF: join(folder, "conf") }),
    });
  } catch (error) {
    throw new StartProblem(
      `Neo4j's password could not be set: ${String((error as { stderr?: string }).stderr ?? error)
        .trim()
        .slice(0, 300)}`,
    );
  } finally {
    rmSync(argumentsFile, { force: true });
  }
  writePrivateFile(path, `${password}\n`);
  return password;
}

function configuration(http: number, bolt: number): string {
  const settings = {
    "server.bolt.listen_address": `127.0.0.1:${bolt}`,
    "server.http.listen_address": `127.0.0.1:${http}`,
    "server.https.enabled": "false",
    "dbms.security.auth_enabled": "true",
    "server.memory.heap.max_size": "512m",
    "server.memory.pagecache.size": "128m",
    "dbms.usage_report.enabled": "false",
    "db.transaction.timeout": "60s",
    "server.http_enabled_modules": "TRANSACTIONAL_ENDPOINTS,UNMANAGED_EXTENSIONS,QUERY_API_ENDPOINTS",
  };
  return `${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n")}\n`;
}

function spawnServer(folder: string, { jars, java }: Neo4jFiles, log: string): ChildProcess {
  const output = openSync(log, "w", 0o600);
  const parameters = [
    ...heap,
    ...opens.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    "-cp",
    `${jars}/*`,
    "org.neo4j.server.CommunityEntryPoint",
    `--home-dir=${folder}`,
    `--config-dir=${join(folder, "conf")}`,
    "--console-mode",
  ];
  try {
    // A process group of its own: Ctrl-C in the terminal is for this process, which then stops it in order.
    return spawn("/bin/sh", ["-c", untilParentEnds("TERM"), "sh", java, ...parameters], {
      cwd: folder,
      env: environment({}),
      detached: true,
      stdio: ["pipe", output, output],
    });
  } finally {
    closeSync(output);
  }
}

/** Null once it answers a statement (the first takes two seconds); else what keeps it. */
async function waitUntilUp(
  server: ChildProcess,
  address: Parameters<typeof createQueryApi>[0],
  deadline: number,
): Promise<string | null> {
  let problem = "it did not answer in time";
  while (Date.now() < deadline) {
    if (server.exitCode !== null || server.signalCode !== null) return "it ended";
    try {
      await createQueryApi(address, AbortSignal.timeout(30_000), { known: [] }).run(
        { text: "RETURN 1 AS one", given: {} },
        "read",
      );
      return null;
    } catch (error) {
      problem = (error as Error).message;
      await sleep(200);
    }
  }
  return problem;
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.stdin?.end();
  const late = await Promise.race([ended, sleep(stopDeadlineMs, "late", { ref: false })]);
  if (late !== "late") return;
  try {
    process.kill(-server.pid!, "SIGKILL");
  } catch {
    // It has just ended.
  }
  await ended;
}

function lastError(said: string): string | null {
  const line = said.split("\n").findLast((each) => /ERROR|Caused by|Exception/.test(each));
  return line ? line.trim().slice(0, 300) : null;
}

/** Nothing of ours but what Java needs: NEO4J_* would change what the server does. */
function environment(own: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH = "/usr/bin:/bin", JAVA_HOME, HOME } = process.env;
  return { PATH, LANG: "C.UTF-8", ...(JAVA_HOME && { JAVA_HOME }), ...(HOME && { HOME }), ...own } as NodeJS.ProcessEnv;
}
