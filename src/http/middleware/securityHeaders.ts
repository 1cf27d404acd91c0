import { createMiddleware } from "hono/factory";
import type { AppEnvironment } from "../environment.ts";

/** What every answer forbids the browser. The reference page brings its own policy. */
export const securityHeaders = createMiddleware<AppEnvironment>(async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("strict-transport-security", "max-age=63072000; includeSubDomains");
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  if (!headers.has("content-security-policy"))
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  if (!headers.has("cache-control")) headers.set("cache-control", "private, no-cache");
});
