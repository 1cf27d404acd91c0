import pg from "pg";
import {
  abandonedError,
  type BatchOptions,
  beginStatement,
  deadlineError,
  type Engine,
  type Limits,
  ResultTooLargeError,
  SqlError,
  type Statement,
  type StatementResult,
  sessionCommands,
  toSqlError,
  transactionControlError,
} from "./engine.ts";

/** Connections kept: enough for a Worker's concurrent requests, few enough for a small server. */
const connections = 20;

const asText = { getTypeParser: () => (text: string) => text };

/** A pool on a real PostgreSQL. Values come back as PostgreSQL prints them. */
export function createPostgresEngine(connectionString: string): Engine {
  const pool = new pg.Pool({ connectionString, max: connections, connectionTimeoutMillis: 10_000, types: asText });
  // A connection that breaks while it is idle is replaced; the next query tells if the server has gone.
  pool.on("error", () => undefined);
  const timeouts = new WeakMap<pg.PoolClient, number>();

  async function withClient<Result>(
    limits: Pick<Limits, "deadlineMs" | "signal">,
    use: (client: pg.PoolClient, soil: () => void) => Promise<Result>,
  ): Promise<Result> {
    const client = await pool.connect().catch((error) => {
      throw connectionError(error);
    });
    // What a statement leaves in the session must not be found by the next: the connection is given up.
    let isSoiled = false;
    try {
      if (limits.signal?.aborted) throw abandonedError();
      if (timeouts.get(client) !== limits.deadlineMs) {
        await client.query(`SET statement_timeout = ${Math.max(0, Math.ceil(limits.deadlineMs))}`);
        timeouts.set(client, limits.deadlineMs);
      }
      return await use(client, () => {
        isSoiled = true;
      });
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) {
        isSoiled ||= !(error instanceof SqlError || error instanceof ResultTooLargeError);
        throw error instanceof SqlError || error instanceof ResultTooLargeError ? error : connectionError(error);
      }
      if (error.code === "57014" && error.message.includes("statement timeout")) throw deadlineError(limits.deadlineMs);
      throw toSqlError(error);
    } finally {
      client.release(isSoiled);
    }
  }

  async function batchOn(
    client: pg.PoolClient,
    soil: () => void,
    statements: readonly Statement[],
    options: BatchOptions,
    limits: Limits,
  ): Promise<StatementResult[]> {
    const results: StatementResult[] = [];
    const left = { ...limits };
    await client.query(beginStatement(options));
    try {
      for (const statement of statements) {
        const { result, bytes } = await run(client, statement, left);
        if (client.getTransactionStatus() !== "T") throw transactionControlError();
        left.maxRows -= result.rows.length;
        left.maxBytes -= bytes;
        if (sessionCommands.has(result.command ?? "")) soil();
        results.push(result);
      }
      await client.query("COMMIT");
    } catch (error) {
      await client.query("ROLLBACK").catch(soil);
      throw error;
    }
    return results;
  }

  return {
    name: "postgres",
    query: (statement, limits) =>
      withClient(limits, async (client, soil) => {
        const { result } = await run(client, statement, limits);
        if (client.getTransactionStatus() !== "I") {
          soil();
          throw transactionControlError();
        }
        if (sessionCommands.has(result.command ?? "")) soil();
        return result;
      }),
    batch: (statements, options, limits) =>
      withClient(limits, (client, soil) => batchOn(client, soil, statements, options, limits)),
    script: (text) =>
      withClient({ deadlineMs: 0 }, async (client, soil) => {
        soil();
        await client.query(text);
        if (client.getTransactionStatus() !== "I") throw transactionControlError();
      }),
    close: () => pool.end(),
  };
}

/** Runs one statement by the extended protocol, which refuses several; keeps no more of the answer than the limits let. */
function run(
  client: pg.PoolClient,
  { text, parameters }: Statement,
  { maxRows, maxBytes }: Limits,
): Promise<{ result: StatementResult; bytes: number }> {
  return new Promise((resolve, reject) => {
    const query = new pg.Query<(string | null)[]>(
      // `queryMode` is missing in the type declarations.
      { text, values: [...parameters], types: asText, rowMode: "array", queryMode: "extended" } as pg.QueryArrayConfig,
    );
    const rows: (string | null)[][] = [];
    let bytes = 0;
    let isTooLarge = false;
    query.on("row", (row: (string | null)[]) => {
      if (isTooLarge) return;
      for (const value of row) bytes += value === null ? 4 : Buffer.byteLength(value);
      rows.push(row);
      if (rows.length <= maxRows && bytes <= maxBytes) return;
      isTooLarge = true;
      rows.length = 0;
    });
    query.on("error", reject);
    query.on("end", ({ command, rowCount, fields }: pg.QueryResult) => {
      if (isTooLarge) return reject(new ResultTooLargeError());
      const result = {
        command: command ?? null,
        rowCount: rowCount ?? null,
        fields: fields.map(({ name, dataTypeID, tableID, columnID, dataTypeSize, dataTypeModifier }) => ({
          name,
          tableID,
          columnID,
          dataTypeID,
          dataTypeSize,
          dataTypeModifier,
          format: "text" as const,
        })),
        rows,
      };
      return resolve({ result, bytes });
    });
    client.query(query);
  });
}

/** The way to the server failed: 57P03 (cannot_connect_now), for callers to try again. */
function connectionError(error: unknown): SqlError {
  if (error instanceof pg.DatabaseError) return toSqlError(error);
  const message =
    error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
  return new SqlError(`PostgreSQL cannot be reached: ${message}`, { severity: "FATAL", code: "57P03" });
}
