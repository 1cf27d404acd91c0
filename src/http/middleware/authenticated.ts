import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { OpenRequest } from "../../operations/context.ts";
import type { AppEnvironment } from "../environment.ts";

export type BeginRequest = (c: {
  env: Env;
  at: Date;
  request: Request;
  requestId: string;
  traceparent: string;
  waitUntil: (work: Promise<unknown>) => void;
}) => OpenRequest;

/** Opens the request where its address has not had its share, and leaves it where the gateway finds what it cost. */
export function open(begin: BeginRequest, c: Context<AppEnvironment>): OpenRequest | Promise<OpenRequest> {
  const opened = begin({
    env: c.env,
    at: c.get("visit").at,
    request: c.req.raw,
    requestId: c.get("visit").requestId,
    traceparent: c.get("visit").trace.traceparent,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  });
  c.set("open", opened);
  const admission = opened.admit();
  return admission ? admission.then(() => opened) : opened;
}

/** Lets only a valid credential through and puts the request's one context in place. */
export function authenticated(begin: BeginRequest) {
  return createMiddleware<AppEnvironment>(async (c, next) => {
    const opened = await open(begin, c);
    const context = await opened.enter(c.req.header("authorization"));
    c.set("actor", context.actor);
    c.set("context", context);
    await next();
    const mayHaveChanged = !["GET", "HEAD"].includes(c.req.method) || opened.hasWrittenEvents();
    if (mayHaveChanged) opened.noteChange(context.actor);
  });
}
