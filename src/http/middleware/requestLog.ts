import type { Actor } from "../../domain/actor.ts";
import { redact } from "../../domain/redaction.ts";
import { toAppError } from "../problem.ts";

/** Which requests leave a line: every one, those that this side failed (5xx), or none. */
export type LoggedRequests = "all" | "failures" | "none";

export type RequestOutcome = {
  requestId: string;
  traceId: string;
  spanId: string;
  method: string;
  /** The route's pattern, so without an id; null where there is no such route. */
  route: string | null;
  status: number;
  /** Between two readings of a clock that in workerd stands still while nothing is waited for. */
  durationMs: number;
  databaseTrips: number;
  actor: Actor | null;
  /** What a problem was made from. */
  failure: unknown;
};

/**
 * Writes one line of JSON for a request, of fixed fields: never a header, a body, a query string or a token. A failure of this
 * side tells its causes, which the caller does not learn, and those without what looks like a credential.
 */
export function logRequest(outcome: RequestOutcome, logged: LoggedRequests): void {
  const isFault = outcome.status >= 500;
  if (logged === "none" || (logged === "failures" && !isFault)) return;
  const line = formatRequest(outcome);
  if (isFault) console.error(line);
  else console.log(line);
}

export function formatRequest(outcome: RequestOutcome): string {
  const { requestId, traceId, spanId, method, route, status, durationMs, databaseTrips, actor, failure } = outcome;
  const level = status >= 500 ? "error" : "info";
  const who = actor && describeActor(actor);
  const line = { level, requestId, traceId, spanId, method, route, status, durationMs, databaseTrips, actor: who };
  if (failure === undefined) return JSON.stringify(line);
  const problem = toAppError(failure);
  const reason = problem.details.reason ?? problem.code;
  return JSON.stringify({ ...line, reason, ...(status >= 500 && failure instanceof Error && describeCauses(failure)) });
}

function describeActor(actor: Actor) {
  if (actor.kind === "operator") return { kind: actor.kind };
  const { kind, organizationId, credential } = actor;
  const who = actor.kind === "member" && actor.memberId !== null ? { memberId: actor.memberId } : { credential };
  return { kind, organizationId, ...who };
}

const maximumCauses = 5;
const maximumCauseLength = 500;
const maximumStackLength = 4_000;

function describeCauses(failure: Error): { causes: string[]; stack: string | undefined } {
  const causes: string[] = [];
  for (let cause: unknown = failure; cause instanceof Error && causes.length < maximumCauses; cause = cause.cause)
    causes.push(tellable(`${cause.name}: ${cause.message}`).slice(0, maximumCauseLength));
  return { causes, stack: failure.stack && tellable(failure.stack).slice(0, maximumStackLength) };
}

/** Without credentials, and without the values of a statement, which the driver quotes and which are the caller's content. */
function tellable(text: string): string {
  const withoutParameters = text.replace(/^params: .*$/gm, "params: [left out]");
  return redact(withoutParameters.replace(/(invalid input (?:syntax|value) [^:\n]*: )".*"/g, '$1"[left out]"'));
}
