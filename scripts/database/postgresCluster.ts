import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { findFreePort } from "../freePort.ts";
import { untilParentEnds } from "../start/untilParentEnds.ts";
import { findPostgres } from "./debianPostgres.ts";
import { LocalDatabaseError } from "./localDatabaseError.ts";

const execute = promisify(execFile);

export type PostgresCluster = {
  /** `postgresql://` on 127.0.0.1, for `pg` and `psql`. */
  connectionString: string;
  close(): Promise<void>;
};

/** Milliseconds a start may take: recovery after a kill replays what was written since the last checkpoint. */
const startDeadlineMs = 60_000;

/**
 * Starts a PostgreSQL of the project's own: its files in `folder`, on a free port of 127.0.0.1, no socket, not as root
 * (as Debian's `postgres` user when this process is root), stopping with this process.
 * Errors: `LocalDatabaseError` `postgres_missing`, `postgres_failed`, `data_folder_damaged`.
 */
export async function startPostgresCluster(
  folder: string,
  password: string,
  report: (line: string) => void,
): Promise<PostgresCluster> {
  const binaries = await findPostgres(report);
  const identity = await chooseIdentity();
  const data = join(folder, "data");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (identity) await chown(folder, identity.uid, identity.gid);
  if (!existsSync(join(data, "PG_VERSION")))
    await initialize(join(binaries.folder, "initdb"), folder, password, identity);
  const made = (await readFile(join(data, "PG_VERSION"), "utf8")).trim();
  if (made !== String(binaries.version))
    throw new LocalDatabaseError(
      "data_folder_damaged",
      `${data} was made by PostgreSQL ${made}, and ${binaries.version} is installed. Start with --fresh to replace it; local data is lost.`,
    );

  const begun = Date.now();
  for (;;) {
    const port = await findFreePort();
    const log = join(folder, "postgres.log");
    const server = spawnServer(join(binaries.folder, "postgres"), folder, port, log, identity);
    const connectionString = `postgresql://turash:${password}@127.0.0.1:${port}/postgres`;
    const isUp = await waitUntilUp(server, connectionString, begun + startDeadlineMs);
    if (isUp) return { connectionString: await createDatabase(connectionString), close: () => stopServer(server) };
    await stopServer(server);
    const said = existsSync(log) ? readFileSync(log, "utf8").trim() : "";
    // A killed run's server may still be shutting down, or another process may have taken the port.
    const isPassing =
      /lock file "postmaster.pid" already exists|Address already in use|pre-existing shared memory/.test(said);
    if (!isPassing || Date.now() - begun > startDeadlineMs) throw startFailure(data, log, said);
    await sleep(300);
  }
}

type Identity = { uid: number; gid: number };

/** PostgreSQL refuses to run as root. Null: as ourselves. */
async function chooseIdentity(): Promise<Identity | null> {
  if (process.getuid?.() !== 0) return null;
  try {
    const [uid, gid] = await Promise.all(
      ["-u", "-g"].map(async (flag) => Number((await execute("id", [flag, "postgres"])).stdout)),
    );
    return { uid: uid!, gid: gid! };
  } catch (error) {
    throw new LocalDatabaseError(
      "postgres_failed",
      "There is no user named postgres to run PostgreSQL as. Run: adduser --system --group postgres",
      error,
    );
  }
}

async function initialize(initdb: string, folder: string, password: string, identity: Identity | null): Promise<void> {
  const passwordFile = join(folder, "password");
  // Made aside and renamed: a run that is broken off leaves nothing that looks like a database.
  const draft = join(folder, "data.new");
  await rm(draft, { recursive: true, force: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (identity) await chown(passwordFile, identity.uid, identity.gid);
  const log = join(folder, "initdb.log");
  try {
    const flags = ["--username=turash", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"];
    const run = spawnAs(identity, folder, log, "ignore", (seen) => [
      initdb,
      "-D",
      `${seen}/data.new`,
      `--pwfile=${seen}/password`,
      ...flags,
    ]);
    const code = await new Promise((resolve) => run.once("error", resolve).once("close", resolve));
    if (code !== 0) {
      const said = (await readFile(log, "utf8")).trim().split("\n").at(-1) || String(code);
      throw new LocalDatabaseError("postgres_failed", `PostgreSQL's initdb failed (${said}). See ${log}.`);
    }
    await rm(join(folder, "data"), { recursive: true, force: true });
    await rename(draft, join(folder, "data"));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function spawnServer(
  binary: string,
  folder: string,
  port: number,
  log: string,
  identity: Identity | null,
): ChildProcess {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    timezone: "UTC",
    max_connections: 60,
    shared_buffers: "256MB",
    // Compiling costs more than it saves for short queries.
    jit: "off",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return spawnAs(identity, folder, log, "pipe", (seen) => [
    "/bin/sh",
    "-c",
    // PostgreSQL's "fast" shutdown.
    untilParentEnds("INT"),
    "sh",
    binary,
    "-D",
    `${seen}/data`,
    ...flags,
  ]);
}

/**
 * Runs a command whose output goes to `log`. `command` is told by which path it finds `folder`: as another user it could
 * not get there where a folder above is closed to it (a repository under /root), so it inherits the open folder instead.
 */
function spawnAs(
  identity: Identity | null,
  folder: string,
  log: string,
  input: "pipe" | "ignore",
  command: (seen: string) => string[],
): ChildProcess {
  const output = openSync(log, "w");
  const opened = openSync(folder, "r");
  try {
    const [file, ...parameters] = command(identity ? "/proc/self/fd/3" : folder);
    // A process group of its own: Ctrl-C in the terminal is for this process, which then stops it in order.
    return spawn(file!, parameters, {
      ...identity,
      cwd: identity ? "/" : folder,
      env: environment(),
      detached: true,
      stdio: [input, output, output, opened],
    });
  } finally {
    closeSync(output);
    closeSync(opened);
  }
}

async function waitUntilUp(server: ChildProcess, connectionString: string, deadline: number): Promise<boolean> {
  while (server.exitCode === null && server.signalCode === null && Date.now() < deadline) {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
    // Refused while it starts; the loop asks again.
    const isUp = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    if (isUp) return true;
    await sleep(50);
  }
  return false;
}

/** The database has the project's name; a new cluster has only `postgres`. */
async function createDatabase(connectionString: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = 'turash'");
    if (!rowCount) await client.query("CREATE DATABASE turash");
  } finally {
    await client.end();
  }
  return connectionString.replace(/\/postgres$/, "/turash");
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.stdin?.end();
  const late = await Promise.race([ended, sleep(20_000, "late", { ref: false })]);
  if (late === "late") {
    server.kill("SIGKILL");
    await ended;
  }
}

function startFailure(data: string, log: string, said: string): LocalDatabaseError {
  const fatal = said.split("\n").findLast((line) => /FATAL|PANIC|invalid/.test(line)) ?? said.split("\n").at(-1) ?? "";
  return new LocalDatabaseError(
    /FATAL|PANIC/.test(said) ? "data_folder_damaged" : "postgres_failed",
    `PostgreSQL does not start on ${data} (${fatal.replace(/^.*?(FATAL|PANIC): +/, "").slice(0, 200)}). See ${log}, or start with --fresh to replace it; local data is lost.`,
  );
}

/** Nothing of ours: PGDATA, PGPORT and the like would change what the server does. */
function environment(): NodeJS.ProcessEnv {
  const none = {} as NodeJS.ProcessEnv;
  return Object.assign(none, { PATH: process.env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" });
}
