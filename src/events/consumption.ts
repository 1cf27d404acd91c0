import { AppError, type ErrorCode } from "../domain/errors.ts";
import { EventProblem } from "../domain/event.ts";
import { redact } from "../domain/redaction.ts";

/** What becomes of a message that could not be dealt with. `leave` forgets it: the outbox sends its event again. */
export type Decision =
  | { kind: "retry"; afterSeconds: number }
  | { kind: "leave" }
  | { kind: "dead"; code: string; error: string };

/** Deliveries of one message, the first counted. The queues allow more, in case that settling it fails. */
export const maximumAttempts = 8;
const firstDelaySeconds = 2;
const maximumDelaySeconds = 600;
const maximumErrorLength = 1_000;

/** Something else is away: no event of a batch fares better than the others, and none is to blame. */
const outages: ReadonlySet<ErrorCode> = new Set(["unavailable", "deadline_exceeded", "rate_limited"]);
/** What may pass by itself though it is the event's own: a race that was lost, or a fault of this code. */
const passing: ReadonlySet<ErrorCode> = new Set(["conflict", "precondition_failed", "internal"]);

export function isOutage(failure: unknown): boolean {
  return failure instanceof AppError && outages.has(failure.code);
}

/**
 * Decides after a failure whether a message is tried again, and when: the delay doubles with each attempt up to ten minutes,
 * and half of it is random, so that what failed together does not come back together. `attempts` counts the one that failed,
 * `random` is in 0..1. An outage kills no event, however long it lasts.
 */
export function decideAfterFailure(failure: unknown, attempts: number, random: number): Decision {
  if (failure instanceof EventProblem) return { kind: "dead", code: failure.code, error: tell(failure) };
  const code = failure instanceof AppError ? failure.code : "internal";
  const isTriedEnough = attempts >= maximumAttempts;
  if (isOutage(failure) && isTriedEnough) return { kind: "leave" };
  if (!isOutage(failure) && (isTriedEnough || !passing.has(code))) return { kind: "dead", code, error: tell(failure) };
  const delay = Math.min(firstDelaySeconds * 2 ** (attempts - 1), maximumDelaySeconds);
  return { kind: "retry", afterSeconds: Math.ceil(delay / 2 + (delay / 2) * random) };
}

/** What went wrong, with its causes, for the operator to read. */
export function tell(failure: unknown): string {
  const sentences: string[] = [];
  for (let cause = failure; cause instanceof Error && sentences.length < 4; cause = cause.cause)
    sentences.push(`${cause.name}: ${cause.message}`);
  return redact(sentences.join(" <- ") || String(failure)).slice(0, maximumErrorLength);
}
