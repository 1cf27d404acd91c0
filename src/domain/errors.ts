/** What went wrong, from a closed set; each transport reads its own answer for a code from one table. */
export type ErrorCode =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "precondition_failed"
  | "rate_limited"
  | "unavailable"
  | "deadline_exceeded"
  | "internal";

/** One wrong field: a JSON pointer (RFC 6901) to it, a stable code and a sentence. */
export type FieldError = { pointer: string; code: string; message: string };

export type ErrorDetails = {
  /** Finer than the code and as stable: `offer_superseded`, `body_too_large`. */
  reason?: string;
  fields?: readonly FieldError[];
  retryAfterSeconds?: number;
  /** What a path can be asked instead. */
  allowedMethods?: readonly string[];
  /** What the caller would need to be allowed. */
  required?: { role?: string; scope?: string };
};

/** The one error type that operations throw; expected outcomes of matching are data and never thrown. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "AppError";
    this.code = code;
    this.details = details;
  }
}

/** Beyond these nobody reads on, and an answer would be many times as long as what it answers. */
export const maximumFieldErrors = 100;

/** Tells how many fields are wrong, and of the first of them what. */
export const invalid = (fields: readonly FieldError[], reason = "invalid_fields") =>
  new AppError("invalid", fields.length === 1 ? "One field is wrong." : `${fields.length} fields are wrong.`, {
    reason,
    fields: fields.slice(0, maximumFieldErrors),
  });

export const invalidField = (pointer: string, code: string, message: string) => invalid([{ pointer, code, message }]);

export const unauthenticated = (reason: string, message: string) =>
  new AppError("unauthenticated", message, { reason });

export const forbidden = (reason: string, message: string, required?: ErrorDetails["required"]) =>
  new AppError("forbidden", message, required ? { reason, required } : { reason });

export const notFound = (noun: string) =>
  new AppError("not_found", `There is no such ${noun}, or it is not yours to see.`, { reason: `${noun}_not_found` });

export const conflict = (reason: string, message: string, fields?: readonly FieldError[]) =>
  new AppError("conflict", message, fields ? { reason, fields } : { reason });

export const preconditionFailed = (currentVersion: number) =>
  new AppError("precondition_failed", `The resource has changed: its version is ${currentVersion} now.`, {
    reason: "stale_version",
  });
