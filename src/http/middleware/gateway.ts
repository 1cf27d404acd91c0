import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { AppEnvironment } from "../environment.ts";
import { corsFor } from "./cors.ts";
import { arrive, type GatewaySettings, leave, type ReadSettings } from "./visit.ts";

/**
 * The one middleware that every request passes whose answer is not at hand: gives it an id and a place in a trace, lets pages of
 * configured origins in, puts on the answer what every answer carries, and leaves its line in the log. It is one because each
 * middleware costs as much as all that this one does.
 */
export function gateway(readSettings: ReadSettings) {
  const corsBySettings = new WeakMap<GatewaySettings, ReturnType<typeof corsFor>>();
  const findCors = (settings: GatewaySettings) => {
    const cors = corsBySettings.get(settings) ?? corsFor(settings.corsOrigins);
    corsBySettings.set(settings, cors);
    return cors;
  };

  return createMiddleware<AppEnvironment>(async (c, next) => {
    const settings = readSettings(c.env);
    const visit = arrive(c.req.raw.headers, settings);
    c.set("visit", visit);
    const preflight = visit.isFromPage ? ((await findCors(settings)(c, next)) ?? null) : null;
    if (!visit.isFromPage) await next();

    const answer = preflight ?? c.res;
    const opened = c.get("open");
    if (c.get("context")) answer.headers.set("server-timing", `db;desc="${opened.databaseTrips()} round trips"`);
    leave(visit, answer, {
      method: c.req.method,
      route: findRoute(c),
      opened,
      actor: c.get("actor") ?? null,
      failure: c.get("failure"),
    });
    if (preflight) return preflight;
  });
}

const patterns = new Map<string, string>();

/** The pattern of the route that was asked for, as the OpenAPI document writes it; middleware is registered for ALL methods. */
export function findRoute(c: Context): string | null {
  const path = matchedRoutes(c).findLast(({ method }) => method !== "ALL")?.path;
  if (path === undefined) return null;
  let pattern = patterns.get(path);
  if (pattern === undefined) {
    pattern = path.replaceAll(/:(\w+)/g, "{$1}");
    patterns.set(path, pattern);
  }
  return pattern;
}
