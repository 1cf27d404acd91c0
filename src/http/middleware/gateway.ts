import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { isHarmless } from "../../domain/redaction.ts";
import type { LimitState } from "../../operations/context.ts";
import { continueTrace, nextHex } from "../../platform/telemetry/traceparent.ts";
import type { AppEnvironment } from "../environment.ts";
import { contentPolicy, standardHeaders } from "./answerHeaders.ts";
import { corsFor } from "./cors.ts";
import { type LoggedRequests, logRequest } from "./requestLog.ts";

/** What a deployment sets for its door. */
export type GatewaySettings = {
  /** Whose pages may call, as browsers name them in `Origin`. */
  corsOrigins: readonly string[];
  logRequests: LoggedRequests;
};

/** The settings of a deployment by its bindings; never throws, for the door answers also where the rest is not configured. */
export type ReadSettings = (env: Env) => GatewaySettings;

const requestIdDigits = 32;
const acceptableId = /^[\w.:+=/-]{1,128}$/;

/**
 * The one middleware that every request passes: gives it an id and a place in a trace, lets pages of configured origins in,
 * puts on the answer what every answer carries, and leaves its line in the log. It is one because each middleware costs as much
 * as all that this one does.
 */
export function gateway(readSettings: ReadSettings) {
  const corsBySettings = new WeakMap<GatewaySettings, ReturnType<typeof corsFor>>();
  const findCors = (settings: GatewaySettings) => {
    const cors = corsBySettings.get(settings) ?? corsFor(settings.corsOrigins);
    corsBySettings.set(settings, cors);
    return cors;
  };

  return createMiddleware<AppEnvironment>(async (c, next) => {
    const begun = Date.now();
    const { headers } = c.req.raw;
    const settings = readSettings(c.env);
    const trace = continueTrace(headers.get("traceparent"));
    const requestId = acceptId(headers.get("x-request-id")) ?? nextHex(requestIdDigits);
    c.set("requestId", requestId);
    c.set("traceparent", trace.traceparent);
    const isOpenToPages = settings.corsOrigins.length > 0;
    const isFromPage = isOpenToPages && headers.has("origin");
    const preflight = isFromPage ? ((await findCors(settings)(c, next)) ?? null) : null;
    if (!isFromPage) await next();

    const answer = preflight ?? c.res;
    putHeaders(answer.headers, requestId);
    if (isOpenToPages && !isFromPage) answer.headers.append("vary", "Origin");
    const opened = c.get("open");
    if (opened) putLimits(answer.headers, opened.limits);
    const trips = opened?.databaseTrips() ?? 0;
    if (c.get("context")) answer.headers.set("server-timing", `db;desc="${trips} round trips"`);
    if (settings.logRequests !== "none")
      logRequest(
        {
          requestId,
          traceId: trace.traceId,
          spanId: trace.spanId,
          method: c.req.method,
          route: findRoute(c),
          status: answer.status,
          durationMs: Date.now() - begun,
          databaseTrips: trips,
          actor: c.get("actor") ?? null,
          failure: c.get("failure"),
        },
        settings.logRequests,
      );
    if (preflight) return preflight;
  });
}

/** The caller's own id where it is harmless: it is answered and logged. */
function acceptId(given: string | null): string | null {
  return given !== null && acceptableId.test(given) && isHarmless(given) ? given : null;
}

/** What every answer forbids the browser, and by what it is found again. The reference page brings its own policy. */
function putHeaders(headers: Headers, requestId: string): void {
  headers.set("x-request-id", requestId);
  if (headers.has("strict-transport-security")) return;
  for (const [name, value] of standardHeaders) headers.set(name, value);
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", contentPolicy);
  if (!headers.has("cache-control")) headers.set("cache-control", "private, no-cache");
}

/** How the caller stands to its limits (draft-ietf-httpapi-ratelimit-headers-10), before they bite and when they do. */
function putLimits(headers: Headers, limits: readonly LimitState[]): void {
  if (limits.length === 0) return;
  let policies = "";
  let states = "";
  for (const { name, quota, windowSeconds, remaining, resetSeconds } of limits) {
    const separator = policies === "" ? "" : ", ";
    policies += `${separator}"${name}";q=${quota};w=${windowSeconds}`;
    states += `${separator}"${name}";r=${remaining};t=${resetSeconds}`;
  }
  headers.set("ratelimit-policy", policies);
  headers.set("ratelimit", states);
}

const patterns = new Map<string, string>();

/** The pattern of the route that was asked for, as the OpenAPI document writes it; middleware is registered for ALL methods. */
function findRoute(c: Context): string | null {
  const path = matchedRoutes(c).findLast(({ method }) => method !== "ALL")?.path;
  if (path === undefined) return null;
  let pattern = patterns.get(path);
  if (pattern === undefined) {
    pattern = path.replaceAll(/:(\w+)/g, "{$1}");
    patterns.set(path, pattern);
  }
  return pattern;
}
