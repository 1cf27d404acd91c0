import { createMiddleware } from "hono/factory";
import type { AppEnvironment } from "../environment.ts";

/** Ties a POST's Idempotency-Key to what it asks for: the SHA-256 of method, path and body, which is bounded by now. */
export const idempotencyKey = createMiddleware<AppEnvironment>(async (c, next) => {
  const key = c.req.header("idempotency-key");
  if (c.req.method === "POST" && key !== undefined) {
    const request = `${c.req.method} ${c.req.path}\n${await c.req.raw.clone().text()}`;
    const requestHash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(request)));
    c.set("context", { ...c.var.context, idempotency: { key, requestHash } });
  }
  await next();
});
