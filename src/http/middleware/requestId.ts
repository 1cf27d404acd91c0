import { createMiddleware } from "hono/factory";
import type { AppEnvironment } from "../environment.ts";

const acceptable = /^[\w.:+=/-]{1,128}$/;

/** Takes the caller's X-Request-Id where it is harmless, else makes one; answers carry it. */
export const requestId = createMiddleware<AppEnvironment>(async (c, next) => {
  const given = c.req.header("x-request-id");
  const id = given && acceptable.test(given) ? given : crypto.randomUUID();
  c.set("requestId", id);
  await next();
  // On the answer itself: `c.header` would build the whole answer anew.
  c.res.headers.set("x-request-id", id);
});
