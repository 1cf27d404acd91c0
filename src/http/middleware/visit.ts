import type { Actor } from "../../domain/actor.ts";
import { isHarmless } from "../../domain/redaction.ts";
import type { LimitState, OpenRequest } from "../../operations/context.ts";
import { continueTrace, nextHex, type TraceContext } from "../../platform/telemetry/traceparent.ts";
import { contentPolicy, standardHeaders } from "./answerHeaders.ts";
import { type LoggedRequests, logRequest } from "./requestLog.ts";

/** What a deployment sets for its door. */
export type GatewaySettings = {
  /** Whose pages may call, as browsers name them in `Origin`. */
  corsOrigins: readonly string[];
  logRequests: LoggedRequests;
};

/** The settings of a deployment by its bindings; never throws, for the door answers also where the rest is not configured. */
export type ReadSettings = (env: Env) => GatewaySettings;

/** A request from its arrival to its line in the log. */
export type Visit = {
  /** When it came. */
  at: Date;
  settings: GatewaySettings;
  requestId: string;
  trace: TraceContext;
  /** Whether a page of another origin asks, of a deployment that is open to some. */
  isFromPage: boolean;
};

const requestIdDigits = 32;
const acceptableId = /^[\w.:+=/-]{1,128}$/;

/** Gives a request its id and its place in a trace. */
export function arrive(headers: Headers, settings: GatewaySettings): Visit {
  const trace = continueTrace(headers.get("traceparent"));
  const requestId = acceptId(headers.get("x-request-id")) ?? nextHex(requestIdDigits);
  const isFromPage = settings.corsOrigins.length > 0 && headers.has("origin");
  return { at: new Date(), settings, requestId, trace, isFromPage };
}

/** What came of a request besides its answer. */
export type Outcome = {
  method: string;
  /** The route's pattern; null where there is no such route. */
  route: string | null;
  /** Absent where the request was refused before it was opened. */
  opened: OpenRequest | undefined;
  actor: Actor | null;
  /** What a problem was made from. */
  failure: unknown;
};

/** Puts on the answer what every answer carries and leaves the request's line in the log. */
export function leave(visit: Visit, answer: Response, { method, route, opened, actor, failure }: Outcome): void {
  const { requestId, trace, settings, at, isFromPage } = visit;
  putHeaders(answer.headers, requestId);
  if (settings.corsOrigins.length > 0 && !isFromPage) answer.headers.append("vary", "Origin");
  if (opened) putLimits(answer.headers, opened.limits);
  if (settings.logRequests === "none") return;
  logRequest(
    {
      requestId,
      traceId: trace.traceId,
      spanId: trace.spanId,
      method,
      route,
      status: answer.status,
      durationMs: Date.now() - at.getTime(),
      databaseTrips: opened?.databaseTrips() ?? 0,
      actor,
      failure,
    },
    settings.logRequests,
  );
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
