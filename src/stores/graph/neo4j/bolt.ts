import type { AuthToken, Driver } from "neo4j-driver";
import type { Bookmarks, Cypher, CypherRunner, CypherValue } from "./cypher.ts";
import { CypherError, translate } from "./failure.ts";
import type { GraphAddress } from "./queryApi.ts";

/** Longer than any request lives; the driver's own retries are not used, for the caller's are. */
const transactionTimeoutMs = 60_000;
const connectionTimeoutMs = 5_000;

/**
 * The same statements over Bolt. A driver is made for each of them and closed after it, for in a Worker its connections belong to
 * the request that opened them; there it speaks Bolt over a WebSocket. The library is loaded by the first one, so that nobody else
 * waits for its megabyte.
 */
export function createBolt(
  { url, credentials, database }: GraphAddress,
  signal: AbortSignal,
  bookmarks: Bookmarks,
): CypherRunner {
  return {
    async run<Row extends Record<string, unknown>>({ text, given }: Cypher, access: "read" | "write") {
      let driver: Driver | null = null;
      try {
        signal.throwIfAborted();
        const { default: neo4j } = await import("neo4j-driver");
        driver = neo4j.driver(url, authOf(neo4j.auth, credentials), {
          disableLosslessIntegers: true,
          connectionTimeout: connectionTimeoutMs,
          connectionAcquisitionTimeout: connectionTimeoutMs,
          maxConnectionPoolSize: 1,
          telemetryDisabled: true,
        });
        const session = driver.session({
          database,
          defaultAccessMode: access === "read" ? neo4j.session.READ : neo4j.session.WRITE,
          bookmarks: [...bookmarks.known],
        });
        const result = await orAborted(
          session.run(text, { given: withIntegers(given, neo4j.int) }, { timeout: transactionTimeoutMs }),
          signal,
        );
        const last = session.lastBookmarks();
        if (last.length > 0) bookmarks.known = last;
        return result.records.map((record) => record.toObject() as Row);
      } catch (failure) {
        throw translate(asCypherError(failure), signal);
      } finally {
        await driver?.close().catch(() => undefined);
      }
    },
  };
}

type Auth = { basic(user: string, password: string): AuthToken; bearer(token: string): AuthToken };

function authOf(auth: Auth, credentials: GraphAddress["credentials"]): AuthToken | undefined {
  if (credentials === null) return undefined;
  return "token" in credentials ? auth.bearer(credentials.token) : auth.basic(credentials.user, credentials.password);
}

/** Numbers are floats to the driver, and LIMIT takes none. */
function withIntegers(value: CypherValue, int: (value: number) => unknown): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? int(value) : value;
  if (Array.isArray(value)) return value.map((each) => withIntegers(each, int));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value as Record<string, CypherValue>).map(([name, each]) => [name, withIntegers(each, int)]),
    );
  return value;
}

/** The driver knows no signal: closing it ends what runs. */
function orAborted<Value>(running: PromiseLike<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    running.then(resolve, reject).then(() => signal.removeEventListener("abort", abort));
  });
}

/** The driver's error has the server's code, or one of its own such as `ServiceUnavailable`. */
function asCypherError(failure: unknown): unknown {
  const { name, code } = (failure ?? {}) as { name?: unknown; code?: unknown };
  return failure instanceof Error && name === "Neo4jError" && typeof code === "string" && code !== "N/A"
    ? new CypherError(code, failure.message)
    : failure;
}
