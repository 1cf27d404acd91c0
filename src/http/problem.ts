import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError, type ErrorCode, type FieldError } from "../domain/errors.ts";
import { redact } from "../domain/redaction.ts";

/** How each error code answers over HTTP. */
const byCode: Record<ErrorCode, { status: ContentfulStatusCode; title: string }> = {
  invalid: { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "A valid credential is needed" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "Not found" },
  conflict: { status: 409, title: "In conflict with what stands" },
  precondition_failed: { status: 412, title: "The resource has changed" },
  rate_limited: { status: 429, title: "Too many requests" },
  unavailable: { status: 503, title: "Not available now" },
  deadline_exceeded: { status: 504, title: "Took too long" },
  internal: { status: 500, title: "Something went wrong here" },
};

/** Reasons for which HTTP has a status of its own. */
const statusByReason: Record<string, ContentfulStatusCode> = {
  method_not_allowed: 405,
  cursor_expired: 410,
  body_too_large: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
};

/** RFC 9457. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  reason: string;
  requestId: string;
  required?: { role?: string; scope?: string };
  errors?: readonly FieldError[];
};

/** Any error as an answer. What is not an `AppError` stays inside: the caller learns the request's id only. */
export function toProblemResponse(error: unknown, requestId: string): Response {
  const known = toAppError(error);
  const { status: usual, title } = byCode[known.code];
  const { reason = known.code, fields, required, retryAfterSeconds, allowedMethods } = known.details;
  const status = statusByReason[reason] ?? usual;
  const problem: Problem = {
    type: `urn:turash:problem:${reason}`,
    title,
    status,
    detail: known.message,
    code: known.code,
    reason,
    requestId,
    ...(required ? { required } : {}),
    ...(fields ? { errors: fields } : {}),
  };
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  if (status === 401) headers.set("www-authenticate", 'Bearer realm="turash"');
  if (allowedMethods) headers.set("allow", allowedMethods.join(", "));
  if (retryAfterSeconds !== undefined) headers.set("retry-after", String(retryAfterSeconds));
  // A caller may have put a credential where it does not belong; no answer repeats it.
  const text = JSON.stringify(problem, (_, value) => (typeof value === "string" ? redact(value) : value));
  return new Response(text, { status, headers });
}

export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof HTTPException && error.status < 500)
    return new AppError("invalid", error.message, { reason: "malformed_request" }, error);
  return new AppError("internal", "An unexpected error; its request id finds it in the log.", {}, error);
}
