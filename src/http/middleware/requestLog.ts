import { createMiddleware } from "hono/factory";
import type { AppEnvironment } from "../environment.ts";
import { toAppError } from "../problem.ts";

/** One line of JSON for each request that failed here, with what the caller does not learn. Never a header or a body. */
export function logFailure(error: unknown, request: { requestId: string; method: string; route: string }): void {
  const known = toAppError(error);
  if (known.code !== "internal" && known.code !== "unavailable" && known.code !== "deadline_exceeded") return;
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && causes.length < 5; cause = cause.cause)
    causes.push(`${cause.name}: ${cause.message}`);
  console.error(
    JSON.stringify({
      level: "error",
      ...request,
      code: known.code,
      causes,
      stack: error instanceof Error ? error.stack : undefined,
    }),
  );
}

/** Tells in the answer how many round trips to the database it took. */
export const serverTiming = createMiddleware<AppEnvironment>(async (c, next) => {
  await next();
  const trips = c.var.context?.services.databaseTrips();
  if (trips !== undefined) c.res.headers.set("server-timing", `db;desc="${trips} round trips"`);
});
