import { OpenAPIHono } from "@hono/zod-openapi";
import { invalid } from "../domain/errors.ts";
import { fieldErrors } from "../domain/fieldErrors.ts";
import type { RequestContext } from "../operations/context.ts";

/** What a route finds in Hono's context. */
export type AppEnvironment = {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Present behind the taxonomy's middleware, whose routes need no caller. */
    services: RequestContext["services"];
    /** Present behind the middleware `authenticated`. */
    context: RequestContext;
  };
};

const placeByTarget: Record<string, string> = {
  json: "",
  param: "/path",
  query: "/query",
  header: "/headers",
  form: "",
  cookie: "/cookies",
};

/** A router whose failed validations throw `invalid` with every wrong field. */
export function createRouter(): OpenAPIHono<AppEnvironment> {
  return new OpenAPIHono<AppEnvironment>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(fieldErrors(result.error, placeByTarget[result.target] ?? ""));
    },
  });
}
