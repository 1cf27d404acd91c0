import { cors } from "hono/cors";

/** Two hours, the longest that every browser keeps it. */
const preflightLifetimeSeconds = 7_200;

/** What a page of another origin may send, and read of an answer besides its body. */
const sent = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "Last-Event-ID",
  "X-Request-Id",
  "traceparent",
];
const read = [
  "ETag",
  "Idempotent-Replayed",
  "Link",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "Server-Timing",
  "X-Request-Id",
];

/**
 * Lets pages of these origins call the API. Their browsers send no cookies with it: a caller shows a key or a token of its own,
 * or nothing.
 */
export function corsFor(origins: readonly string[]) {
  return cors({
    origin: [...origins],
    allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: sent,
    exposeHeaders: read,
    maxAge: preflightLifetimeSeconds,
  });
}
