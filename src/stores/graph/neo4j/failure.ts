import { AppError } from "../../../domain/errors.ts";

/** An error of the server, with its code such as `Neo.ClientError.Statement.SyntaxError`. */
export class CypherError extends Error {
  override name = "CypherError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

const away = (message: string, cause: unknown, reason?: string) =>
  new AppError("unavailable", message, { retryAfterSeconds: 1, ...(reason && { reason }) }, cause);

/**
 * What a failure of the server, or of the way to it, is to the caller. Codes: https://neo4j.com/docs/status-codes/current/errors/.
 * What nobody can wait for to pass, such as a statement that is wrong, stays as it is.
 */
export function translate(failure: unknown, signal: AbortSignal): unknown {
  if (failure instanceof AppError) return failure;
  if (signal.aborted)
    return new AppError("deadline_exceeded", "The graph took too long and was given up.", {}, failure);
  if (!(failure instanceof CypherError)) return away("The graph did not answer.", failure);
  const { code } = failure;
  if (/^Neo\.ClientError\.Security\./.test(code))
    return away("The graph refuses the credentials that it was given.", failure, "graph_credentials_refused");
  if (/TransactionTimedOut|TransactionTerminated|Transaction\.Terminated/.test(code))
    return new AppError("deadline_exceeded", "The graph gave the request up.", {}, failure);
  if (/^Neo\.ClientError\.Database\./.test(code))
    return away("The graph has no database of the configured name.", failure, "graph_database_missing");
  if (/^Neo\.(TransientError|DatabaseError)\.|Bookmark|NotALeader|ServiceUnavailable|SessionExpired/.test(code))
    return away("The graph could not answer now.", failure);
  return failure;
}
