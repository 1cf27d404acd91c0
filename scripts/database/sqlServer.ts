import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Engine,
  type Limits,
  ResultTooLargeError,
  SqlError,
  type StatementResult,
  sqlErrorFields,
} from "./engine.ts";
import { shapeRows } from "./jsonValues.ts";
import { LocalDatabaseError } from "./localDatabaseError.ts";
import { parseSqlRequest, readBody, type SqlRequest, SqlRequestError } from "./sqlRequest.ts";

export type SqlServerOptions = {
  engine: Engine;
  /** Shared secret: the password of the connection string that a request must carry. */
  password: string;
  /** 0 or absent: any free one. */
  port?: number | undefined;
  /** Milliseconds each trip takes longer, as if the database were that far away. */
  delayMs?: number | undefined;
  /** Milliseconds a statement may wait and run; 30,000 when absent. */
  deadlineMs?: number | undefined;
  /** Bytes of a request's body; 64 MiB when absent, as Neon's. */
  maxRequestBytes?: number | undefined;
  /** Bytes of an answer's values; 64 MiB when absent, as Neon's. */
  maxResponseBytes?: number | undefined;
  /** Rows of an answer; 1,000,000 when absent. */
  maxRows?: number | undefined;
};

export type SqlServer = {
  /** For `neonConfig.fetchEndpoint`. */
  fetchEndpoint: string;
  /** For `neon()`. */
  connectionString: string;
  /** Trips so far: requests with the right password, also those that failed. */
  trips(): number;
  /** Changes the delay of every later trip. */
  setDelay(milliseconds: number): void;
  /** Lets the running trips end and stops listening. The engine stays open. */
  close(): Promise<void>;
};

const user = "turash";
const mebibyte = 1024 * 1024;

/**
 * Speaks Neon's SQL over HTTP (`POST /sql`) as `@neondatabase/serverless` 1.x does, on 127.0.0.1 only, in front of an engine.
 * Errors: `LocalDatabaseError` `port_in_use`.
 */
export async function startSqlServer(options: SqlServerOptions): Promise<SqlServer> {
  const { engine, password } = options;
  const limits: Omit<Limits, "signal"> = {
    deadlineMs: options.deadlineMs ?? 30_000,
    maxRows: options.maxRows ?? 1_000_000,
    maxBytes: options.maxResponseBytes ?? 64 * mebibyte,
  };
  const maxRequestBytes = options.maxRequestBytes ?? 64 * mebibyte;
  let delayMs = options.delayMs ?? 0;
  let trips = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    try {
      checkDoor(request, password);
      trips += 1;
      const header = (name: string) => request.headers[name]?.toString();
      const sqlRequest = parseSqlRequest(await readBody(request, maxRequestBytes), header);
      if (delayMs > 0) await sleep(delayMs);
      send(response, 200, await run(engine, sqlRequest, { ...limits, signal: gone.signal }));
    } catch (error) {
      sendError(request, response, error, limits);
    }
  }

  const server = createServer((request, response) => {
    void answer(request, response);
  });
  // Longer than clients keep idle connections, so that none is closed under a request on its way.
  server.keepAliveTimeout = 120_000;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;

  return {
    fetchEndpoint: `http://127.0.0.1:${port}/sql`,
    connectionString: `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${user}`,
    trips: () => trips,
    setDelay(milliseconds) {
      delayMs = milliseconds;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      // A connection whose last answer has just gone out is kept by its client for the next request.
      const sweep = setInterval(() => server.closeIdleConnections(), 20);
      await closed;
      clearInterval(sweep);
    },
  };
}

function checkDoor(request: IncomingMessage, password: string): void {
  if (request.url?.split("?")[0] !== "/sql") throw new SqlRequestError(404, "no such path; POST /sql");
  if (request.method !== "POST") throw new SqlRequestError(405, "POST only");
  const given = readConnectionString(request.headers["neon-connection-string"]?.toString());
  if (given.user !== user || !isSame(given.password, password))
    throw new SqlError(`password authentication failed for user '${given.user}'`, { severity: "FATAL", code: "28P01" });
  if (given.database !== user)
    throw new SqlError(`database "${given.database}" does not exist`, { severity: "FATAL", code: "3D000" });
}

function readConnectionString(header: string | undefined): { user: string; password: string; database: string } {
  if (!header) throw new SqlRequestError(400, "header Neon-Connection-String is missing");
  try {
    const url = new URL(header);
    if (!/^postgres(ql)?:$/.test(url.protocol)) throw new TypeError("another protocol");
    const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent);
    return { user: user!, password: password!, database: database! };
  } catch (error) {
    if (error instanceof TypeError || error instanceof URIError)
      throw new SqlRequestError(400, "header Neon-Connection-String is not a postgresql:// URL");
    throw error;
  }
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function run(
  engine: Engine,
  { statements, batch, arrayMode, rawText }: SqlRequest,
  limits: Limits,
): Promise<string> {
  const shape = (result: StatementResult) => ({
    ...result,
    rows: shapeRows(result, arrayMode, rawText),
    rowAsArray: arrayMode,
  });
  const body = batch
    ? { results: (await engine.batch(statements, batch, limits)).map(shape) }
    : shape(await engine.query(statements[0]!, limits));
  return JSON.stringify(body);
}

function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  limits: Omit<Limits, "signal">,
): void {
  if (error instanceof SqlError) {
    const fields = Object.fromEntries(sqlErrorFields.map((name) => [name, error.fields[name] ?? null]));
    send(response, 400, JSON.stringify({ message: error.message, ...fields }));
  } else if (error instanceof ResultTooLargeError) {
    const message = `response is too large (max is ${limits.maxBytes} bytes and ${limits.maxRows} rows)`;
    send(response, 507, JSON.stringify({ message }));
  } else if (error instanceof SqlRequestError) {
    if (error.status === 405) response.setHeader("allow", "POST");
    send(response, error.status, JSON.stringify({ message: error.message, code: null }));
  } else send(response, 500, JSON.stringify({ message: error instanceof Error ? error.message : String(error) }));
  // What is left of a body would be taken for the next request.
  if (!request.complete) request.resume();
}

function send(response: ServerResponse, status: number, body: string): void {
  if (response.destroyed) return;
  if (!response.req.complete) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = error.code === "EADDRINUSE";
      const what = inUse ? `Port ${port} for the database is in use. Name another one, or 0 for any.` : error.message;
      reject(inUse ? new LocalDatabaseError("port_in_use", what, error) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}
