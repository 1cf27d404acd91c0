import { createMiddleware } from "hono/factory";
import type { OpenRequest } from "../../operations/context.ts";
import type { AppEnvironment } from "../environment.ts";

export type BeginRequest = (c: {
  env: Env;
  request: Request;
  requestId: string;
  waitUntil: (work: Promise<unknown>) => void;
}) => OpenRequest;

/** Lets only a valid credential through and puts the request's one context in place. */
export function authenticated(begin: BeginRequest) {
  return createMiddleware<AppEnvironment>(async (c, next) => {
    const open = begin({
      env: c.env,
      request: c.req.raw,
      requestId: c.var.requestId,
      waitUntil: (work) => c.executionCtx.waitUntil(work),
    });
    c.set("context", await open.enter(c.req.header("authorization")));
    await next();
  });
}
