import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import type { SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { AppError } from "../../domain/errors.ts";

/** PostgreSQL over HTTP, for one request. Each call is one round trip. */
export type Database = {
  /** Runs one statement and gives its rows. Fails with `unavailable`, `deadline_exceeded` or a `NeonDbError`. */
  query<Row>(statement: SQL): Promise<Row[]>;
  /** Runs several statements in one transaction and one round trip, and gives the rows of each. */
  batch<Rows extends unknown[][]>(statements: SQL[]): Promise<Rows>;
  /** Round trips made so far. */
  trips(): number;
  /** Remembers that events may have been written, which want to be sent on their way. */
  noteEvents(): void;
  hasEvents(): boolean;
};

export type DatabaseOptions = {
  connectionString: string;
  /** Address of a server of the SQL-over-HTTP protocol; the host of the connection string where absent. */
  fetchEndpoint?: string | undefined;
  /** Ends every call. */
  signal: AbortSignal;
};

/** A client for one request: workerd ties connections to the request that opened them, so none is kept. */
export function createDatabase({ connectionString, fetchEndpoint, signal }: DatabaseOptions): Database {
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint;
  // A redirect followed would hand the connection string, which goes with every request, to another host.
  const client = drizzle(neon(connectionString, { fetchOptions: { signal, redirect: "manual" } }));
  let trips = 0;
  let hasEvents = false;

  async function send<Result>(run: () => Promise<Result>): Promise<Result> {
    trips += 1;
    try {
      return await run();
    } catch (error) {
      throw translate(error, signal);
    }
  }

  return {
    query: <Row>(statement: SQL) => send(async () => (await client.execute(statement)).rows as Row[]),
    batch: <Rows extends unknown[][]>(statements: SQL[]) =>
      send(async () => {
        const queries = statements.map((statement) => client.execute(statement));
        const results = await client.batch(queries as [(typeof queries)[0], ...typeof queries]);
        return results.map((result) => result.rows) as Rows;
      }),
    trips: () => trips,
    noteEvents() {
      hasEvents = true;
    },
    hasEvents: () => hasEvents,
  };
}

/** The database's own error stays as it is, for stores to name the field; what else fails is the way to it. */
function translate(error: unknown, signal: AbortSignal): unknown {
  const cause = error instanceof Error && error.cause instanceof NeonDbError ? error.cause : error;
  if (signal.aborted)
    return new AppError("deadline_exceeded", "The request took too long and was given up.", {}, cause);
  if (!(cause instanceof NeonDbError))
    return new AppError("unavailable", "The database did not answer.", { retryAfterSeconds: 1 }, cause);
  // 57014: statement timeout; 40001 and 40P01: serialization failure and deadlock; 53xxx and 57P0x: overload and shutdown.
  if (cause.code === "57014") return new AppError("deadline_exceeded", "The database gave the request up.", {}, cause);
  if (!cause.code || /^(40001|40P01|53...|57P0.)$/.test(cause.code))
    return new AppError("unavailable", "The database could not answer now.", { retryAfterSeconds: 1 }, cause);
  return cause;
}
